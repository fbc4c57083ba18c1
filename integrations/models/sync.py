"""Sync runs: each reading of a data source, what it brought and what it could not take; and providers' outages."""

import uuid

from django.db import models
from django.db.models import Q

from integrations.choices import ConnectionProblem, SyncStatus, SyncType
from integrations.models.connection import Connection
from integrations.models.integration import Integration


def rejects_path(instance: "SyncRun", _filename: str) -> str:
    """Return where a run's rejected records are kept."""
    return f"syncs/{instance.public_id.hex}.rejects.csv"


class SyncRun(models.Model):
    """One reading of a connection; the contract's sync log. `range_start` and `range_end` are half-open.

    Who works on it holds it until `lease_until`; after that another may take it up, as attempt number `attempt`, from
    `read_until`, up to which everything is stored and counted.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="sync_runs", db_index=False)
    sync_type = models.CharField("started by", max_length=10, choices=SyncType.choices)
    status = models.CharField(max_length=10, choices=SyncStatus.choices, default=SyncStatus.QUEUED)
    problem = models.CharField(max_length=30, choices=ConnectionProblem.choices, blank=True, default="")
    range_start = models.DateTimeField("read from", null=True, blank=True)
    range_end = models.DateTimeField("up to", null=True, blank=True)
    records_processed = models.PositiveIntegerField(default=0)
    records_created = models.PositiveIntegerField("new readings", default=0)
    records_changed = models.PositiveIntegerField("changed", default=0)
    records_failed = models.PositiveIntegerField("rejected", default=0)
    percent_done = models.PositiveSmallIntegerField(default=0)
    error_message = models.CharField("why it failed", max_length=500, blank=True)
    rejects = models.FileField(upload_to=rejects_path, blank=True, max_length=200)
    queued_at = models.DateTimeField("asked for", auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    attempt = models.PositiveSmallIntegerField(default=0, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    read_until = models.DateTimeField(null=True, blank=True, editable=False)

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


class SyncReject(models.Model):
    """A record that a sync did not take, as it came, and why."""

    run = models.ForeignKey(SyncRun, on_delete=models.PROTECT, related_name="rejected_records")
    external_id = models.CharField(max_length=200, blank=True)
    series = models.CharField(max_length=120, blank=True)
    starts_at = models.CharField(max_length=60, blank=True)
    quantity = models.CharField(max_length=60, blank=True)
    reason = models.CharField(max_length=300)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.reason


class ProviderOutage(models.Model):
    """A time in which a provider did not answer, or asked to wait: one thing, however many data sources it stops.

    From its third failure in a row on nobody asks the provider before `retry_at`; then one data source tries first.
    """

    integration = models.ForeignKey(Integration, on_delete=models.PROTECT, related_name="outages")
    failures = models.PositiveIntegerField(default=0)
    began_at = models.DateTimeField()
    retry_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    message = models.CharField(max_length=500)

    class Meta:
        ordering = ["-began_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["integration"],
                condition=Q(ended_at__isnull=True),
                name="integrations_provideroutage_one_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"Outage of {self.integration_id} since {self.began_at:%Y-%m-%d %H:%M}"
