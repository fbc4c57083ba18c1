"""The fixed lists of the mail app."""

from django.db import models


class MailState(models.TextChoices):
    """How far a mail has come."""

    QUEUED = "queued", "Queued"
    SENT = "sent", "Sent"
    FAILED = "failed", "Failed"
