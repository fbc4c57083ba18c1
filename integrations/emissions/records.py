"""What goes into a calculation and what comes out: sums of readings, lines of emissions, what found no factor."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from integrations.emission_choices import Basis, Line, Method, UnmatchedReason


@dataclass(frozen=True, slots=True)
class ReadingTotal:
    """The readings of one series, kind, name, unit and quality whose middles lie in one month, added up.

    `text` is what the readings name, such as a fuel or a language model. `weighted` is the sum of each half hour's
    quantity times the grid's g/kWh, over `covered_quantity` of the quantity and `covered_count` of the readings.
    `ids` is a multirange's text; `covered_ids` and `other_ids` split it where only a part is covered.
    """

    reading_type: str
    series: str
    text: str
    unit: str
    quality: str
    month: date
    quantity: Decimal
    count: int
    ids: str
    starts_at: datetime
    ends_at: datetime
    covered_quantity: Decimal = Decimal(0)
    covered_count: int = 0
    covered_ids: str = "{}"
    other_ids: str = "{}"
    weighted: Decimal = Decimal(0)

    @property
    def name(self) -> str:
        """What the readings name: said by themselves, or else by their series."""
        return self.text or self.series


@dataclass(frozen=True, slots=True)
class EmissionLine:
    """One result, before it is stored; the fields are those of the table."""

    total: ReadingTotal
    activity: str
    line: Line
    method: Method
    basis: Basis
    scope: int
    category: int | None
    factor_id: int | None
    quantity: Decimal
    unit: str
    kg_co2e: Decimal
    reading_ids: str
    reading_count: int
    inputs: dict[str, Any] = field(default_factory=dict)
    low: Decimal | None = None
    high: Decimal | None = None

    @property
    def identity(self) -> tuple[Any, ...]:
        """Return what one current result at a time may have."""
        told = self.total
        return (
            *(told.reading_type, told.series, told.text, self.activity, told.unit, told.quality, told.month),
            *(str(self.line), str(self.method), str(self.basis)),
        )


@dataclass(frozen=True, slots=True)
class Unmatched:
    """Readings that nothing could be computed from, and why, in words that say what to do."""

    total: ReadingTotal
    text: str
    reason: UnmatchedReason
    message: str
