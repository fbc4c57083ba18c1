"""Taking the trail along as a file: CSV and JSON as a stream of any length, XLSX up to what a sheet bears."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from django.db.models import Model, QuerySet
from openpyxl import Workbook

from carboncore.audit.models import Event
from carboncore.audit.services.recording import event_record

FORMATS = ("csv", "xlsx", "json")
MOST_XLSX_ROWS = 100_000
_AT_ONCE = 2_000
_COLUMNS = (
    "id", "at", "action", "outcome", "actor_id", "entrance", "ip_address", "user_agent", "request_id", "on_behalf_of",
    "object_type", "object_id", "note", "changes",
)  # fmt: skip
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def audit_export_record(*, format: str, filters: str, actor: Any) -> Event:  # noqa: A002 - what files have
    """Record that somebody takes events along: in which format, and by which filters of the list."""
    return event_record(action="audit.exported", actor=actor, changes={"format": format, "filters": filters})


def list_export_record(*, model: type[Model], **_: Any) -> None:
    """Record that the staff admin handed a list out as a file; called by the library that made it."""
    event_record(action="data.exported", changes={"list": model._meta.label_lower})


def csv_lines(events: QuerySet[Event]) -> Iterator[bytes]:
    """Return the events as lines of CSV, newest first; times in UTC, changes as JSON."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    yield "\ufeff".encode()
    writer.writerow(_COLUMNS)
    for row in _rows(events):
        writer.writerow(_cells(row))
        if buffer.tell() > 50_000:
            yield _emptied(buffer)
    yield _emptied(buffer)


def json_pieces(events: QuerySet[Event]) -> Iterator[bytes]:
    """Return the events as the pieces of one JSON list, newest first."""
    before = "[\n"
    for row in _rows(events):
        row["at"] = row["at"].isoformat()
        yield (before + json.dumps(row, ensure_ascii=False)).encode()
        before = ",\n"
    yield b"[]\n" if before == "[\n" else b"\n]\n"


def xlsx_write(events: QuerySet[Event], file: BinaryIO) -> None:
    """Write the events into a workbook, newest first; the caller sees to `MOST_XLSX_ROWS`."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Audit trail")
    sheet.append(_COLUMNS)
    for row in _rows(events):
        sheet.append(_cells(row))
    book.save(file)


def _rows(events: QuerySet[Event]) -> Iterator[dict[str, Any]]:
    """Read in short statements, so that no export of years runs into the limit of one."""
    last = None
    while True:
        chunk = events.order_by("-pk") if last is None else events.filter(pk__lt=last).order_by("-pk")
        rows = list(chunk.values(*_COLUMNS)[:_AT_ONCE])
        yield from rows
        if len(rows) < _AT_ONCE:
            return
        last = rows[-1]["id"]


def _cells(row: dict[str, Any]) -> list[Any]:
    cells = [row[name] for name in _COLUMNS]
    cells[1] = row["at"].isoformat()
    cells[-1] = json.dumps(row["changes"], ensure_ascii=False) if row["changes"] else ""
    return [_harmless(cell) for cell in cells]


def _harmless(cell: Any) -> Any:
    """Return the cell so that no spreadsheet takes it for a formula, without what a sheet cannot hold."""
    if not isinstance(cell, str):
        return cell
    text = "".join(character for character in cell if character >= " " or character in "\n\t")
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _emptied(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()
