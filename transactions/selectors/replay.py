"""Replaying the ledger: does every entry follow from the one before, and do the blocks follow from the entries?

Two streams over each batch, both in constant memory however long the history is. The first goes by position and
recomputes the hash chain. The second sweeps along the batch's kilograms: over each stretch between two cuts it
looks at the lines that cover it, in order, and each must take the credits from where the one before left them;
the last must leave them as today's block says. What else must agree is in `transactions.selectors.records`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from django.db import connection

from transactions.canonical import Line, entry_hash
from transactions.choices import EntryKind
from transactions.models.batch import NO_HASH
from transactions.transitions import LINE_STATES

_ROWS_AT_ONCE = 5_000
_ENTRIES_PER_REPORT = 10_000

_ENTRIES = """
    SELECT b.id, b.serial_root, b.project_id, b.vintage, b.number, b.issued_at, b.entries, b.head_hash,
           e.id, e.position, e.kind, e.at, e.reason, e.previous_hash, e.hash, e.format, e.actor_id, e.statement,
           r.position, l.batch_id = e.batch_id AND l.at = e.at,
           l.first_kg, l.end_kg, l.from_account_id, l.from_state, l.to_account_id, l.to_state
    FROM transactions_creditbatch b
    LEFT JOIN transactions_ledgerentry e ON e.batch_id = b.id
    LEFT JOIN transactions_ledgerentry r ON r.id = e.reverses_id
    LEFT JOIN transactions_ledgerline l ON l.entry_id = e.id
    ORDER BY b.id, e.position, e.id, l.first_kg
"""
_LINES = """
    SELECT e.batch_id, l.first_kg, l.end_kg, e.position, l.from_account_id, l.from_state, l.to_account_id, l.to_state
    FROM transactions_ledgerline l JOIN transactions_ledgerentry e ON e.id = l.entry_id
    ORDER BY e.batch_id, l.first_kg, e.position
"""
_BLOCKS = """
    SELECT b.id, b.quantity_kg, b.serial_root, k.first_kg, k.end_kg, k.batch_kg, k.account_id, k.state
    FROM transactions_creditbatch b LEFT JOIN transactions_block k ON k.batch_id = b.id
    ORDER BY b.id, k.first_kg
"""


class _EntryRow(NamedTuple):
    batch_id: int
    serial_root: str
    project_id: int
    vintage: int
    number: int
    issued_at: datetime
    entries: int
    head_hash: bytes
    entry_id: int | None
    position: int
    kind: str
    at: datetime
    reason: str
    previous_hash: bytes
    hash: bytes
    format: int
    actor_id: int | None
    statement: bytes | None
    reverses_position: int | None
    is_filed_right: bool
    first_kg: int | None
    end_kg: int
    from_account: int | None
    from_state: str
    to_account: int
    to_state: str


class _LineRow(NamedTuple):
    batch_id: int
    first_kg: int
    end_kg: int
    position: int
    from_account: int | None
    from_state: str
    to_account: int
    to_state: str


class _BlockRow(NamedTuple):
    batch_id: int
    quantity_kg: int
    serial_root: str
    first_kg: int | None
    end_kg: int
    batch_kg: int
    account_id: int
    state: str


@dataclass(frozen=True)
class Problem:
    """One thing that does not follow: the batch's serial root (or another record), the entry's position, and what."""

    where: str
    position: int | None
    what: str

    def __str__(self) -> str:
        entry = f", entry {self.position}" if self.position is not None else ""
        return f"{self.where}{entry}: {self.what}"


@dataclass(frozen=True)
class Checked:
    """Progress: so many more batches and entries were read."""

    batches: int
    entries: int


def replay_chains() -> Iterator[Problem | Checked]:
    """Recompute every batch's hash chain and check each line against the state machine."""
    for _, batch_rows in groupby(map(_EntryRow._make, stream_rows(_ENTRIES)), key=lambda row: row.batch_id):
        position, previous, reported = 0, NO_HASH, 0
        for entry_id, grouped in groupby(batch_rows, key=lambda row: row.entry_id):
            rows = list(grouped)
            batch = rows[0]
            if entry_id is None:
                continue
            position += 1
            yield from _entry_problems(rows, position, previous)
            previous = bytes(batch.hash)
            if position - reported == _ENTRIES_PER_REPORT:
                yield Checked(0, _ENTRIES_PER_REPORT)
                reported = position
        yield from _batch_problems(batch, position, previous)
        yield Checked(1, position - reported)


def replay_blocks() -> Iterator[Problem]:
    """Check that the lines lead, kilogram by kilogram, to exactly today's blocks, which tile their batch."""
    by_batch = groupby(map(_LineRow._make, stream_rows(_LINES)), key=lambda row: row.batch_id)
    pending = next(by_batch, None)
    for batch_id, blocks in groupby(map(_BlockRow._make, stream_rows(_BLOCKS)), key=lambda row: row.batch_id):
        while pending is not None and pending[0] < batch_id:
            yield Problem(f"batch {pending[0]}", None, "has ledger lines, but the batch is gone")
            pending = next(by_batch, None)
        if pending is not None and pending[0] == batch_id:
            yield from _sweep(blocks, pending[1])
            pending = next(by_batch, None)
        else:
            yield from _sweep(blocks, iter(()))
    while pending is not None:
        yield Problem(f"batch {pending[0]}", None, "has ledger lines, but the batch is gone")
        pending = next(by_batch, None)


