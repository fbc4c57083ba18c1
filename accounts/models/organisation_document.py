"""Documents that an organisation shows to prove what it is: an extract of the register, statutes, a mandate."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models.organisation import Organisation


def organisation_document_path(instance: "OrganisationDocument", _filename: str) -> str:
    """Return where the file is kept: by its public id, so that no name a user typed touches the disk."""
    return f"organisations/{instance.public_id.hex[:2]}/{instance.public_id.hex}"


class OrganisationDocument(models.Model):
    """One uploaded file, for the organisation's members and for staff who decide about it; never public.

    `sha256`, `size_bytes` and `mime_type` are read from the content, not believed.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="documents")
    title = models.CharField(max_length=255)
    file = models.FileField(upload_to=organisation_document_path, max_length=200)
    file_name = models.CharField(max_length=255, editable=False)
    sha256 = models.CharField("SHA-256", max_length=64, editable=False)
    size_bytes = models.BigIntegerField("size in bytes", editable=False)
    mime_type = models.CharField("MIME type", max_length=100, editable=False)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="accounts_document_title_given"),
            models.CheckConstraint(
                condition=~Q(file="") & ~Q(sha256="") & ~Q(mime_type="") & Q(size_bytes__gt=0),
                name="accounts_document_file_described",
            ),
        ]

    def __str__(self) -> str:
        return self.title
