"""Data sources: a person's or an organisation's connection to a provider, and its encrypted credentials."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from carboncore.common.history import tracked_history
from integrations.choices import ConnectionProblem, ConnectionStatus, SyncFrequency
from integrations.models.integration import Integration
from integrations.querysets import ConnectionQuerySet


class Connection(models.Model):
    """One data source. Disconnecting keeps the row, because readings and results refer to it.

    `account_reference` is what the provider calls the account (a customer number, an organisation's id), so that
    the same account is not connected twice; `settings` holds what is no secret, such as a gas meter's unit.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    integration = models.ForeignKey(
        Integration, on_delete=models.PROTECT, related_name="connections", verbose_name="provider"
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="data_sources"
    )
    organisation = models.ForeignKey(
        "accounts.Organisation", null=True, blank=True, on_delete=models.PROTECT, related_name="data_sources"
    )
    display_name = models.CharField("name", max_length=120)
    site = models.CharField(max_length=120, blank=True, help_text="Where it is measured, as reports group it.")
    country_code = models.CharField(
        "country", max_length=2, default="GB", help_text="ISO 3166-1 alpha-2; chooses the grid's factor."
    )
    account_reference = models.CharField("account at the provider", max_length=120, blank=True)
    settings = models.JSONField(default=dict, blank=True)
    status = models.CharField(max_length=10, choices=ConnectionStatus.choices, default=ConnectionStatus.PENDING)
    problem = models.CharField(max_length=30, choices=ConnectionProblem.choices, blank=True, default="")
    error_message = models.CharField(max_length=500, blank=True)
    error_count = models.PositiveIntegerField("failures in a row", default=0)
    sync_frequency = models.CharField(
        "is read", max_length=15, choices=SyncFrequency.choices, default=SyncFrequency.DAILY
    )
    next_sync_at = models.DateTimeField("next reading", null=True, blank=True)
    last_synced_at = models.DateTimeField("last read", null=True, blank=True)
    created_at = models.DateTimeField("connected", auto_now_add=True)
    disconnected_at = models.DateTimeField("disconnected", null=True, blank=True)

    objects = ConnectionQuerySet.as_manager()
    history = tracked_history(
        excluded_fields=["next_sync_at", "last_synced_at", "error_count", "error_message", "problem"]
    )

    class Meta:
        ordering = ["pk"]
        verbose_name = "data source"
        constraints = [
            models.CheckConstraint(
                condition=Q(owner__isnull=False, organisation__isnull=True)
                | Q(owner__isnull=True, organisation__isnull=False),
                name="integrations_connection_one_owner",
            ),
            models.CheckConstraint(
                condition=Q(status__in=ConnectionStatus.values), name="integrations_connection_status_known"
            ),
            models.CheckConstraint(
                condition=Q(disconnected_at__isnull=True)
                | Q(status=ConnectionStatus.DISABLED, next_sync_at__isnull=True),
                name="integrations_connection_disconnected_rests",
            ),
            models.CheckConstraint(
                condition=Q(country_code__regex=r"^[A-Z]{2}$"), name="integrations_connection_country_is_code"
            ),
            models.UniqueConstraint(
                fields=["integration", "owner", "account_reference"],
                condition=Q(disconnected_at__isnull=True, owner__isnull=False),
                name="integrations_connection_person_once",
            ),
            models.UniqueConstraint(
                fields=["integration", "organisation", "account_reference"],
                condition=Q(disconnected_at__isnull=True, organisation__isnull=False),
                name="integrations_connection_organisation_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_sync_at"],
                condition=Q(next_sync_at__isnull=False),
                name="integrations_conn_due_idx",
            )
        ]

    def __str__(self) -> str:
        return self.display_name


class ConnectionCredential(models.Model):
    """A connection's secrets, encrypted: one envelope bound to this connection. Deleted when it is disconnected."""

    connection = models.OneToOneField(Connection, on_delete=models.PROTECT, related_name="credential")
    envelope = models.TextField(help_text="v1.<key id>.<base64 of nonce, ciphertext and tag>")
    expires_at = models.DateTimeField(null=True, blank=True, help_text="When an access token in it expires.")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(envelope__startswith="v1."), name="integrations_connectioncredential_is_envelope"
            )
        ]

    def __str__(self) -> str:
        return f"Credentials of data source {self.connection_id}"
