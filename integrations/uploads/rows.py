"""From rows to readings at a million a few seconds: what repeats (times, units) is worked out once."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from integrations.errors import UnitUnknown
from integrations.units import unit_code
from integrations.uploads.cells import (
    MINUTES,
    CellRefused,
    in_utc,
    is_doubled,
    moment_read,
    next_start,
    quantity_read,
)
from integrations.uploads.layout import FileRefused, Layout, column_index

# What nearly every cell looks like; the database reads it as it stands.
_PLAIN = re.compile(r"\d{1,14}(?:\.\d{1,6})?", re.ASCII).fullmatch
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_LONGEST = timedelta(days=367)
_SHORTEST = timedelta(minutes=1)
_CLOCKS_DIFFER = timedelta(minutes=5)
_MOST_KEPT = 200_000  # times worked out before they are forgotten
_MOST_SERIES = 120  # characters


class Staged(NamedTuple):
    """A reading as texts that PostgreSQL reads."""

    external_id: str
    series: str
    starts_at: str
    ends_at: str
    quantity: str
    unit: str


@dataclass(frozen=True)
class _Span:
    """Start and end as texts, and the part of the external id that tells the start."""

    starts_at: str
    ends_at: str
    key: str


class RowReader:
    """Reads the rows of one file, in their order: what a clock shows twice is told apart by which row came first."""

    def __init__(self, layout: Layout, header: Sequence[str], now: datetime) -> None:
        self._layout = layout
        self._zone = ZoneInfo(layout.timezone)
        self._latest = now + _CLOCKS_DIFFER
        at = {role: column_index(header, name) for role, name in layout.columns.items() if name}
        missing = [layout.columns[role] for role, index in at.items() if index is None]
        if missing:
            raise FileRefused(f"The file has no column “{missing[0]}”.")
        self._start, self._time, self._end = at["starts_at"], at.get("time"), at.get("ends_at")
        self._quantity, self._unit, self._series = at["quantity"], at.get("unit"), at.get("series")
        self._needed = 1 + max(index for index in at.values() if index is not None)
        self._spans: dict[tuple[str, str], _Span | str | None] = {}
        self._units: dict[str, str] = {}
        self._shown: Counter[tuple[str, datetime]] = Counter()
        self._first: tuple[str, datetime] | None = None
        self._descending: bool | None = None

    def read(self, cells: Sequence[str]) -> Staged:
        """Return the reading of a row.

        Raises:
            CellRefused: the row holds none; the message is the reason.
        """
        if len(cells) < self._needed:
            raise CellRefused(f"The row has {len(cells)} cells; {self._needed} are needed.")
        series = self._layout.series if self._series is None else cells[self._series].strip()
        if len(series) > _MOST_SERIES or not (series.isprintable()):
            raise CellRefused("The series has more than 120 characters, or some that cannot be printed.")
        start = cells[self._start]  # type: ignore[index]
        if self._time is not None:
            start = f"{start.strip()} {cells[self._time].strip()}"
        span = self._span(series, start, "" if self._end is None else cells[self._end])
        text = cells[self._quantity]  # type: ignore[index]
        quantity = (
            text
            if self._layout.decimal_mark == "." and _PLAIN(text)
            else format(quantity_read(text, self._layout.decimal_mark), "f")
        )
        unit = self._layout.unit if self._unit is None else self._unit_of(cells[self._unit])
        return Staged(f"{series}:{span.key}", series, span.starts_at, span.ends_at, quantity, unit)

    def _unit_of(self, text: str) -> str:
        unit = self._units.get(text)
        if unit is None:
            if not text.strip() and self._layout.unit:
                return self._layout.unit
            try:
                unit = unit_code(text)
            except UnitUnknown as error:
                raise CellRefused(error.errors["unit"][0]) from error
            self._units[text] = unit
        return unit

    def _span(self, series: str, start: str, end: str) -> _Span:
        key = (start, end)
        kept = self._spans.get(key)
        if kept is None:
            if len(self._spans) >= _MOST_KEPT:
                self._spans.clear()
            kept = self._worked_out(series, start, end)
            if kept is not None:
                self._spans[key] = kept
            else:
                return self._of_doubled(series, start, end)
        if isinstance(kept, str):
            raise CellRefused(kept)
        return kept

    def _worked_out(self, series: str, start: str, end: str) -> _Span | str | None:
        """Return the span, or the reason that there is none; None where the clock shows a time of it twice."""
        try:
            moment = moment_read(start, self._layout.date_format)
            until = moment_read(end, self._layout.date_format) if end.strip() else None
            self._note_direction(series, moment)
            if any(
                found is not None and found.tzinfo is None and is_doubled(found, self._zone)
                for found in (moment, until)
            ):
                return None
            return self._checked(moment, until, self._in_utc)
        except CellRefused as refusal:
            return str(refusal)

    def _of_doubled(self, series: str, start: str, end: str) -> _Span:
        """Work out a row whose time the clock shows twice: the first in the file's direction is the first."""
        moment = moment_read(start, self._layout.date_format)
        until = moment_read(end, self._layout.date_format) if end.strip() else None
        self._shown[series, moment] += 1
        second = (self._shown[series, moment] > 1) != bool(self._descending)
        begins = in_utc(moment, self._zone, second=second)

        def converted(found: datetime) -> datetime:
            if found is moment:
                return begins
            first = in_utc(found, self._zone)
            return first if first > begins else in_utc(found, self._zone, second=True)

        return self._checked(moment, until, converted)

    def _note_direction(self, series: str, moment: datetime) -> None:
        """Learn from the first two times of a series whether the file goes back in time."""
        if self._first is None:
            self._first = (series, moment)
        elif self._descending is None and self._first[0] == series and self._first[1] != moment:
            before = self._first[1]
            self._descending = (before.tzinfo is None) == (moment.tzinfo is None) and moment < before

    def _in_utc(self, moment: datetime) -> datetime:
        return in_utc(moment, self._zone)

    def _checked(self, moment: datetime, until: datetime | None, converted: Callable[[datetime], datetime]) -> _Span:
        if until is None:
            starts, ends = self._by_interval(moment, converted)
        else:
            starts, ends = converted(moment), converted(until)
        if ends <= starts:
            raise CellRefused("The end is not after the start.")
        if ends - starts < _SHORTEST:
            raise CellRefused("The time is shorter than a minute.")
        if ends - starts > _LONGEST:
            raise CellRefused("The time is longer than a year; send one row for each year or less.")
        if ends > self._latest:
            raise CellRefused("The time lies in the future; send it once it is over.")
        if starts < _EARLIEST:
            raise CellRefused("The time is before 1990; check the date.")
        return _Span(starts.isoformat(), ends.isoformat(), f"{starts:%Y-%m-%dT%H:%MZ}")

    def _by_interval(self, moment: datetime, converted: Callable[[datetime], datetime]) -> tuple[datetime, datetime]:
        at_end = self._layout.stamps == "end"
        minutes = next((found for name, found in MINUTES.items() if name == self._layout.interval), None)
        given = converted(moment)
        if minutes is not None:
            other = given + timedelta(minutes=-minutes if at_end else minutes)
        else:
            other = self._in_utc(next_start(moment, self._layout.interval, back=at_end))
        return (other, given) if at_end else (given, other)
