"""One import of a registry's export: what was read, by whom, and what came of it."""

import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q

from carboncore.common.context import Entrance
from integrations.choices import ImportKind, ImportSource, ImportState


def import_path(instance: "ImportRun", _filename: str) -> str:
    """Return where an uploaded export is kept: by the run's public id, so that no typed name touches the disk."""
    return f"imports/{instance.public_id.hex}"


def rejects_path(instance: "ImportRun", _filename: str) -> str:
    """Return where the rejected rows of a run are kept."""
    return f"imports/{instance.public_id.hex}.rejects.csv"


class ImportRun(models.Model):
    """One import, from the command line or from an upload in the admin, kept as a record of what happened."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    source = models.CharField(max_length=20, choices=ImportSource.choices)
    kind = models.CharField(max_length=10, choices=ImportKind.choices, default=ImportKind.PROJECTS)
    file = models.FileField(upload_to=import_path, blank=True, max_length=200)
    file_name = models.CharField(max_length=255)
    sha256 = models.CharField("SHA-256", max_length=64)
    size_bytes = models.BigIntegerField("size in bytes")
    dry_run = models.BooleanField(default=False, help_text="Show what would happen and change nothing.")
    keep_going = models.BooleanField(default=False, help_text="Import the good rows even when some are rejected.")
    publish = models.BooleanField(default=False, help_text="Publish the projects that are in a public status.")

    state = models.CharField(max_length=10, choices=ImportState.choices, default=ImportState.QUEUED)
    percent_done = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(100)])
    rows_read = models.PositiveIntegerField(default=0)
    created_count = models.PositiveIntegerField("created", default=0)
    changed_count = models.PositiveIntegerField("changed", default=0)
    unchanged_count = models.PositiveIntegerField("unchanged", default=0)
    skipped_count = models.PositiveIntegerField("skipped", default=0)
    rejected_count = models.PositiveIntegerField("rejected", default=0)
    published_count = models.PositiveIntegerField("published", default=0)
    kept_fields = models.PositiveIntegerField(
        default=0, help_text="Fields that staff had edited and the import therefore left alone."
    )
    findings = models.JSONField(
        default=dict, blank=True, help_text="Unknown statuses, unknown countries, unmapped types and skipped rows."
    )
    message = models.TextField(blank=True, help_text="Why it failed, or what it did, in a sentence.")
    rejects = models.FileField(upload_to=rejects_path, blank=True, max_length=200)

    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    entrance = models.CharField(max_length=10, choices=Entrance.choices)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = "registry import"
        constraints = [
            models.CheckConstraint(condition=Q(percent_done__lte=100), name="integrations_importrun_percent"),
            models.CheckConstraint(
                condition=~Q(state__in=[ImportState.DONE, ImportState.FAILED]) | Q(finished_at__isnull=False),
                name="integrations_importrun_finished_when_over",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_source_display()}: {self.file_name}"
