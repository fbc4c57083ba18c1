"""How far a staff member's work reaches: some countries, some standards, or everything."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class StaffScope(models.Model):
    """The limits of one staff member. An empty list is no limit; no row is none at all.

    They name codes, not rows, because the countries and standards belong to the apps above.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="staff_scope")
    countries = ArrayField(models.CharField(max_length=2), default=list, blank=True, help_text="ISO 3166-1 alpha-2.")
    standards = ArrayField(models.CharField(max_length=40), default=list, blank=True, help_text="Codes of standards.")

    class Meta:
        ordering = ["user_id"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=~Q(countries=[], standards=[]), name="accounts_staffscope_limits"),
        ]

    def __str__(self) -> str:
        return f"limits of account {self.user_id}"
