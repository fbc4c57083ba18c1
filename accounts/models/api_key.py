"""Personal API keys: how a person's machines sign in, each with its own key and no more rights than it needs."""

import uuid
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.choices import KeyEnd, KeyScope


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    """Keys, narrowed to those that still hold."""

    def live(self) -> Self:
        """Only those that were not revoked and have not expired."""
        return self.filter(ended_at__isnull=True, expires_at__gt=timezone.now())


class ApiKey(models.Model):
    """One key, told once and kept as its sha256. `handle` is the part of it that finds the row and is no secret.

    The digest needs no salt and no slow hash: the secret is 256 random bits, so there is nothing to guess.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="api_keys")
    name = models.CharField(max_length=100)
    handle = models.CharField(max_length=16, unique=True, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    scopes = ArrayField(models.CharField(max_length=20, choices=KeyScope.choices))
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_used_from = models.GenericIPAddressField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=20, choices=KeyEnd.choices, blank=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(scopes__contained_by=[scope.value for scope in KeyScope]),
                name="accounts_apikey_scopes_known",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, end_reason="") | (Q(ended_at__isnull=False) & ~Q(end_reason="")),
                name="accounts_apikey_end_whole",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="accounts_apikey_name_given"),
        ]

    def __str__(self) -> str:
        return f"API key {self.handle}"

    @property
    def is_live(self) -> bool:
        """Whether it was neither revoked nor has expired."""
        return self.ended_at is None and self.expires_at > timezone.now()
