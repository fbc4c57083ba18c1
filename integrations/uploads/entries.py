"""Readings as JSON, typed in by hand or sent by webhook: the one shape of them, checked entry by entry."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from integrations.choices import ReadingType
from integrations.errors import UnitUnknown
from integrations.reading_records import ReadingRecord, interval_id
from integrations.units import unit_code
from integrations.uploads.cells import CellRefused, quantity_read

FIELDS = ("reading_type", "series", "starts_at", "ends_at", "quantity", "unit")
MOST_ENTRIES = 1_000


def entry_record(entry: Any, *, usual_type: str, quality: str) -> ReadingRecord:
    """Return the reading that an entry tells: `starts_at` and `ends_at` with an offset, `quantity` text or number.

    Raises:
        CellRefused: it tells none; the message is the reason.
    """
    if not isinstance(entry, Mapping):
        raise CellRefused("Each reading is an object.")
    unknown = [str(name) for name in entry if name not in FIELDS]
    if unknown:
        raise CellRefused(f"There is no field “{unknown[0][:40]}”. There are: {', '.join(FIELDS)}.")
    reading_type = entry.get("reading_type", usual_type)
    if reading_type not in ReadingType.values:
        raise CellRefused(f"reading_type is one of: {', '.join(ReadingType.values)}.")
    series = entry.get("series", "")
    if not isinstance(series, str) or len(series) > 120 or (series and not series.isprintable()):
        raise CellRefused("series is a text of at most 120 printable characters.")
    starts_at, ends_at = _moment(entry, "starts_at"), _moment(entry, "ends_at")
    if ends_at - starts_at < timedelta(minutes=1):
        raise CellRefused("ends_at is at least a minute after starts_at.")
    return ReadingRecord(
        reading_type=reading_type,
        external_id=interval_id(series, starts_at),
        series=series,
        starts_at=starts_at,
        ends_at=ends_at,
        quantity=_quantity(entry.get("quantity")),
        unit=_unit(entry.get("unit")),
        quality=quality,
    )


def _moment(entry: Mapping[str, Any], name: str) -> datetime:
    text = entry.get(name)
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) and len(text) <= 40 else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise CellRefused(f"{name} is a time with its offset, such as 2025-01-31T00:30:00Z.")
    return moment


def _quantity(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise CellRefused("quantity is a number, or a number as text.")
    try:
        return quantity_read(str(value), ".")
    except InvalidOperation as error:
        raise CellRefused("quantity is no number that can be kept.") from error


def _unit(text: Any) -> str:
    try:
        return unit_code(text) if isinstance(text, str) else unit_code("")
    except UnitUnknown as error:
        raise CellRefused(error.errors["unit"][0]) from error
