"""What a file of factors says, whatever its layout: one set and its rows, checked before anything is stored."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from integrations.emission_choices import GwpBasis, Line, SetStatus
from integrations.errors import FactorFileRefused
from integrations.units import is_known

_ACTIVITY = re.compile(r"[a-z0-9]+(?:[.-][a-z0-9]+)*\Z")
_REGION = re.compile(r"(?:\*|[A-Z]{2}(?:-[A-Z0-9]{1,9})?)\Z")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,2})?\Z")
_PLACES = Decimal("1e-9")


@dataclass(frozen=True, slots=True)
class FactorRow:
    """One factor: kilograms of CO2e for one `unit` of `activity`, as one line of its emissions."""

    key: str
    activity: str
    label: str
    line: Line
    region: str
    unit: str
    kg_co2e: Decimal
    scope: int
    category: int | None = None
    co2: Decimal | None = None
    ch4: Decimal | None = None
    n2o: Decimal | None = None


@dataclass(frozen=True, slots=True)
class SetHead:
    """Who published a set, for which year, and under what terms."""

    publisher: str
    name: str
    version: str
    year: int
    gwp_basis: GwpBasis
    licence: str
    source: str
    valid_from: date
    valid_to: date | None
    status: SetStatus
    rank: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class FactorFile:
    """A set with its rows; `digest` is the SHA-256 of the file."""

    head: SetHead
    rows: Sequence[FactorRow]
    digest: str


def read_number(text: str, where: str) -> Decimal:
    """Return a factor's number, exact to nine places.

    Raises:
        FactorFileRefused: it is no plain number of at least 0.
    """
    try:
        if not _NUMBER.match(text.strip()):
            raise InvalidOperation
        return Decimal(text.strip()).quantize(_PLACES)
    except InvalidOperation:
        raise FactorFileRefused(f"{where}: “{text[:40]}” is no number of at least 0.") from None


def slug(text: str) -> str:
    """Return the words of a text as a part of an activity's name: `Natural gas (100% mineral blend)` and the like."""
    return "-".join(re.findall(r"[a-z0-9]+", text.lower())) or "any"


def check_rows(rows: Sequence[FactorRow]) -> None:
    """Refuse rows that cannot all be true, or that nothing could be multiplied with.

    Raises:
        FactorFileRefused: naming the first row at fault.
    """
    keys: set[str] = set()
    meanings: set[tuple[str, ...]] = set()
    for row in rows:
        meaning = (row.activity, row.line, row.region, row.unit)
        if row.key in keys or meaning in meanings:
            raise FactorFileRefused(f"{row.key}: this row stands in the file twice ({row.activity}, {row.unit}).")
        if not _ACTIVITY.match(row.activity) or not _REGION.match(row.region):
            raise FactorFileRefused(f"{row.key}: “{row.activity}” in “{row.region}” names no activity and region.")
        if not is_known(row.unit):
            raise FactorFileRefused(f"{row.key}: the unit “{row.unit}” is not known.")
        if (row.category is not None) != (row.scope == 3) or row.scope not in (1, 2, 3):
            raise FactorFileRefused(f"{row.key}: scope 3 has a category from 1 to 15, scopes 1 and 2 have none.")
        keys.add(row.key)
        meanings.add(meaning)
    if not rows:
        raise FactorFileRefused("There is no factor in this file.")
