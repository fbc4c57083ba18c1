"""Two projects of different registries that may be one and the same."""

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q

from carboncore.common.history import tracked_history
from integrations.choices import ConflictVerdict


class ListingConflict(models.Model):
    """A likely double listing (the older project first), how likely and why, and what a person decided.

    `score` runs from 0 to 100. `reasons` is a list of `{"kind", "points", "text"}` whose points add up to it.
    """

    project_a = models.ForeignKey(
        "registry.Project", on_delete=models.CASCADE, related_name="conflicts_as_a", db_index=False
    )
    project_b = models.ForeignKey("registry.Project", on_delete=models.CASCADE, related_name="conflicts_as_b")
    score = models.PositiveSmallIntegerField(validators=[MaxValueValidator(100)])
    reasons = models.JSONField(default=list)
    verdict = models.CharField(max_length=10, choices=ConflictVerdict.choices, default=ConflictVerdict.OPEN)
    note = models.TextField(blank=True, max_length=4000)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    found_at = models.DateTimeField(auto_now_add=True)

    history = tracked_history()

    class Meta:
        ordering = ["-score", "pk"]
        verbose_name = "double listing"
        constraints = [
            models.UniqueConstraint(fields=["project_a", "project_b"], name="integrations_conflict_pair_once"),
            models.CheckConstraint(
                condition=Q(project_a__lt=F("project_b")), name="integrations_conflict_pair_ordered"
            ),
            models.CheckConstraint(condition=Q(score__lte=100), name="integrations_conflict_score_percent"),
            models.CheckConstraint(
                condition=Q(verdict=ConflictVerdict.OPEN) | (Q(decided_by__isnull=False) & Q(decided_at__isnull=False)),
                name="integrations_conflict_decided_by_somebody",
            ),
        ]
        indexes = [models.Index(fields=["verdict", "-score"], name="integrations_conflict_open_idx")]

    def __str__(self) -> str:
        return f"projects {self.project_a_id} and {self.project_b_id}: {self.score} %"