def stream_rows(sql: str) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a query through a server-side cursor, however many there are."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql)
        while rows := cursor.fetchmany(_ROWS_AT_ONCE):
            yield from rows


def _entry_problems(rows: list[_EntryRow], position: int, previous: bytes) -> Iterator[Problem]:
    entry = rows[0]
    if entry.first_kg is None:
        yield Problem(entry.serial_root, entry.position, "has no lines")
        return
    lines = [
        Line(r.first_kg or 0, r.end_kg, r.from_account, r.from_state or None, r.to_account, r.to_state) for r in rows
    ]
    recomputed = entry_hash(
        previous_hash=previous,
        format=entry.format,
        serial_root=entry.serial_root,
        position=position,
        kind=entry.kind,
        at=entry.at,
        actor=entry.actor_id,
        reason=entry.reason,
        reverses_position=entry.reverses_position,
        statement=None if entry.statement is None else bytes(entry.statement),
        lines=lines,
    )
    if entry.position != position:
        yield Problem(entry.serial_root, entry.position, f"stands where entry {position} should")
    elif bytes(entry.previous_hash) != previous or bytes(entry.hash) != recomputed:
        yield Problem(entry.serial_root, position, "was changed: its hash is not that of its content")
    if (position == 1) != (entry.kind == EntryKind.ISSUANCE):
        yield Problem(entry.serial_root, position, "issuance is the first entry of a batch, and only the first")
    if not all(row.is_filed_right for row in rows):
        yield Problem(entry.serial_root, position, "has a line that is filed under another batch or time")
    for line in lines:
        if (line.from_state, line.to_state) not in LINE_STATES.get(entry.kind, frozenset()):
            yield Problem(
                entry.serial_root, position, f"a {entry.kind} cannot make {line.from_state} credits {line.to_state}"
            )


def _batch_problems(batch: _EntryRow, position: int, last_hash: bytes) -> Iterator[Problem]:
    """`batch` is the row of its last entry: what is said of the batch is the same in all of them."""
    if position == 0:
        yield Problem(batch.serial_root, None, "was never issued: it has no ledger entry")
    elif position != batch.entries or last_hash != bytes(batch.head_hash):
        yield Problem(batch.serial_root, position, "the chain does not end where the batch says")
    if not batch.serial_root.endswith(f"-{batch.project_id:06d}-{batch.vintage:04d}-{batch.number:02d}"):
        yield Problem(batch.serial_root, None, "its serials name another project, vintage or number than the batch")
    if position == 1 and batch.issued_at != batch.at:
        yield Problem(batch.serial_root, 1, "the batch says that it was issued at another time")


def _sweep(blocks: Iterable[_BlockRow], lines: Iterator[_LineRow]) -> Iterator[Problem]:
    covering: list[_LineRow] = []  # the lines over the present stretch, by position
    upcoming = next(lines, None)
    cursor = 0
    for block in blocks:
        root = block.serial_root
        if block.first_kg is None:
            yield Problem(root, None, "has no blocks")
            return
        if block.batch_kg != block.quantity_kg:
            yield Problem(root, None, f"its block at kilogram {block.first_kg} counts {block.batch_kg} kg in all")
        if block.first_kg != cursor:
            yield Problem(root, None, f"its blocks leave a gap or overlap at kilogram {cursor}")
        cursor = block.first_kg
        while cursor < block.end_kg:
            while upcoming is not None and upcoming.first_kg <= cursor:
                covering.append(upcoming)
                upcoming = next(lines, None)
            covering = sorted((line for line in covering if line.end_kg > cursor), key=lambda line: line.position)
            cuts = [line.end_kg for line in covering] + ([upcoming.first_kg] if upcoming is not None else [])
            yield from _stretch_problems(block, cursor, covering)
            cursor = min([block.end_kg, *cuts])
    if upcoming is not None or any(line.end_kg > cursor for line in covering):
        yield Problem(root, None, f"the ledger moved kilograms beyond {cursor}, where its blocks end")
    if cursor != block.quantity_kg:
        yield Problem(root, None, f"its blocks end at kilogram {cursor}, not at {block.quantity_kg}")


def _stretch_problems(block: _BlockRow, at_kg: int, covering: list[_LineRow]) -> Iterator[Problem]:
    holder: tuple[int | None, str] = (None, "")
    for line in covering:
        if (line.from_account, line.from_state) != holder:
            yield Problem(block.serial_root, line.position, f"takes kilogram {at_kg} from where it was not")
        holder = (line.to_account, line.to_state)
    if holder != (block.account_id, block.state):
        yield Problem(block.serial_root, None, f"kilogram {at_kg} is not where the ledger left it")
