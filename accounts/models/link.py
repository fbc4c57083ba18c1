"""What waits for somebody to open their mail: registrations to be confirmed, and links that work once."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.choices import LinkPurpose


class Registration(models.Model):
    """An account that somebody asked for and has not confirmed. It becomes a user of the same `public_id`, or nothing.

    An e-mail that has an account gets a row like any other, so that registering tells nobody which have one. Several
    may wait for one e-mail: whoever can read its mail, and knows the password of theirs, is let in.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField("e-mail", max_length=254)
    username = models.CharField(max_length=30)
    password = models.CharField(max_length=128)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        default_permissions = ()
        indexes = [
            models.Index(fields=["email"], name="accounts_register_email_idx"),
            models.Index(Lower("username"), name="accounts_register_name_idx"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(username__regex=r"^[A-Za-z0-9_]{3,30}$"), name="accounts_registration_username_ascii"
            ),
        ]

    def __str__(self) -> str:
        return f"registration {self.public_id}"


class OneTimeLink(models.Model):
    """A link in a mail, kept as the sha256 of its token: for one purpose, for some time, once.

    `user` is empty where a password was forgotten for an e-mail without an account: the row keeps the work the same.
    `email` is the address that the link is about: the new one, or the one to go back to.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="one_time_links"
    )
    purpose = models.CharField(max_length=20, choices=LinkPurpose.choices)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    email = models.EmailField("e-mail", max_length=254, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"link {self.pk}: {self.get_purpose_display()}"
