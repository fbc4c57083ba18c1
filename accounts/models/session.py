"""Sign-in sessions: one row for each sign-in, which the person sees and can end; and the refresh tokens of each."""

import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.choices import SessionEnd, SessionKind
from accounts.devices import device_words


class SessionQuerySet(models.QuerySet["SignInSession"]):
    """Sessions, narrowed to those that still hold."""

    def live(self) -> Self:
        """Only those that were not ended and have not run out."""
        return self.filter(ended_at__isnull=True, expires_at__gt=timezone.now())


class SignInSession(models.Model):
    """One sign-in of one person on one device. Ending it ends every token that hangs on it, at once.

    `second_factor_at` is when a second factor was shown in it, `proven_at` when the person last showed who they are, by
    password or factor: grave deeds ask that this was a moment ago.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="sign_in_sessions")
    kind = models.CharField(max_length=10, choices=SessionKind.choices)
    ip_address = models.GenericIPAddressField(null=True, blank=True)
    user_agent = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_seen_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=20, choices=SessionEnd.choices, blank=True)
    second_factor_at = models.DateTimeField(null=True, blank=True)
    proven_at = models.DateTimeField(default=timezone.now)

    objects = SessionQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["user"], condition=Q(ended_at__isnull=True), name="accounts_session_open_idx"),
            models.Index(fields=["expires_at"], name="accounts_session_expiry_idx"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, end_reason="") | (Q(ended_at__isnull=False) & ~Q(end_reason="")),
                name="accounts_signinsession_end_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"session {self.public_id}"

    @property
    def is_live(self) -> bool:
        """Whether it was neither ended nor has run out."""
        return self.ended_at is None and self.expires_at > timezone.now()

    @property
    def device(self) -> str:
        """What it was begun with, in words."""
        return device_words(self.user_agent)


class RefreshToken(models.Model):
    """One refresh token of a session, kept as its sha256. Each is exchanged once; the next one replaces it.

    `used_by` is a digest of the address and program that exchanged it, to know an honest repetition by.
    """

    session = models.ForeignKey(SignInSession, on_delete=models.CASCADE, related_name="refresh_tokens")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    used_by = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["-pk"]
        default_permissions = ()
        constraints = [
            # A family has one living member, whatever races there are.
            models.UniqueConstraint(
                fields=["session"], condition=Q(used_at__isnull=True), name="accounts_refreshtoken_one_unused"
            ),
        ]

    def __str__(self) -> str:
        return f"refresh token {self.pk}"
