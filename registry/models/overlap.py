"""Land that two projects both claim; it must be resolved or justified before either is registered."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from carboncore.common.history import tracked_history
from registry.choices import OverlapState


class BoundaryOverlap(models.Model):
    """A pair of projects (the older first) whose boundaries share land, with how much and what became of it.

    Found and kept up to date by `registry.services.overlaps` whenever a boundary is saved. RESOLVED means
    that the boundaries no longer overlap; JUSTIFIED that a person explained why the land is not counted twice.
    """

    first = models.ForeignKey(
        "registry.Project", on_delete=models.PROTECT, related_name="overlaps_as_first", db_index=False
    )
    second = models.ForeignKey("registry.Project", on_delete=models.PROTECT, related_name="overlaps_as_second")
    shared_ha = models.DecimalField("shared hectares", max_digits=16, decimal_places=4)
    share_of_first = models.DecimalField(max_digits=5, decimal_places=4, help_text="0 to 1 of the first's area.")
    share_of_second = models.DecimalField(max_digits=5, decimal_places=4, help_text="0 to 1 of the second's area.")
    state = models.CharField(max_length=10, choices=OverlapState.choices, default=OverlapState.OPEN)
    justification = models.TextField(blank=True, max_length=4000)
    justified_ha = models.DecimalField(
        "shared hectares when justified", max_digits=16, decimal_places=4, null=True, blank=True
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    found_at = models.DateTimeField(auto_now_add=True)

    history = tracked_history()

    class Meta:
        ordering = ["-found_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="registry_overlap_pair_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="registry_overlap_pair_ordered"),
            models.CheckConstraint(
                condition=~Q(state=OverlapState.JUSTIFIED)
                | (~Q(justification="") & Q(decided_by__isnull=False) & Q(decided_at__isnull=False)),
                name="registry_overlap_justified_by_somebody",
            ),
        ]
        permissions = [("settle_overlap", "Can justify a boundary overlap")]

    def __str__(self) -> str:
        return f"overlap of projects {self.first_id} and {self.second_id}"
