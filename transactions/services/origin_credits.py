"""Taking in what other registries state about their credits, many statements at a time; none of it is ours to trade.

A credit is issued once and ends once (retired or cancelled) in its registry. A statement that agrees with what is here
changes nothing, one about exactly the same credits may correct it, and one that shares only some is refused.
"""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import NumericRange
from django.db.models import Max
from django.utils import timezone

from registry.services.bulk_write import insert_many, update_many
from transactions.choices import OriginCreditKind
from transactions.models import OriginCredits
from transactions.selectors.origin_credits import PresentCredits, present_credits, projects_by_origin

BATCH = 1_000
_CORRECTED = [
    "project", "kind", "serial", "quantity_kg", "buffer_kg", "vintage", "period_start", "period_end", "issued_on",
    "ended_on", "beneficiary", "account_holder", "reason", "note", "labels", "digest", "changed_at",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedCredits:
    """One statement of another registry; `OriginCredits` says what each field means.

    `first` and `last` are credit numbers, both included, or None where the origin gives none. The project is named by
    `project_registry` and `origin_id`, or by `project_url` where its id is not stated. `line` is only for messages.
    """

    line: int
    kind: str
    origin_registry: str
    project_registry: str
    origin_id: str
    block_key: str
    quantity_kg: int
    project_url: str = ""
    first: int | None = None
    last: int | None = None
    serial: str = ""
    buffer_kg: int = 0
    vintage: int | None = None
    period_start: date | None = None
    period_end: date | None = None
    issued_on: date | None = None
    ended_on: date | None = None
    beneficiary: str = ""
    account_holder: str = ""
    reason: str = ""
    note: str = ""
    labels: tuple[str, ...] = ()

    @property
    def units(self) -> tuple[int, int] | None:
        """The half-open range of credit numbers."""
        return None if self.first is None or self.last is None else (self.first, self.last + 1)

    @property
    def digest(self) -> str:
        """A fingerprint of everything stated but the line."""
        stated = "\x1f".join(repr(getattr(self, item.name)) for item in fields(self) if item.name != "line")
        return sha256(stated.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A statement that was not taken in: which of those given, and why. `overlaps` tells the two reasons apart."""

    index: int
    reason: str
    overlaps: bool


@dataclass(slots=True)
class OriginOutcome:
    """What came of the statements: counts and refusals."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: list[Refusal] = field(default_factory=list)


def origin_credits_mark() -> int:
    """Return a mark: what an import takes in from now on has greater keys. Imports run one at a time."""
    return int(OriginCredits.objects.aggregate(last=Max("pk"))["last"] or 0)


def origin_credits_import(*, rows: Sequence[StatedCredits], mark: int) -> OriginOutcome:
    """Take in some statements (about `BATCH` at a time), in the order given.

    `mark` is `origin_credits_mark()` of before the file's first row: what shares credits with an earlier row of the
    same file is refused, never taken for a correction.

    Raises:
        IntegrityError: another import took the same credits in at the same moment; nothing was changed.
    """
    outcome = OriginOutcome()
    fresh: list[OriginCredits] = []
    corrected: list[OriginCredits] = []
    with transaction.atomic():
        projects = projects_by_origin((row.project_registry, row.origin_id, row.project_url) for row in rows)
        present = present_credits([(row.origin_registry, row.kind, row.block_key, row.units) for row in rows])
        earlier = _Earlier()
        now = timezone.now()
        for index, (row, known) in enumerate(zip(rows, present, strict=True)):
            project_id = projects.get((row.project_registry, row.origin_id or row.project_url))
            if project_id is None:
                outcome.refused.append(Refusal(index, _unknown_project(row), overlaps=False))
                continue
            if reason := earlier.shared_with(row) or _contradiction(row, project_id, known, mark):
                outcome.refused.append(Refusal(index, reason, overlaps=True))
                continue
            earlier.add(row)
            if not known:
                fresh.append(_instance(row, project_id, imported_at=now))
            elif known[0].units == row.units and known[0].digest != row.digest:
                corrected.append(_instance(row, project_id, pk=known[0].pk, imported_at=now, changed_at=now))
            else:
                outcome.unchanged += 1
        insert_many(fresh)
        update_many(corrected, _CORRECTED)
    outcome.created, outcome.changed = len(fresh), len(corrected)
    return outcome


def _unknown_project(row: StatedCredits) -> str:
    return f"there is no project {row.origin_id or row.project_url} here; import the registry's project export first"


def _contradiction(row: StatedCredits, project_id: int, known: Sequence[PresentCredits], mark: int) -> str:
    """Why the statement cannot stand beside what is here about the same credits; empty when it can."""
    if not known:
        return ""
    first = known[0]
    if any(other.pk > mark for other in known):
        return f"an earlier line of this file states the same credits ({first.name})"
    if any(other.project_id != project_id for other in known):
        return f"these credits are here as those of another project ({first.name})"
    if first.units == row.units:
        return ""
    if row.kind == OriginCreditKind.ISSUANCE:
        # A later export shows what is left of an issuance, or its parts: the same credits, stated again.
        return "" if _covered(row, known) else f"only some of these credits were issued before ({first.name})"
    return f"some of these credits are {first.kind_label} here already ({first.name})"


def _covered(row: StatedCredits, known: Sequence[PresentCredits]) -> bool:
    """Whether ranges in order of their first number leave nothing of the row's range out."""
    reached, end = row.units or (0, 0)
    for other in known:
        first, last = other.units or (0, 0)
        if first > reached:
            return False
        reached = max(reached, last)
    return reached >= end


class _Earlier:
    """What the earlier rows of the same call were about, by block and in the order of their numbers."""

    def __init__(self) -> None:
        self._ranges: dict[tuple[str, str, bool], list[tuple[int, int, int]]] = defaultdict(list)
        self._statements: dict[tuple[str, str, str], int] = {}

    def add(self, row: StatedCredits) -> None:
        """Remember a row that was taken in."""
        if row.units is None:
            self._statements[row.origin_registry, row.kind, row.block_key] = row.line
        else:
            insort(self._ranges[_block(row)], (*row.units, row.line))

    def shared_with(self, row: StatedCredits) -> str:
        """Name the earlier line that is about some of this row's credits; empty when there is none."""
        line = None
        if row.units is None:
            line = self._statements.get((row.origin_registry, row.kind, row.block_key))
        else:
            ranges = self._ranges[_block(row)]
            place = bisect_left(ranges, (row.units[1], 0, 0))
            # Of ranges that share nothing, only the one that begins last before this one's end can reach into it.
            if place and ranges[place - 1][1] > row.units[0]:
                line = ranges[place - 1][2]
        return "" if line is None else f"line {line} states some of the same credits"


def _block(row: StatedCredits) -> tuple[str, str, bool]:
    """Within what the credit numbers count; a credit is issued once and ends once, so the two are kept apart."""
    return (row.origin_registry, row.block_key, row.kind == OriginCreditKind.ISSUANCE)


def _instance(row: StatedCredits, project_id: int, **kept: Any) -> OriginCredits:
    return OriginCredits(
        project_id=project_id,
        origin_registry=row.origin_registry,
        kind=row.kind,
        block_key=row.block_key,
        units=None if row.units is None else NumericRange(*row.units),
        serial=row.serial,
        quantity_kg=row.quantity_kg,
        buffer_kg=row.buffer_kg,
        vintage=row.vintage,
        period_start=row.period_start,
        period_end=row.period_end,
        issued_on=row.issued_on,
        ended_on=row.ended_on,
        beneficiary=row.beneficiary,
        account_holder=row.account_holder,
        reason=row.reason,
        note=row.note,
        labels=list(row.labels),
        digest=row.digest,
        **kept,
    )
