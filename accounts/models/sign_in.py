"""Tries to sign in, kept so that guessing stops after five, in every process and after a restart."""

from django.conf import settings
from django.db import models


class SignInAttempt(models.Model):
    """One try. It counts as wrong from the moment it starts until the password proves right.

    The e-mail is kept only as a keyed digest (people mistype passwords into that field); `user` names
    the account when there is one, so that an officer can see and lift its lock.
    """

    email_digest = models.CharField(max_length=64)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="sign_in_attempts",
    )
    attempted_at = models.DateTimeField()
    succeeded = models.BooleanField(default=False)
    cleared_at = models.DateTimeField(
        null=True, blank=True, help_text="When a success or an officer made this try stop counting."
    )
    ip_address = models.GenericIPAddressField(null=True, blank=True)

    class Meta:
        ordering = ["-attempted_at", "-pk"]
        indexes = [
            models.Index(
                fields=["email_digest", "attempted_at"],
                condition=models.Q(succeeded=False, cleared_at__isnull=True),
                name="accounts_signin_counting_idx",
            )
        ]

    def __str__(self) -> str:
        return f"try at {self.attempted_at:%Y-%m-%d %H:%M:%S} UTC"
