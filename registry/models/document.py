"""Documents of projects: an uploaded file or a link, public or for staff only."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from carboncore.common.history import tracked_history
from registry.choices import DocumentKind, DocumentVisibility


def document_path(instance: "Document", _filename: str) -> str:
    """Return where the file is kept: by its public id, so that no name a user typed touches the disk."""
    return f"documents/{instance.public_id.hex[:2]}/{instance.public_id.hex}"


class Document(models.Model):
    """One document. `sha256`, `size_bytes` and `mime_type` are read from the content, not believed."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey("registry.Project", on_delete=models.PROTECT, related_name="documents")
    kind = models.CharField(max_length=30, choices=DocumentKind.choices, default=DocumentKind.OTHER)
    title = models.CharField(max_length=255)
    version = models.CharField(max_length=50, blank=True)
    language = models.CharField(max_length=10, default="en", help_text="Language code, e.g. en or pt-BR.")
    visibility = models.CharField(
        max_length=10, choices=DocumentVisibility.choices, default=DocumentVisibility.INTERNAL
    )
    url = models.URLField("link", max_length=1000, blank=True)
    file = models.FileField(upload_to=document_path, blank=True, max_length=200)
    file_name = models.CharField(max_length=255, blank=True, editable=False)
    sha256 = models.CharField("SHA-256", max_length=64, blank=True, editable=False)
    size_bytes = models.BigIntegerField("size in bytes", null=True, blank=True, editable=False)
    mime_type = models.CharField("MIME type", max_length=100, blank=True, editable=False)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    history = tracked_history()

    class Meta:
        ordering = ["project_id", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=(Q(url="") & ~Q(file="")) | (~Q(url="") & Q(file="")),
                name="registry_document_file_or_link",
                violation_error_message="Give either a file or a link, not both.",
            ),
            models.CheckConstraint(
                condition=Q(file="")
                | (~Q(sha256="") & Q(size_bytes__isnull=False) & Q(size_bytes__gt=0) & ~Q(mime_type="")),
                name="registry_document_file_described",
            ),
        ]

    def __str__(self) -> str:
        return self.title
