"""What reading a project export gives: project records, rejected rows, or the refusal of the file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum


class SourceCode(StrEnum):
    """The exports that can be read, by the name they have on the command line."""

    VERRA = "verra"
    GOLD_STANDARD = "gold-standard"
    ACR = "acr"
    CAR = "car"
    ART_TREES = "art-trees"
    CERCARBONO = "cercarbono"
    ISOMETRIC = "isometric"
    PURO = "puro"
    BERKELEY = "berkeley"
    CARB = "carb"


class RejectCode(StrEnum):
    """Why a row was rejected, for counting; the reason in words is on the row."""

    BAD_VALUE = "bad_value"
    MISSING_VALUE = "missing_value"
    UNKNOWN_STATUS = "unknown_status"
    UNKNOWN_COUNTRY = "unknown_country"
    DUPLICATE_ROW = "duplicate_row"
    MALFORMED_ROW = "malformed_row"
    BAD_SERIAL = "bad_serial"
    UNKNOWN_PROJECT = "unknown_project"
    OVERLAP = "overlap"


@dataclass(frozen=True, slots=True)
class ProjectRecord:
    """One project as its registry states it, in our vocabulary.

    `line` is the physical line (CSV) or row number (XLSX) where the record begins. `origin_id` is the
    registry's id in one normal form (`VCS235`, `GS11236`, `ACR586`, `CAR1335`, `ART102`, `CCB16`, `ISO1R8P`,
    `PUR577166`), so that two exports naming the same project agree. `country_code` is ISO 3166-1 alpha-2: the
    first of `countries`. `registered_on` is unknown where the registry states only a migration date.
    Quantities are tonnes of CO2e; `None` means not stated.
    """

    line: int
    source: SourceCode
    origin_registry: str
    origin_id: str
    origin_status: str
    status: str
    project_name: str
    project_initiator: str
    country_code: str
    countries: tuple[str, ...]
    region: str
    type_code: str
    origin_type: str
    type_is_mapped: bool
    methodologies: tuple[str, ...] = ()
    crediting_period_start: dt.date | None = None
    crediting_period_end: dt.date | None = None
    registered_on: dt.date | None = None
    vintage_year: int | None = None
    estimated_annual_reductions: Decimal | None = None
    latitude: float | None = None
    longitude: float | None = None
    sdg_goals: tuple[int, ...] = ()
    labels: tuple[str, ...] = ()
    url: str = ""
    validator_name: str = ""
    description: str = ""
    origin_issued: Decimal | None = None
    origin_retired: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that could not become a project: where it stands, why, and its cells as they were.

    `value` is the offending value when the code is about one (an unknown status or country), for the summary.
    """

    line: int
    reason: str
    raw: Mapping[str, str]
    code: RejectCode = RejectCode.BAD_VALUE
    value: str = ""


class ExportFileError(ValueError):
    """The file as a whole cannot be read: wrong encoding, missing columns, broken quoting, not a table.

    The message is for the person who chose the file and says what to do next.
    """


class RowError(ValueError):
    """One row cannot be read; becomes a `Rejected` with the same words."""

    def __init__(self, reason: str, code: RejectCode = RejectCode.BAD_VALUE, value: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code
        self.value = value


@dataclass(frozen=True, slots=True)
class Table:
    """An opened export: its header as found, and where it was found."""

    header: tuple[str, ...]
    header_line: int
    encoding: str
    sheet: str = ""
    positions: Mapping[str, int] = field(default_factory=dict)
