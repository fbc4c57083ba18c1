"""Webhooks that others send us: from where they may come, and each delivery as it came."""

import uuid

from django.db import models
from django.db.models import Q

from integrations.choices import InboxChannel, InboxStatus
from integrations.models.connection import Connection


class IncomingSource(models.Model):
    """An address for a data source to which somebody sends readings, signed with a secret that only both know.

    While a secret is being replaced the one before is valid as well, until `previous_until`.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    connection = models.OneToOneField(Connection, on_delete=models.PROTECT, related_name="incoming_source")
    envelope = models.TextField()
    previous_envelope = models.TextField(blank=True)
    previous_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(envelope__startswith="v1."), name="integrations_incomingsource_is_envelope"
            ),
            models.CheckConstraint(
                condition=Q(previous_envelope="", previous_until__isnull=True)
                | (Q(previous_envelope__startswith="v1.") & Q(previous_until__isnull=False)),
                name="integrations_incomingsource_previous_ends",
            ),
        ]

    def __str__(self) -> str:
        return f"Webhook address of data source {self.connection_id}"


class IncomingDelivery(models.Model):
    """One delivery, kept with its body as it came before anything is done about it; each `webhook_id` once.

    `source` is empty for the channels of a provider, whose secret is a setting of this server.
    """

    channel = models.CharField(max_length=20, choices=InboxChannel.choices)
    source = models.ForeignKey(
        IncomingSource, null=True, blank=True, on_delete=models.PROTECT, related_name="deliveries"
    )
    webhook_id = models.CharField("webhook id", max_length=200)
    sent_at = models.DateTimeField(help_text="As its sender says.")
    body = models.BinaryField()
    status = models.CharField(max_length=10, choices=InboxStatus.choices, default=InboxStatus.RECEIVED)
    attempts = models.PositiveSmallIntegerField(default=0)
    repeats = models.PositiveIntegerField(default=0, help_text="How often it came again.")
    records_imported = models.PositiveIntegerField("readings taken over", default=0)
    records_rejected = models.PositiveIntegerField("rejected", default=0)
    rejects = models.JSONField(default=list, blank=True, help_text="The first hundred rejected records.")
    message = models.CharField(max_length=1000, blank=True)
    received_at = models.DateTimeField("received", auto_now_add=True)
    processed_at = models.DateTimeField("acted on", null=True, blank=True)

    class Meta:
        ordering = ["-received_at", "-pk"]
        verbose_name = "received webhook"
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=InboxStatus.values), name="integrations_incomingdelivery_status_known"
            ),
            models.UniqueConstraint(
                fields=["channel", "source", "webhook_id"],
                nulls_distinct=False,
                name="integrations_incomingdelivery_once",
            ),
        ]
        indexes = [models.Index(fields=["status", "-received_at"], name="integrations_inbox_status_idx")]

    def __str__(self) -> str:
        return self.webhook_id
