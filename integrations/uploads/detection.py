"""Looking at the beginning of a file and proposing how it is to be understood. A person confirms or corrects it."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice, pairwise
from typing import BinaryIO
from zoneinfo import ZoneInfo

from integrations.choices import DateFormat, ReadingInterval, ReadingType
from integrations.units import is_known, unit_code
from integrations.uploads.cells import CellRefused, is_skipped, moment_read
from integrations.uploads.found import Found
from integrations.uploads.layout import FileRefused, Layout, plain_name
from integrations.uploads.tables import Rows, table_rows

_HEADER_ROWS = 20  # further down than this there is no header
_SAMPLE_ROWS = 2_000
_SHOWN_ROWS = 10

# Names of columns without what stands in brackets, by what they are for; the first that is there is taken.
_NAMES: dict[str, tuple[str, ...]] = {
    "starts_at": ("datetime", "date time", "date/time", "start", "interval_start", "interval start", "start time",
                  "start date", "from", "period from", "period start", "timestamp", "reading date", "reading time",
                  "date", "day", "month"),
    "ends_at": ("end", "interval_end", "interval end", "end time", "end date", "to", "period to", "period end",
                "until"),
    "quantity": ("kwh/hh", "consumption", "usage", "quantity", "value", "energy", "reading", "amount", "kwh", "volume",
                 "import", "units used", "m3", "litres", "distance", "total"),
    "unit": ("unit", "units", "uom", "unit of measure"),
    "series": ("lclid", "series", "meter", "meter id", "mpan", "mprn", "serial", "meter serial", "site", "vehicle"),
    "time": ("time", "time of day"),
}  # fmt: skip
_BRACKETED = re.compile(r"\s*[(\[]([^)\]]*)[)\]]\s*")
# The Low Carbon London trial's files: half hours in kWh, in UTC all year round.
_LOW_CARBON_LONDON = ("lclid", "datetime", "kwh/hh (per half hour)")


def found_in(stream: BinaryIO, *, encoding: str, zone_at_home: str, reading_type: str) -> Found:
    """Return what the beginning of a file shows; the whole file is looked through when it is processed.

    Raises:
        FileRefused: it is no table, or has no two columns.
    """
    with table_rows(stream, encoding=encoding) as (rows, delimiter):
        beginning = list(islice(rows, _HEADER_ROWS))
        place = _header_place(beginning)
        below = chain(beginning[place + 1 :], rows)
        sample = [cells for _, cells in islice(below, _SAMPLE_ROWS)]
    line, header = beginning[place][0], [cell.strip() for cell in beginning[place][1]]
    if not sample:
        raise FileRefused("There is no row below the column names. Upload a file with readings.")
    warnings = [f"What stands above line {line} is no table and is passed over."] if place else []
    layout = _proposal(_Sample(header, sample), zone_at_home, reading_type, warnings)
    return Found(line, tuple(header), delimiter, sample[:_SHOWN_ROWS], layout, warnings)


def _header_place(beginning: list[tuple[int, list[str]]]) -> int:
    """Return which row has the column names: the one that has most of the names that are known."""
    best, place = -1, -1
    for index, (_, cells) in enumerate(beginning):
        known = len(_columns(cells)) if sum(1 for cell in cells if cell.strip()) >= 2 else -1
        if known > best:
            best, place = known, index
    if place < 0:
        raise FileRefused("The file has no two columns. Upload a table with a time and a quantity in each row.")
    return place


def header_reached(rows: Rows, header_line: int) -> list[str]:
    """Go on to the rows below the column names and return these.

    Raises:
        FileRefused: the file has no such line any more.
    """
    for line, cells in rows:
        if line == header_line:
            return [cell.strip() for cell in cells]
    raise FileRefused(f"The file has no line {header_line}.")


def _base(name: str) -> str:
    return _BRACKETED.sub(" ", plain_name(name)).strip()


def _columns(header: Sequence[str]) -> dict[str, str]:
    bases, taken, found = [_base(name) for name in header], set(), {}
    for role, names in _NAMES.items():
        for name in names:
            place = next((i for i, base in enumerate(bases) if base == name and i not in taken), None)
            if place is not None:
                found[role] = header[place].strip()
                taken.add(place)
                break
    if found.get("time") and _base(found.get("starts_at", "")) not in {"date", "day", "reading date"}:
        del found["time"]
    return found


@dataclass(frozen=True)
class _Sample:
    header: list[str]
    rows: list[list[str]]

    def cells(self, name: str) -> list[str]:
        place = self.header.index(name)
        return [cells[place].strip() if place < len(cells) else "" for cells in self.rows]


def _proposal(sample: _Sample, zone_at_home: str, reading_type: str, warnings: list[str]) -> Layout:
    columns = _columns(sample.header)
    texts = {role: sample.cells(name) for role, name in columns.items()}
    stamps = texts.get("starts_at", [])
    if "time" in columns:
        stamps = [f"{day} {time}" for day, time in zip(stamps, texts["time"], strict=True)]
    date_format = _date_format(stamps, warnings)
    moments = _moments(stamps, date_format)
    unit = _unit(columns.get("quantity", ""), texts.get("unit", []))
    for role, words in (("starts_at", "the time"), ("quantity", "the quantity")):
        if role not in columns:
            warnings.append(f"No column was recognised as {words}; name it when you confirm.")
    if not unit:
        warnings.append("The unit is not told by the file; name it when you confirm.")
    return Layout(
        columns=columns,
        reading_type=_reading_type(reading_type, unit),
        unit=unit,
        date_format=date_format,
        timezone=_zone(sample.header, moments, zone_at_home, warnings),
        decimal_mark=_decimal_mark(texts.get("quantity", []), warnings),
        interval=_interval(moments, texts.get("series", [])),
    )


def _date_format(stamps: list[str], warnings: list[str]) -> str:
    scores = {name: len(_moments(stamps, name)) for name in DateFormat.values}
    day, month = scores[DateFormat.DAY_FIRST], scores[DateFormat.MONTH_FIRST]
    best = max(scores, key=lambda name: scores[name])
    if best in {DateFormat.DAY_FIRST, DateFormat.MONTH_FIRST} and day == month:
        warnings.append("Each date could have its day or its month first; confirm which.")
        return DateFormat.DAY_FIRST
    return best


def _moments(stamps: list[str], date_format: str) -> list[datetime]:
    found = []
    for text in stamps:
        try:
            found.append(moment_read(text, date_format))
        except CellRefused:
            continue
    return found


def _decimal_mark(quantities: list[str], warnings: list[str]) -> str:
    commas = sum("," in text for text in quantities)
    points = sum("." in text for text in quantities)
    if commas and points:
        warnings.append(
            "Some quantities have a decimal comma and some a point. Rows with the other mark will be rejected."
        )
    return "," if commas > points else "."


def _unit(quantity_name: str, units: list[str]) -> str:
    told = next((text for text in units if text), "")
    bracketed = _BRACKETED.findall(plain_name(quantity_name))
    words = [told, *bracketed, _base(quantity_name), *_base(quantity_name).replace("_", " ").split()]
    return next((unit_code(word) for word in words if word and is_known(word)), "")


def _reading_type(given: str, unit: str) -> str:
    return ReadingType.GAS if unit in {"m3", "ft3"} and given == ReadingType.ELECTRICITY else given


def _zone(header: Sequence[str], moments: list[datetime], zone_at_home: str, warnings: list[str]) -> str:
    if tuple(plain_name(name) for name in header[:3]) == _LOW_CARBON_LONDON:
        return "UTC"
    if any(moment.tzinfo is not None for moment in moments):
        return "UTC"  # each time tells its own offset
    zone = ZoneInfo(zone_at_home)
    if any(is_skipped(moment, zone) for moment in moments):
        warnings.append(f"Some times do not exist in {zone_at_home}, so the file is taken to be in UTC.")
        return "UTC"
    return zone_at_home


def _interval(moments: list[datetime], series: list[str]) -> str:
    """Return the commonest distance of two rows that follow each other in one series."""
    pairs = pairwise(moments)
    aware = {moment.tzinfo is None for moment in moments}
    if len(aware) != 1 or (series and len(series) != len(moments)):
        series = []
    if len(aware) != 1:
        return ReadingInterval.HALF_HOUR
    minutes = Counter(
        int(abs((after - before).total_seconds()) // 60)
        for place, (before, after) in enumerate(pairs)
        if after != before and (not series or series[place] == series[place + 1])
    )
    commonest = minutes.most_common(1)[0][0] if minutes else 30
    bounds = ((15, ReadingInterval.QUARTER_HOUR), (30, ReadingInterval.HALF_HOUR), (60, ReadingInterval.HOUR),
              (1440, ReadingInterval.DAY))  # fmt: skip
    return next((name for most, name in bounds if commonest <= most), ReadingInterval.MONTH)
