"""How uploads and entered readings look to clients, and what is asked for them."""

from typing import Any

from rest_framework import serializers

from carboncore.common.api.serializers import StrictSerializer, TextField
from integrations.choices import DateFormat, ReadingInterval, ReadingType, UploadStatus
from integrations.models import Upload
from integrations.uploads.entries import MOST_ENTRIES
from integrations.uploads.layout import DECIMAL_MARKS, ROLES, STAMPS


class UploadFileSerializer(StrictSerializer):
    """The file, as multipart."""

    file = serializers.FileField(allow_empty_file=True)


class UploadSerializer(serializers.Serializer):
    """An uploaded file. `preview` is what was found in it; `mapping` what was confirmed."""

    id = serializers.UUIDField()
    file_name = serializers.CharField()
    size = serializers.IntegerField()
    mime_type = serializers.CharField()
    sha256 = serializers.CharField()
    status = serializers.ChoiceField(UploadStatus.choices)
    percent_done = serializers.IntegerField()
    records_read = serializers.IntegerField()
    records_imported = serializers.IntegerField()
    records_rejected = serializers.IntegerField()
    message = serializers.CharField()
    preview = serializers.DictField()
    mapping = serializers.DictField()
    rejects = serializers.CharField(allow_null=True, help_text="The address of the rejected rows, if there are any.")
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class UploadListSerializer(serializers.Serializer):
    """The latest hundred uploads of a data source."""

    data = UploadSerializer(many=True)  # type: ignore[assignment]
    count = serializers.IntegerField()


class UploadConfirmSerializer(StrictSerializer):
    """How the file is to be understood: what is left out is as the preview proposes.

    `mapping` maps a use (`starts_at`, `time`, `ends_at`, `quantity`, `unit`, `series`) to the name of a column.
    """

    mapping = serializers.DictField(child=TextField(allow_blank=True, max_length=500), required=False)
    unit = TextField(max_length=30, required=False, allow_blank=True)
    date_format = serializers.ChoiceField(DateFormat.choices, required=False)
    timezone = TextField(max_length=60, required=False)
    decimal_mark = serializers.ChoiceField(DECIMAL_MARKS, required=False)
    interval = serializers.ChoiceField(ReadingInterval.choices, required=False)
    stamps = serializers.ChoiceField(STAMPS, required=False)
    reading_type = serializers.ChoiceField(ReadingType.choices, required=False)
    series = TextField(max_length=120, required=False, allow_blank=True)

    def validate_mapping(self, value: dict[str, str]) -> dict[str, str]:
        """Refuse a mapping that is longer than there are uses."""
        if len(value) > len(ROLES):
            raise serializers.ValidationError(f"A column can be used for: {', '.join(ROLES)}.")
        return value


class EntrySerializer(serializers.Serializer):
    """One reading over the time from `starts_at` until before `ends_at`, both with their offset."""

    reading_type = serializers.ChoiceField(ReadingType.choices, required=False)
    series = serializers.CharField(max_length=120, required=False)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    quantity = serializers.CharField(help_text="A number, or a number as text; 0 or more.")
    unit = serializers.CharField()


class EntriesSerializer(StrictSerializer):
    """Readings, all of which are stored, or none."""

    readings = serializers.ListField(child=serializers.JSONField(), min_length=1, max_length=MOST_ENTRIES)


class EntriesShapeSerializer(serializers.Serializer):
    """Readings, all of which are stored, or none."""

    readings = serializers.ListField(child=EntrySerializer(), min_length=1, max_length=MOST_ENTRIES)


class StoredSerializer(serializers.Serializer):
    """What became of the readings."""

    created = serializers.IntegerField()
    changed = serializers.IntegerField()
    unchanged = serializers.IntegerField()


def upload_body(upload: Upload, source: Any) -> dict[str, Any]:
    """Return an upload as clients see it; `source` is the public id of its data source."""
    rejects = f"/api/v1/datasources/{source}/uploads/{upload.public_id}/rejects" if upload.rejects else None
    return {
        "id": upload.public_id,
        "file_name": upload.file_name,
        "size": upload.size_bytes,
        "mime_type": upload.mime_type,
        "sha256": upload.sha256,
        "status": upload.status,
        "percent_done": upload.percent_done,
        "records_read": upload.records_read,
        "records_imported": upload.records_imported,
        "records_rejected": upload.records_rejected,
        "message": upload.message,
        "preview": upload.preview,
        "mapping": upload.mapping,
        "rejects": rejects,
        "created_at": upload.created_at,
        "finished_at": upload.finished_at,
    }
