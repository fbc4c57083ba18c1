"""What reading a credit export gives: statements of issued, retired and cancelled credits in other registries."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from integrations.registry_exports.records import SourceCode


class CreditKind(StrEnum):
    """What an origin registry states about credits."""

    ISSUANCE = "issuance"
    RETIREMENT = "retirement"
    CANCELLATION = "cancellation"


@dataclass(frozen=True, slots=True)
class OriginSerial:
    """A serial number of another registry, taken apart.

    `block_key` names what the numbers count within: two ranges of one block overlap exactly when they share credits.
    `first` and `last` are the credits' numbers, both included. `project_number` is the project that the serial itself
    names, without prefix; empty where it names none.
    """

    block_key: str
    first: int
    last: int
    project_number: str = ""

    @property
    def count(self) -> int:
        """How many credits (tonnes) it names."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class CreditRecord:
    """One statement of an origin registry about credits of one project.

    `origin_id` is the project's id in the form of the project exports (`VCS235`, `GS11236` …), empty where the export
    names the project only by `project_url`. Where the registry gives no serial numbers, `first` and `last` are None and
    `block_key` names the statement itself. `buffer_kg` is the part that went to the origin's buffer pool.
    `project_registry` lists the project where that is another than `origin_registry`, which counts the credits.
    """

    line: int
    source: SourceCode
    kind: CreditKind
    origin_registry: str
    origin_id: str
    block_key: str
    quantity_kg: int
    first: int | None = None
    last: int | None = None
    project_registry: str = ""
    project_url: str = ""
    serial: str = ""
    buffer_kg: int = 0
    vintage: int | None = None
    period_start: dt.date | None = None
    period_end: dt.date | None = None
    issued_on: dt.date | None = None
    ended_on: dt.date | None = None
    beneficiary: str = ""
    account_holder: str = ""
    reason: str = ""
    note: str = ""
    labels: tuple[str, ...] = ()
