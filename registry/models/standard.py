"""Standards, their methodologies, and which project is certified under which."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper

from carboncore.common.history import tracked_history


class Standard(models.Model):
    """A rule book that projects are certified against, e.g. the Verified Carbon Standard."""

    code = models.CharField(max_length=20, unique=True, help_text="Short and unique, e.g. VCS.")
    name = models.CharField(max_length=255)
    version = models.CharField(max_length=50, blank=True)
    url = models.URLField("web address", max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    history = tracked_history()

    class Meta:
        ordering = ["code"]
        constraints = [
            # Projects name standards by code in any case, so `vcs` beside `VCS` would leave open which is meant.
            models.UniqueConstraint(
                Upper("code"),
                name="registry_standard_code_once",
                violation_error_message="A standard with this code exists already.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.version}".strip()


class Methodology(models.Model):
    """A published way to quantify reductions or removals, e.g. VM0042."""

    code = models.CharField(max_length=100, unique=True)
    name = models.CharField(max_length=255, blank=True)
    version = models.CharField(max_length=50, blank=True)
    standard = models.ForeignKey(
        Standard, null=True, blank=True, on_delete=models.PROTECT, related_name="methodologies"
    )
    url = models.URLField("web address", max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    history = tracked_history()

    class Meta:
        ordering = ["code"]
        verbose_name_plural = "methodologies"

    def __str__(self) -> str:
        return self.code


class ProjectStandard(models.Model):
    """One project's certification under one standard: certificate number, verification body, validity."""

    project = models.ForeignKey(
        "registry.Project", on_delete=models.PROTECT, related_name="certifications", db_index=False
    )
    standard = models.ForeignKey(Standard, on_delete=models.PROTECT, related_name="certifications")
    validator = models.ForeignKey(
        "registry.StandardValidator",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="certifications",
        verbose_name="verification body",
    )
    certificate_number = models.CharField(max_length=100, blank=True)
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)

    history = tracked_history()

    class Meta:
        ordering = ["project_id", "standard_id"]
        verbose_name = "standard of a project"
        verbose_name_plural = "standards of projects"
        constraints = [
            models.UniqueConstraint(
                fields=["project", "standard"],
                name="registry_projectstandard_once",
                violation_error_message="This project already names this standard.",
            ),
            models.CheckConstraint(
                condition=Q(valid_from__isnull=True) | Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="registry_projectstandard_dates_ordered",
                violation_error_message="The validity ends before it begins.",
            ),
        ]

    def __str__(self) -> str:
        return f"certification {self.pk}"
