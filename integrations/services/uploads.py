"""Uploaded files of readings: keeping one, confirming how it is to be understood, reading it as a job."""

import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, BinaryIO, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from accounts.models import User
from carboncore.audit.services import event_record
from carboncore.common.errors import InvalidInput
from integrations.choices import DateFormat, ReadingInterval, ReadingType, UploadStatus
from integrations.errors import DataSourceDisconnected, UploadDuplicate, UploadFileRefused, UploadNotConfirmable
from integrations.models import ColumnMapping, Connection, Upload
from integrations.units import unit_code
from integrations.uploads.detection import found_in
from integrations.uploads.encoding import file_facts
from integrations.uploads.found import understood
from integrations.uploads.layout import (
    DECIMAL_MARKS,
    NEEDED,
    ROLES,
    STAMPS,
    FileRefused,
    Layout,
    column_index,
    header_signature,
)

# The job's name in the queue; `integrations.tasks` holds what it does.
UPLOAD_TASK = "integrations.upload_process"
# Where a country keeps one time; others are asked, with UTC as the proposal.
_ZONES = {"GB": "Europe/London", "IE": "Europe/Dublin", "DE": "Europe/Berlin", "FR": "Europe/Paris"}
_TYPES = {
    "reading_type": ReadingType.values,
    "date_format": DateFormat.values,
    "interval": ReadingInterval.values,
    "decimal_mark": DECIMAL_MARKS,
    "stamps": STAMPS,
}
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")


def upload_create(*, actor: User, connection: Connection, upload: UploadedFile) -> Upload:
    """Keep a file of readings and look at its beginning; nothing of it counts before it is confirmed.

    Raises:
        UploadFileRefused: it is too large, empty, or no table; nothing is kept.
        UploadDuplicate: this source has this very content already.
        DataSourceDisconnected: the source was disconnected.
    """
    stream = cast("BinaryIO", upload.file)
    if (upload.size or 0) > settings.UPLOAD_MAX_BYTES:
        raise UploadFileRefused(f"The file is larger than {settings.UPLOAD_MAX_BYTES // 1_000_000} MB. Split it.")
    try:
        facts = file_facts(stream)
        _refuse_duplicate(connection, facts.sha256)
        found = found_in(
            stream,
            encoding=facts.encoding,
            zone_at_home=_ZONES.get(connection.country_code, "UTC"),
            reading_type=_usual_type(connection),
        )
    except FileRefused as refusal:
        raise UploadFileRefused(str(refusal)) from refusal
    preview = found.to_json(encoding=facts.encoding)
    remembered = _remembered(connection, preview["header"])
    if remembered is not None:
        preview["proposal"] = {**preview["proposal"], **remembered.mapping}
    preview["remembered"] = remembered is not None
    preview["understood"] = understood(preview, Layout.from_json(preview["proposal"]), timezone.now())
    with transaction.atomic():
        locked = Connection.objects.select_for_update(no_key=True).get(pk=connection.pk)
        if locked.disconnected_at is not None:
            raise DataSourceDisconnected
        _refuse_duplicate(connection, facts.sha256)
        kept = Upload(
            connection=locked,
            uploaded_by=actor,
            file_name=_file_name(upload.name or ""),
            mime_type=facts.mime_type,
            size_bytes=facts.size_bytes,
            sha256=facts.sha256,
            preview=_storable(preview),
        )
        upload.seek(0)
        kept.file.save("upload", upload, save=False)
        kept.save()
        event_record(action="upload.received", obj=kept, actor=actor, changes={"sha256": [None, kept.sha256]})
    return kept


