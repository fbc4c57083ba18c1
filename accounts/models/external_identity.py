"""Who somebody is at an outside identity provider."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone


class ExternalIdentity(models.Model):
    """One subject of one issuer, and the person here that it signs in.

    `digest` is the sha256 of issuer and subject and finds the row. An unlinked one stays, so that the e-mail does not
    link it again by itself, and so does that of an erased person, without issuer, subject and e-mail.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="external_identities")
    issuer = models.CharField(max_length=255, blank=True)
    subject = models.CharField(max_length=255, blank=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    email = models.EmailField(
        "e-mail", max_length=254, blank=True, help_text="What the issuer said when it was linked."
    )
    linked_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True)
    unlinked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"identity {self.public_id}"
