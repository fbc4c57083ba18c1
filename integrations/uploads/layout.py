"""How a file is to be understood: what is found, what a person confirms, and what is remembered."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from integrations.choices import DateFormat, ReadingInterval, ReadingType

# What a column can be for. `starts_at` and `quantity` are needed; `time` is the time of day beside a date.
ROLES = ("starts_at", "time", "ends_at", "quantity", "unit", "series")
NEEDED = ("starts_at", "quantity")
STAMPS = ("start", "end")
DECIMAL_MARKS = (".", ",")


class FileRefused(Exception):
    """The file cannot be read as a whole; the message says what is wrong with it and what to do."""


@dataclass(frozen=True)
class Layout:
    """How the rows of a file become readings.

    `columns` maps a role to the column's name as the file has it. `unit` is that of rows without one of their own;
    `interval` the length of rows without an end; `stamps` says whether a lone time is the interval's start or end.
    `series` names what is measured where no column does.
    """

    columns: Mapping[str, str]
    reading_type: str = ReadingType.ELECTRICITY
    unit: str = ""
    date_format: str = DateFormat.ISO
    timezone: str = "UTC"
    decimal_mark: str = "."
    interval: str = ReadingInterval.HALF_HOUR
    stamps: str = "start"
    series: str = ""

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Return the layout that was kept as JSON; what it does not name is as in a new one."""
        return cls(**{name: values[name] for name in cls.__dataclass_fields__ if name in values})

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {**asdict(self), "columns": dict(self.columns)}


def plain_name(text: str) -> str:
    """Return a column's name without case, doubled spaces and marks of order, for comparison."""
    return " ".join(text.replace("\ufeff", "").split()).casefold()


def header_signature(header: Sequence[str]) -> str:
    """Return the SHA-256 by which files with the same columns are known again."""
    return hashlib.sha256("\x1f".join(plain_name(name) for name in header).encode()).hexdigest()


def column_index(header: Sequence[str], name: str) -> int | None:
    """Return where a column stands; None when there is none of that name."""
    wanted = plain_name(name)
    return next((index for index, text in enumerate(header) if plain_name(text) == wanted), None)
