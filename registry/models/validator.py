"""Validation and verification bodies, and which standards they are accredited for, from when to when."""

from django.db import models
from django.db.models import F, Q

from carboncore.common.history import tracked_history


class StandardValidator(models.Model):
    """A company that validates projects and verifies their results (a VVB)."""

    name = models.CharField(max_length=255, unique=True)
    country = models.ForeignKey(
        "registry.Country", null=True, blank=True, on_delete=models.PROTECT, related_name="validators"
    )
    accreditation_body = models.CharField(max_length=255, blank=True, help_text="Who accredited it, e.g. UKAS.")
    accreditation_number = models.CharField(max_length=100, blank=True)
    website = models.URLField(max_length=500, blank=True)
    is_active = models.BooleanField("active", default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    history = tracked_history()

    class Meta:
        ordering = ["name"]
        verbose_name = "verification body"
        verbose_name_plural = "verification bodies"

    def __str__(self) -> str:
        return self.name


class ValidatorAccreditation(models.Model):
    """One standard a verification body is accredited for; an open end means until further notice."""

    validator = models.ForeignKey(
        StandardValidator, on_delete=models.PROTECT, related_name="accreditations", db_index=False
    )
    standard = models.ForeignKey("registry.Standard", on_delete=models.PROTECT, related_name="accreditations")
    scope = models.CharField(max_length=255, blank=True, help_text="Sectoral scopes, as the accreditation puts them.")
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)

    history = tracked_history()

    class Meta:
        ordering = ["validator_id", "standard_id", "valid_from"]
        verbose_name = "accreditation"
        constraints = [
            models.UniqueConstraint(
                fields=["validator", "standard", "valid_from"],
                nulls_distinct=False,
                name="registry_accreditation_once",
                violation_error_message="This accreditation is already listed.",
            ),
            models.CheckConstraint(
                condition=Q(valid_from__isnull=True) | Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="registry_accreditation_dates_ordered",
                violation_error_message="The accreditation ends before it begins.",
            ),
        ]

    def __str__(self) -> str:
        return f"accreditation {self.pk}"