def upload_confirm(*, actor: User, upload: Upload, fields: Mapping[str, Any]) -> Upload:
    """Take a person's word for how the file is to be understood, remember it, and queue the reading of the file.

    `fields` are those of `Layout` that differ from the proposal.

    Raises:
        InvalidInput: naming each field that cannot be; nothing is changed.
        UploadNotConfirmable: it was confirmed already.
    """
    with transaction.atomic():
        locked = Upload.objects.select_for_update(no_key=True).select_related("connection").get(pk=upload.pk)
        if locked.status != UploadStatus.UPLOADED:
            raise UploadNotConfirmable(locked.get_status_display())
        if locked.connection.disconnected_at is not None:
            raise DataSourceDisconnected
        layout = _checked(locked.preview, fields)
        locked.mapping, locked.status, locked.confirmed_at = layout.to_json(), UploadStatus.PROCESSING, timezone.now()
        locked.save(update_fields=["mapping", "status", "confirmed_at"])
        ColumnMapping.objects.update_or_create(
            owner=locked.connection.owner,
            organisation=locked.connection.organisation,
            signature=header_signature(locked.preview["header"]),
            defaults={"mapping": locked.mapping},
        )
        event_record(action="upload.confirmed", obj=locked, actor=actor)
        # One file of a source at a time, so that what overlaps is seen.
        lock = f"{UPLOAD_TASK}:{locked.connection_id}"
        app.configure_task(UPLOAD_TASK, queue="uploads", lock=lock).defer(upload_id=locked.pk)
    return locked


def upload_understood(*, upload: Upload, fields: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return how the rows of the preview would be read with these `fields`: a reading or a reason for each.

    Raises:
        InvalidInput: naming each field that cannot be.
    """
    return understood(upload.preview, _checked(upload.preview, fields), timezone.now())


def _checked(preview: Mapping[str, Any], fields: Mapping[str, Any]) -> Layout:
    values = {**preview["proposal"], **fields}
    columns = {role: name for role, name in values["columns"].items() if name}
    errors = _column_errors(preview["header"], columns)
    for name, allowed in _TYPES.items():
        if values[name] not in allowed:
            errors[name] = [f"Choose one of: {', '.join(allowed)}."]
    if values["unit"]:
        try:
            values["unit"] = unit_code(values["unit"])
        except InvalidInput as error:
            errors["unit"] = error.errors["unit"]
    elif "unit" not in columns:
        errors["unit"] = ["Name the unit, such as kWh, or the column that tells it."]
    try:
        ZoneInfo(values["timezone"])
    except (ZoneInfoNotFoundError, ValueError, OSError):
        errors["timezone"] = ["Name a time zone of the tz database, such as Europe/London or UTC."]
    if errors:
        raise InvalidInput(errors)
    return Layout.from_json({**values, "columns": columns})


def _column_errors(header: list[str], columns: Mapping[str, str]) -> dict[str, list[str]]:
    errors = {f"mapping.{role}": ["Name the column."] for role in NEEDED if role not in columns}
    for role, name in columns.items():
        if role not in ROLES:
            errors[f"mapping.{role[:30]}"] = [f"There is no such use of a column. There are: {', '.join(ROLES)}."]
        elif column_index(header, name) is None:
            errors[f"mapping.{role}"] = [f"The file has no column “{name[:60]}”."]
    return errors


def _refuse_duplicate(connection: Connection, sha256: str) -> None:
    same = Upload.objects.filter(connection=connection, sha256=sha256).exclude(status=UploadStatus.ERROR).first()
    if same is not None:
        raise UploadDuplicate(same.file_name, same.created_at)


def _remembered(connection: Connection, header: list[str]) -> ColumnMapping | None:
    return ColumnMapping.objects.filter(
        owner=connection.owner, organisation=connection.organisation, signature=header_signature(header)
    ).first()


def _usual_type(connection: Connection) -> str:
    types = connection.integration.data_types
    return str(types[0]) if len(types) == 1 else ReadingType.ELECTRICITY.value


def _file_name(name: str) -> str:
    return _UNPRINTABLE.sub("", PurePath(name.replace("\\", "/")).name)[-255:] or "upload"


def _storable(value: Any) -> Any:
    """Return JSON without what PostgreSQL cannot store: the null character and halves of characters."""
    if isinstance(value, str):
        return value.replace("\x00", "").encode(errors="replace").decode()
    if isinstance(value, dict):
        return {key: _storable(item) for key, item in value.items()}
    return [_storable(item) for item in value] if isinstance(value, list) else value
