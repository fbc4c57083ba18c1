"""Reading a confirmed file into a source's readings: all of it or nothing, and every rejected row with its reason."""

import csv
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Self, TextIO, cast

from django.core.files import File
from django.db import connections, transaction
from django.utils import timezone

from carboncore.audit.choices import Outcome
from carboncore.audit.services import event_record
from carboncore.common.errors import RegistryError
from integrations.choices import SyncStatus, SyncType, UploadStatus
from integrations.errors import DataSourceDisconnected, UploadFileRefused
from integrations.models import Connection, SyncRun, Upload
from integrations.services.rejects import harmless
from integrations.services.upload_staging import rows_stage, staged_overlaps_refuse, staged_readings_merge
from integrations.uploads.detection import header_reached
from integrations.uploads.layout import FileRefused, Layout
from integrations.uploads.rows import RowReader
from integrations.uploads.tables import table_rows

_COUNTS = ("records_read", "records_imported", "records_created", "records_changed", "records_rejected")


def upload_process(*, upload: Upload) -> Upload:
    """Read the file; does nothing when that is done already, so it may run twice.

    Raises:
        UploadFileRefused: the file cannot be read as a whole; recorded on the upload, and nothing else is changed.
        DataSourceDisconnected: the source was disconnected meanwhile; recorded likewise.
    """
    upload.refresh_from_db()
    if upload.status != UploadStatus.PROCESSING:
        return upload
    started = timezone.now()
    try:
        with _Progress(upload.pk) as progress, _Rejects(upload.preview["header"]) as rejects, transaction.atomic():
            locked = Connection.objects.select_for_update(no_key=True).get(pk=upload.connection_id)
            if locked.disconnected_at is not None:
                raise DataSourceDisconnected
            _read(upload, locked, rejects, progress)
            _finish(upload, locked, rejects, started)
    except (RegistryError, FileRefused) as error:
        words = error.message if isinstance(error, RegistryError) else str(error)
        _fail(upload, words)
        if isinstance(error, FileRefused):
            raise UploadFileRefused(words) from error
        raise
    except Exception:
        _fail(upload, "The program stopped on an error of its own; nothing was stored. Upload the file again later.")
        raise
    return upload


def _read(upload: Upload, connection: Connection, rejects: "_Rejects", progress: "_Progress") -> None:
    layout = Layout.from_json(upload.mapping)
    encoding = {"utf-8": "utf-8-sig"}.get(upload.preview["encoding"], upload.preview["encoding"])
    estimate = max(1, upload.size_bytes // 40)  # rows have forty bytes or so

    def told(rows: int) -> None:
        progress.report(min(80, rows * 80 // estimate))

    with upload.file.open("rb") as file:
        stream = cast("BinaryIO", file)
        with table_rows(stream, encoding=encoding) as (rows, _):
            header = header_reached(rows, upload.preview["header_line"])
            reader = RowReader(layout, header, timezone.now())
            upload.records_read = rows_stage(
                rows=rows, reader=reader, reading_type=layout.reading_type, reject=rejects.add, told=told
            )
        staged_overlaps_refuse(connection=connection, reading_type=layout.reading_type, reject=rejects.add)
        progress.report(90)
        created, changed, unchanged = staged_readings_merge(connection=connection, reading_type=layout.reading_type)
        upload.records_created, upload.records_changed = created, changed
        upload.records_imported = created + changed + unchanged
        upload.records_rejected = len(rejects.reasons)
        if rejects.reasons:
            with table_rows(stream, encoding=encoding) as (rows, _):
                for line, cells in rows:
                    if reason := rejects.reasons.get(line):
                        rejects.write(line, reason, cells)


def _finish(upload: Upload, connection: Connection, rejects: "_Rejects", started: datetime) -> None:
    now = timezone.now()
    upload.status, upload.percent_done, upload.finished_at = UploadStatus.PROCESSED, 100, now
    upload.message = (
        f"{upload.records_imported:,} of {upload.records_read:,} rows are readings now: {upload.records_created:,} new,"
        f" {upload.records_changed:,} changed. {upload.records_rejected:,} rows were rejected."
    )
    if rejects.reasons:
        upload.rejects.save("rejects.csv", File(rejects.content()), save=False)
    upload.save()
    partial = bool(rejects.reasons)
    nothing = not upload.records_imported
    SyncRun.objects.create(
        connection=connection,
        sync_type=SyncType.UPLOAD,
        status=SyncStatus.ERROR if nothing else SyncStatus.PARTIAL if partial else SyncStatus.SUCCESS,
        records_processed=upload.records_imported,
        records_created=upload.records_created,
        records_changed=upload.records_changed,
        records_failed=upload.records_rejected,
        percent_done=100,
        error_message="No row of the file could be taken." if nothing else "",
        started_at=started,
        finished_at=now,
    )
    connection.last_synced_at = now
    connection.save(update_fields=["last_synced_at"])
    event_record(
        action="upload.processed",
        obj=upload,
        note=upload.message,
        changes={name: getattr(upload, name) for name in _COUNTS},
    )


def _fail(upload: Upload, message: str) -> None:
    upload.status, upload.message, upload.finished_at = UploadStatus.ERROR, message[:1000], timezone.now()
    with transaction.atomic():
        upload.save(update_fields=["status", "message", "finished_at"])
        event_record(action="upload.failed", obj=upload, outcome=Outcome.FAILED, note=message)


class _Rejects:
    """Collects rejected lines and writes them with their cells, harmless to a spreadsheet that opens the file."""

    def __init__(self, header: list[str]) -> None:
        self.reasons: dict[int, str] = {}
        self._header = header

    def __enter__(self) -> Self:
        self._file = tempfile.NamedTemporaryFile("w+", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(cast("TextIO", self._file))
        self._writer.writerow(["line", "reason", *map(harmless, self._header)])
        return self

    def __exit__(self, *exc: object) -> None:
        self._file.close()

    def add(self, line: int, reason: str) -> None:
        self.reasons[line] = reason

    def write(self, line: int, reason: str, cells: list[str]) -> None:
        self._writer.writerow([line, reason, *map(harmless, cells)])

    def content(self) -> BinaryIO:
        self._file.flush()
        return cast("BinaryIO", Path(self._file.name).open("rb"))


class _Progress:
    """Shows how far it is to others, over a connection of its own: the reading itself is one transaction."""

    def __init__(self, upload_pk: int) -> None:
        self._upload_pk, self._percent = upload_pk, 0
        self._connection = connections.create_connection("default")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._connection.close()

    def report(self, percent: int) -> None:
        if percent <= self._percent:
            return
        self._percent = percent
        values: Mapping[str, int] = {"percent": percent, "pk": self._upload_pk}
        with self._connection.cursor() as cursor:
            cursor.execute("UPDATE integrations_upload SET percent_done = %(percent)s WHERE id = %(pk)s", values)
