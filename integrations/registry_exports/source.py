"""How one registry's export is declared: its columns, date order, and the way from a row to a project."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import TypeVar

from integrations.registry_exports import values
from integrations.registry_exports.reading import plain_header
from integrations.registry_exports.records import (
    ProjectRecord,
    RejectCode,
    Rejected,
    RowError,
    SourceCode,
    Table,
)

# No project or jurisdiction anywhere claims a gigatonne a year; such a figure is kilograms, or a slipped
# separator.
MAX_ANNUAL_TONNES = Decimal(10) ** 9
NAME_LIMIT = 255
LAST_VINTAGE = 2100

T = TypeVar("T")


class Row:
    """One row of an export by column name; every reading names its column when it fails."""

    __slots__ = ("_cells", "_order", "_positions", "line")

    def __init__(self, line: int, cells: list[str], positions: Mapping[str, int], order: values.DateOrder) -> None:
        self.line = line
        self._cells = cells
        self._positions = positions
        self._order: values.DateOrder = order

    def raw(self, column: str) -> str:
        """The cell as it stands; empty when the export has no such (optional) column."""
        position = self._positions.get(plain_header(column))
        return "" if position is None else self._cells[position]

    def text(self, column: str) -> str:
        """The cell, cleaned; placeholders for "nothing" become empty."""
        return values.clean(self.raw(column))

    def needed(self, column: str) -> str:
        """The cell, cleaned, which must not be blank."""
        text = self.text(column)
        if not text:
            raise RowError(f"column “{column}” is blank", RejectCode.MISSING_VALUE)
        return text

    def quantity(self, column: str) -> Decimal | None:
        """The cell as a quantity, or None."""
        return self._named(column, values.quantity)

    def annual_tonnes(self, column: str) -> Decimal | None:
        """Estimated reductions in t CO2e a year; the zero written for "not stated" becomes None."""
        tonnes = self.quantity(column)
        if tonnes is not None and tonnes > MAX_ANNUAL_TONNES:
            raise RowError(f"column “{column}”: {self.raw(column)!r} is more than a billion tonnes a year")
        # A gram is as fine as anybody states it.
        return tonnes.quantize(Decimal("0.001")) if tonnes else None

    def date(self, column: str) -> date | None:
        """The cell as a day, or None."""
        return self._named(column, lambda text: values.date(text, self._order))

    def year(self, column: str) -> int | None:
        """The cell as a calendar year, or None."""
        return self._named(column, values.year)

    def _named(self, column: str, read: Callable[[str], T]) -> T:
        try:
            return read(self.raw(column))
        except RowError as exc:
            raise RowError(f"column “{column}”: {exc.reason}", exc.code, exc.value) from None

    def as_dict(self, header: tuple[str, ...]) -> dict[str, str]:
        """The cells under the header as found, for a rejects file."""
        return {
            name or f"column {index}": cell
            for index, (name, cell) in enumerate(zip(header, self._cells, strict=False), 1)
        }


def row_or_rejected(table: Table, line: int, cells: list[str], order: values.DateOrder) -> Row | Rejected:
    """The cells as a row of the table, unless they do not fit its header or could not be stored."""
    width = len(table.header)
    if len(cells) < width or any(cell.strip() for cell in cells[width:]):
        raw = dict(zip(table.header, cells, strict=False))
        reason = f"the row has {len(cells)} cells where the header has {width}"
        return Rejected(line, reason, raw, RejectCode.MALFORMED_ROW)
    row = Row(line, cells, table.positions, order)
    if any("\x00" in cell for cell in cells):
        raw = row.as_dict(table.header)
        return Rejected(line, "the row contains a null character", raw, RejectCode.MALFORMED_ROW)
    return row


@dataclass(frozen=True, slots=True)
class Source:
    """One registry's project export.

    `required` are the columns without which it cannot be read; `optional` the further ones it uses when
    present.
    """

    code: SourceCode
    title: str
    required: tuple[str, ...]
    project: Callable[[Row], ProjectRecord]
    optional: tuple[str, ...] = ()
    date_order: values.DateOrder = "month-first"
    sheets: tuple[str, ...] = ()
    merge: Callable[[ProjectRecord, ProjectRecord], ProjectRecord] | None = field(default=None)


def finished(record: ProjectRecord) -> ProjectRecord:
    """The checks and fillings every registry's record gets: period order, lengths, vintage year."""
    start, end = record.crediting_period_start, record.crediting_period_end
    if start and end and end < start:
        raise RowError(f"the crediting period ends ({end}) before it starts ({start})")
    if not record.project_name:
        raise RowError("the project has no name", RejectCode.MISSING_VALUE)
    vintage = record.vintage_year or (start.year if start else None)
    vintage = vintage or (record.registered_on.year if record.registered_on else None)
    if vintage is not None and vintage > LAST_VINTAGE:
        raise RowError(f"the project would begin in {vintage}")
    return replace(
        record,
        project_name=values.shortened(record.project_name, NAME_LIMIT),
        project_initiator=values.shortened(record.project_initiator, NAME_LIMIT),
        region=values.shortened(record.region, 100),
        validator_name=values.shortened(record.validator_name, 255),
        description=values.shortened(record.description, 2000),
        vintage_year=vintage,
    )
