"""Reading one cell: quantities and times as files write them, or the reason why it is neither."""

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from zoneinfo import ZoneInfo

from integrations.choices import DateFormat, ReadingInterval

# A millionth of the unit is what is kept; a spreadsheet's binary fractions have seventeen digits.
_PLACES = Decimal("0.000001")
_LARGEST = Decimal(10) ** 14 - 1
_NUMBER = re.compile(r"[+-]?(?:\d{1,20}(?:\.\d{0,30})?|\.\d{1,30})(?:[eE][+-]?\d{1,2})?", re.ASCII)
_NO_VALUE = frozenset({"", "null", "none", "nan", "n/a", "na", "-", "--", "#n/a", "missing", "invalid value"})
_FORMULA = ("=", "@")

_CLOCK = r"(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?)?\s*(Z|[+-]\d{2}:?\d{2})?"
_DATES: dict[str, tuple[str, str]] = {
    DateFormat.ISO: (r"(\d{4})-(\d{1,2})-(\d{1,2})", "ymd"),
    DateFormat.SLASHED_ISO: (r"(\d{4})/(\d{1,2})/(\d{1,2})", "ymd"),
    DateFormat.DAY_FIRST: (r"(\d{1,2})/(\d{1,2})/(\d{4})", "dmy"),
    DateFormat.MONTH_FIRST: (r"(\d{1,2})/(\d{1,2})/(\d{4})", "mdy"),
    DateFormat.DOTTED: (r"(\d{1,2})\.(\d{1,2})\.(\d{4})", "dmy"),
    DateFormat.DASHED: (r"(\d{1,2})-(\d{1,2})-(\d{4})", "dmy"),
}
_PATTERNS = {name: re.compile(pattern + _CLOCK, re.ASCII) for name, (pattern, _) in _DATES.items()}

MINUTES = {ReadingInterval.QUARTER_HOUR: 15, ReadingInterval.HALF_HOUR: 30, ReadingInterval.HOUR: 60}


class CellRefused(Exception):
    """The cell is not what its column says; the message is the reason for the person who sent the file."""


def quantity_read(text: str, decimal_mark: str) -> Decimal:
    """Return a quantity, 0 or more, to six decimal places (half to even).

    Raises:
        CellRefused: it is none.
    """
    cell = text.strip()
    if cell.casefold() in _NO_VALUE:
        raise CellRefused(f"There is no quantity (“{cell[:20]}”)." if cell else "There is no quantity.")
    if cell.startswith(_FORMULA):
        raise CellRefused("The quantity is a formula; save the file with its values.")
    other = "," if decimal_mark == "." else "."
    if other in cell:
        words = "a point" if decimal_mark == "." else "a comma"
        raise CellRefused(f"“{cell[:30]}” has “{other}”, but the decimal mark of this file is {words}.")
    number = cell.replace(decimal_mark, ".") if cell.count(decimal_mark) <= 1 else ""
    if not _NUMBER.fullmatch(number):
        raise CellRefused(f"“{cell[:30]}” is no number.")
    quantity = Decimal(number)
    if quantity < 0:
        raise CellRefused("The quantity is negative; what was given to the grid belongs into a file of exports.")
    if quantity > _LARGEST:
        raise CellRefused("The quantity is too large to be right; check its unit.")
    return quantity.quantize(_PLACES, ROUND_HALF_EVEN).normalize() + Decimal(0)


def moment_read(text: str, date_format: str) -> datetime:
    """Return a time as written: without a zone, or in that of its offset. A date alone is its midnight.

    Raises:
        CellRefused: it is none in this format.
    """
    cell = text.strip()
    found = _PATTERNS[date_format].fullmatch(cell) if len(cell) <= 60 else None
    if found is None:
        shown = DateFormat(date_format).label
        raise CellRefused(f"“{cell[:40]}” is no time as this file writes them (such as {shown} 13:30).")
    parts = dict(zip(_DATES[date_format][1], found.groups()[:3], strict=True))
    hour, minute, second, offset = found.groups()[3:]
    try:
        day = date(int(parts["y"]), int(parts["m"]), int(parts["d"]))
        # Some meters write the end of a day as its hour 24.
        late = hour == "24" and int(minute) == 0
        clock = time(0 if late else int(hour or 0), int(minute or 0), int(second or 0))
        moment = datetime.combine(day, clock)
        moment += timedelta(days=1 if late else 0)
        return datetime.fromisoformat(f"{moment.isoformat()}{offset}") if offset else moment
    except (ValueError, OverflowError) as error:
        raise CellRefused(f"“{cell[:40]}” is no time that there is.") from error


def is_skipped(moment: datetime, zone: ZoneInfo) -> bool:
    """Return whether clocks in the zone never show this time, because they are put forward over it."""
    there = moment.replace(tzinfo=zone)
    return there.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != moment


def is_doubled(moment: datetime, zone: ZoneInfo) -> bool:
    """Return whether clocks in the zone show this time twice, because they are put back over it."""
    first, second = moment.replace(tzinfo=zone), moment.replace(tzinfo=zone, fold=1)
    return first.utcoffset() > second.utcoffset()  # type: ignore[operator]


def in_utc(moment: datetime, zone: ZoneInfo, *, second: bool = False) -> datetime:
    """Return a local time in UTC; `second` of the two where the clock shows it twice.

    Raises:
        CellRefused: clocks there never show it.
    """
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    if is_skipped(moment, zone):
        raise CellRefused(
            f"{moment:%Y-%m-%d %H:%M} does not exist in {zone.key}, where clocks go forward over it. "
            "Is the file in UTC?"
        )
    return moment.replace(tzinfo=zone, fold=1 if second else 0).astimezone(UTC)


def next_start(moment: datetime, interval: str, *, back: bool = False) -> datetime:
    """Return the day or month after (or before) a local time, by the calendar."""
    if interval == ReadingInterval.DAY:
        return moment + timedelta(days=-1 if back else 1)
    months = moment.year * 12 + moment.month - 1 + (-1 if back else 1)
    try:
        return moment.replace(year=months // 12, month=months % 12 + 1)
    except ValueError as error:
        raise CellRefused("A month has to begin on a day that every month has, such as its first.") from error
