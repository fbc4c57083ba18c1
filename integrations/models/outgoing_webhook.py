"""Webhooks that we send: who subscribed to what, what happened, and each attempt to tell them."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from carboncore.common.history import tracked_history
from integrations.choices import EndpointStatus, OutboxStatus, WebhookEventType


class WebhookEndpoint(models.Model):
    """An address that a person or an organisation wants to be told at; `failing_since` is empty while it answers."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="webhook_endpoints"
    )
    organisation = models.ForeignKey(
        "accounts.Organisation", null=True, blank=True, on_delete=models.PROTECT, related_name="webhook_endpoints"
    )
    url = models.CharField("URL", max_length=500)
    description = models.CharField(max_length=200, blank=True)
    event_types = ArrayField(models.CharField(max_length=40, choices=WebhookEventType.choices), size=20)
    status = models.CharField(max_length=10, choices=EndpointStatus.choices, default=EndpointStatus.ACTIVE)
    status_reason = models.CharField("reason", max_length=300, blank=True)
    envelope = models.TextField()
    previous_envelope = models.TextField(blank=True)
    previous_until = models.DateTimeField(null=True, blank=True)
    failing_since = models.DateTimeField("fails since", null=True, blank=True)
    last_success_at = models.DateTimeField("last reached", null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    history = tracked_history(excluded_fields=["envelope", "previous_envelope", "failing_since", "last_success_at"])

    class Meta:
        ordering = ["pk"]
        verbose_name = "webhook subscriber"
        constraints = [
            models.CheckConstraint(
                condition=Q(owner__isnull=False, organisation__isnull=True)
                | Q(owner__isnull=True, organisation__isnull=False),
                name="integrations_webhookendpoint_one_owner",
            ),
            models.CheckConstraint(
                condition=Q(status__in=EndpointStatus.values), name="integrations_webhookendpoint_status_known"
            ),
            models.CheckConstraint(
                condition=Q(deleted_at__isnull=False) | Q(envelope__startswith="v1."),
                name="integrations_webhookendpoint_is_envelope",
            ),
            models.CheckConstraint(
                condition=Q(deleted_at__isnull=True) | Q(status=EndpointStatus.DISABLED, envelope=""),
                name="integrations_webhookendpoint_deleted_rests",
            ),
        ]

    def __str__(self) -> str:
        return self.url


class WebhookEvent(models.Model):
    """Something that subscribers are told: made once from one event of the audit trail, or by the test button."""

    public_id = models.CharField(max_length=60, unique=True, help_text="The webhook-id of every delivery of it.")
    type = models.CharField(max_length=40, choices=WebhookEventType.choices)
    occurred_at = models.DateTimeField()
    subject = models.CharField(max_length=100, help_text="What it is about.")
    data = models.JSONField()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.type} {self.public_id}"


class WebhookDelivery(models.Model):
    """One event for one endpoint, until it is delivered or given up."""

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.PROTECT, related_name="deliveries", db_index=False)
    event = models.ForeignKey(WebhookEvent, on_delete=models.PROTECT, related_name="deliveries")
    status = models.CharField(max_length=10, choices=OutboxStatus.choices, default=OutboxStatus.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField("next attempt", null=True, blank=True)
    last_status = models.PositiveSmallIntegerField("last HTTP status", null=True, blank=True)
    last_error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "sent webhook"
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=OutboxStatus.values), name="integrations_webhookdelivery_status_known"
            ),
            models.CheckConstraint(
                condition=Q(status=OutboxStatus.WAITING, next_attempt_at__isnull=False, finished_at__isnull=True)
                | (~Q(status=OutboxStatus.WAITING) & Q(next_attempt_at__isnull=True, finished_at__isnull=False)),
                name="integrations_webhookdelivery_waits_or_is_over",
            ),
            models.UniqueConstraint(fields=["endpoint", "event"], name="integrations_webhookdelivery_once"),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(status=OutboxStatus.WAITING),
                name="integrations_outbox_due_idx",
            ),
        ]

    def __str__(self) -> str:
        return f"Delivery {self.pk}"


class WebhookAttempt(models.Model):
    """One attempt to deliver: what was answered, and how long it took."""

    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.PROTECT, related_name="tries")
    at = models.DateTimeField(auto_now_add=True)
    http_status = models.PositiveSmallIntegerField("HTTP status", null=True, blank=True)
    milliseconds = models.PositiveIntegerField()
    error = models.CharField(max_length=300, blank=True)
    answer = models.CharField(max_length=500, blank=True, help_text="The beginning of the answer's body.")

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"Attempt {self.pk}"


class RelayPosition(models.Model):
    """How far each stream of the audit trail was looked through for events to tell of; positions have no gap."""

    stream = models.PositiveSmallIntegerField(unique=True)
    position = models.BigIntegerField()

    class Meta:
        ordering = ["stream"]

    def __str__(self) -> str:
        return f"Stream {self.stream} up to {self.position}"
