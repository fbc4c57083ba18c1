"""What happened to a project in its lifecycle: one row a move, never changed afterwards."""

from django.conf import settings
from django.db import models

from carboncore.common.context import Entrance
from registry.choices import ProjectStatus


class ProjectStatusChange(models.Model):
    """One move: from, to, by whom, through which entrance, when, and what they said."""

    project = models.ForeignKey("registry.Project", on_delete=models.PROTECT, related_name="status_changes")
    move = models.CharField(max_length=30)
    from_status = models.CharField(max_length=20, choices=ProjectStatus.choices)
    to_status = models.CharField(max_length=20, choices=ProjectStatus.choices)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    entrance = models.CharField(max_length=10, choices=Entrance.choices)
    comment = models.TextField(blank=True, max_length=4000)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = "status change"
        indexes = [models.Index(fields=["-at"], name="registry_statuschange_at_idx")]

    def __str__(self) -> str:
        return f"{self.get_from_status_display()} → {self.get_to_status_display()}"
