"""Uploaded files of readings: what was sent, how it is to be understood, and what came of it."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from integrations.choices import UploadStatus
from integrations.models.connection import Connection


def upload_path(instance: "Upload", _filename: str) -> str:
    """Return where an uploaded file is kept: by its public id, so that no typed name touches the disk."""
    return f"uploads/{instance.public_id.hex}"


def upload_rejects_path(instance: "Upload", _filename: str) -> str:
    """Return where the rejected rows of an upload are kept."""
    return f"uploads/{instance.public_id.hex}.rejects.csv"


class Upload(models.Model):
    """One file of readings for a data source.

    `preview` is what was found in it, for the person to look at; `mapping` is what they confirmed. Nothing is read
    into the source's readings before that. Of one file a source takes the content once: see the constraint.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    connection = models.ForeignKey(
        Connection, on_delete=models.PROTECT, related_name="uploads", db_index=False, verbose_name="data source"
    )
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    file = models.FileField(upload_to=upload_path, max_length=200)
    file_name = models.CharField(max_length=255)
    mime_type = models.CharField("MIME type", max_length=100)
    size_bytes = models.BigIntegerField("size in bytes")
    sha256 = models.CharField("SHA-256", max_length=64)
    status = models.CharField(max_length=10, choices=UploadStatus.choices, default=UploadStatus.UPLOADED)
    preview = models.JSONField(default=dict, blank=True)
    mapping = models.JSONField(default=dict, blank=True)
    percent_done = models.PositiveSmallIntegerField("percent done", default=0)
    records_read = models.PositiveIntegerField("rows read", default=0)
    records_imported = models.PositiveIntegerField(
        "readings taken over", default=0, help_text="New, changed and already known readings."
    )
    records_created = models.PositiveIntegerField("new readings", default=0)
    records_changed = models.PositiveIntegerField("changed readings", default=0)
    records_rejected = models.PositiveIntegerField("rows rejected", default=0)
    message = models.CharField(max_length=1000, blank=True, help_text="What came of it, or why it failed.")
    rejects = models.FileField(upload_to=upload_rejects_path, blank=True, max_length=200)
    created_at = models.DateTimeField("uploaded", auto_now_add=True)
    confirmed_at = models.DateTimeField("confirmed", null=True, blank=True)
    finished_at = models.DateTimeField("finished", null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = "uploaded file"
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=UploadStatus.values), name="integrations_upload_status_known"
            ),
            models.CheckConstraint(condition=Q(percent_done__lte=100), name="integrations_upload_percent"),
            models.CheckConstraint(
                condition=~Q(status__in=[UploadStatus.PROCESSED, UploadStatus.ERROR]) | Q(finished_at__isnull=False),
                name="integrations_upload_finished_when_over",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=[UploadStatus.PROCESSING, UploadStatus.PROCESSED])
                | Q(confirmed_at__isnull=False),
                name="integrations_upload_confirmed_before_processed",
            ),
            models.UniqueConstraint(
                fields=["connection", "sha256"],
                condition=~Q(status=UploadStatus.ERROR),
                name="integrations_upload_content_once",
            ),
        ]
        indexes = [models.Index(fields=["connection", "-created_at"], name="integrations_upload_log_idx")]

    def __str__(self) -> str:
        return self.file_name


class ColumnMapping(models.Model):
    """What a person or an organisation confirmed last for files with these very columns."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    organisation = models.ForeignKey(
        "accounts.Organisation", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    signature = models.CharField(max_length=64, help_text="SHA-256 of the column names, in their order.")
    mapping = models.JSONField()
    used_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(owner__isnull=False, organisation__isnull=True)
                | Q(owner__isnull=True, organisation__isnull=False),
                name="integrations_columnmapping_one_owner",
            ),
            models.UniqueConstraint(
                fields=["owner", "organisation", "signature"],
                nulls_distinct=False,
                name="integrations_columnmapping_once",
            ),
        ]

    def __str__(self) -> str:
        return f"Columns {self.signature[:8]}"
