"""Sync runs: each reading of a data source, what it brought and what it could not take."""

import uuid

from django.db import models
from django.db.models import Q

from integrations.choices import ConnectionProblem, SyncStatus, SyncType
from integrations.models.connection import Connection


def rejects_path(instance: "SyncRun", _filename: str) -> str:
    """Return where a run's rejected records are kept."""
    return f"syncs/{instance.public_id.hex}.rejects.csv"


class SyncRun(models.Model):
    """One reading of a connection; the contract's sync log. `range_start` and `range_end` are half-open."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="sync_runs")
    sync_type = models.CharField(max_length=10, choices=SyncType.choices)
    status = models.CharField(max_length=10, choices=SyncStatus.choices, default=SyncStatus.QUEUED)
    problem = models.CharField(max_length=30, choices=ConnectionProblem.choices, blank=True, default="")
    range_start = models.DateTimeField(null=True, blank=True)
    range_end = models.DateTimeField(null=True, blank=True)
    records_processed = models.PositiveIntegerField(default=0)
    records_created = models.PositiveIntegerField(default=0)
    records_changed = models.PositiveIntegerField(default=0)
    records_failed = models.PositiveIntegerField(default=0)
    percent_done = models.PositiveSmallIntegerField(default=0)
    error_message = models.CharField(max_length=500, blank=True)
    rejects = models.FileField(upload_to=rejects_path, blank=True, max_length=200)
    queued_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-queued_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(percent_done__lte=100), name="integrations_syncrun_percent"),
            models.CheckConstraint(
                condition=Q(status__in=[SyncStatus.QUEUED, SyncStatus.RUNNING]) | Q(finished_at__isnull=False),
                name="integrations_syncrun_finished_when_over",
            ),
            models.UniqueConstraint(
                fields=["connection"],
                condition=Q(status__in=[SyncStatus.QUEUED, SyncStatus.RUNNING]),
                name="integrations_syncrun_one_at_a_time",
            ),
        ]
        indexes = [models.Index(fields=["connection", "-queued_at"], name="integrations_sync_log_idx")]

    def __str__(self) -> str:
        return f"{self.sync_type} sync of data source {self.connection_id}"
