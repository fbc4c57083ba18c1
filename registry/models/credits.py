"""A project's credit figures, in a slim row of their own that only the ledger writes."""

from django.db import models
from django.db.models import F, Q


class ProjectCredits(models.Model):
    """Kilograms of CO2e issued to one project, by their present state; all zero until the first issuance.

    Apart from the wide project row so that a sale does not rewrite it and its many indexes.
    """

    project = models.OneToOneField(
        "registry.Project", primary_key=True, on_delete=models.PROTECT, related_name="credits"
    )
    issued_kg = models.BigIntegerField(default=0)
    available_kg = models.BigIntegerField(default=0)
    reserved_kg = models.BigIntegerField(default=0)
    buffer_kg = models.BigIntegerField(default=0)
    retired_kg = models.BigIntegerField(default=0)
    cancelled_kg = models.BigIntegerField(default=0)
    bridged_kg = models.BigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "project credits"
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    issued_kg=F("available_kg")
                    + F("reserved_kg")
                    + F("buffer_kg")
                    + F("retired_kg")
                    + F("cancelled_kg")
                    + F("bridged_kg")
                ),
                name="registry_projectcredits_conserved",
            ),
            models.CheckConstraint(
                condition=Q(
                    issued_kg__gte=0,
                    available_kg__gte=0,
                    reserved_kg__gte=0,
                    buffer_kg__gte=0,
                    retired_kg__gte=0,
                    cancelled_kg__gte=0,
                    bridged_kg__gte=0,
                ),
                name="registry_projectcredits_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"credits of project {self.project_id}"
