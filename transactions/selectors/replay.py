"""Replaying the ledger: does every entry follow from the one before, and do the blocks follow from the entries?

Two streams over each batch, both in constant memory however long the history is. The first goes by position and
recomputes the hash chain. The second sweeps along the batch's kilograms: over each stretch between two cuts it
looks at the lines that cover it, in order, and each must take the credits from where the one before left them;
the last must leave them as today's block says.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.db import connection

from transactions.canonical import Line, entry_hash
from transactions.models.batch import NO_HASH
from transactions.transitions import LINE_STATES

_ROWS_AT_ONCE = 5_000

_ENTRIES = """
    SELECT b.id, b.serial_root, b.entries, b.head_hash, e.id, e.position, e.kind, e.at, e.reason, e.previous_hash,
           e.hash, r.position, l.first_kg, l.end_kg, l.from_account_id, l.from_state, l.to_account_id, l.to_state
    FROM transactions_creditbatch b
    LEFT JOIN transactions_ledgerentry e ON e.batch_id = b.id
    LEFT JOIN transactions_ledgerentry r ON r.id = e.reverses_id
    LEFT JOIN transactions_ledgerline l ON l.entry_id = e.id
    ORDER BY b.id, e.position, l.first_kg
"""
_LINES = """
    SELECT e.batch_id, l.first_kg, l.end_kg, e.position, l.from_account_id, l.from_state, l.to_account_id, l.to_state
    FROM transactions_ledgerline l JOIN transactions_ledgerentry e ON e.id = l.entry_id
    ORDER BY e.batch_id, l.first_kg, e.position
"""
_BLOCKS = """
    SELECT k.batch_id, k.first_kg, k.end_kg, k.account_id, k.state, b.quantity_kg, b.serial_root
    FROM transactions_block k JOIN transactions_creditbatch b ON b.id = k.batch_id
    ORDER BY k.batch_id, k.first_kg
"""
_WRONG_BALANCES = """
    SELECT coalesce(k.batch_id, s.batch_id), coalesce(k.account_id, s.account_id), coalesce(k.state, s.state),
           coalesce(k.kg, 0), coalesce(s.quantity_kg, 0)
    FROM (SELECT batch_id, account_id, state, sum(end_kg - first_kg) AS kg
          FROM transactions_block GROUP BY batch_id, account_id, state) k
    FULL JOIN transactions_balance s USING (batch_id, account_id, state)
    WHERE coalesce(k.kg, 0) <> coalesce(s.quantity_kg, 0) ORDER BY 1, 2, 3 LIMIT 20
"""
_WRONG_FIGURES = """
    SELECT c.project_id, f.name, f.written, coalesce(k.kg, 0)
    FROM registry_projectcredits c
    CROSS JOIN LATERAL (VALUES ('active', c.available_kg), ('reserved', c.reserved_kg), ('buffer', c.buffer_kg),
        ('retired', c.retired_kg), ('cancelled', c.cancelled_kg), ('bridged', c.bridged_kg), ('issued', c.issued_kg)
    ) AS f (name, written)
    LEFT JOIN (
        SELECT b.project_id, coalesce(k.state, 'issued') AS name, sum(k.end_kg - k.first_kg) AS kg
        FROM transactions_block k JOIN transactions_creditbatch b ON b.id = k.batch_id
        GROUP BY GROUPING SETS ((b.project_id, k.state), (b.project_id))
    ) k ON k.project_id = c.project_id AND k.name = f.name
    WHERE f.written <> coalesce(k.kg, 0) ORDER BY 1, 2 LIMIT 20
"""


@dataclass(frozen=True)
class Problem:
    """One thing that does not follow: the batch's serial root (or a project), the entry's position, and what."""

    where: str
    position: int | None
    what: str

    def __str__(self) -> str:
        entry = f", entry {self.position}" if self.position is not None else ""
        return f"{self.where}{entry}: {self.what}"


@dataclass(frozen=True)
class BatchChecked:
    """Progress: one batch's chain was read to its end."""

    entries: int


def replay_chains() -> Iterator[Problem | BatchChecked]:
    """Recompute every batch's hash chain and check each line against the state machine."""
    for _, batch_rows in groupby(_rows(_ENTRIES), key=lambda row: row[0]):
        position, previous, serial_root, claimed, head = 0, NO_HASH, "", 0, NO_HASH
        for _, grouped in groupby(batch_rows, key=lambda row: row[4]):
            rows = list(grouped)
            first = rows[0]
            serial_root, claimed, head = first[1], first[2], bytes(first[3])
            if first[4] is None:
                continue
            position += 1
            yield from _entry_problems(rows, position, previous)
            previous = bytes(first[10])
        if position != claimed or previous != head:
            yield Problem(serial_root, position or None, "the chain does not end where the batch says")
        yield BatchChecked(position)


def replay_blocks() -> Iterator[Problem]:
    """Check that the lines lead, kilogram by kilogram, to exactly today's blocks, which tile their batch."""
    lines = _grouped(_rows(_LINES))
    pending = next(lines, None)
    for batch_id, blocks in _grouped(_rows(_BLOCKS)):
        while pending is not None and pending[0] < batch_id:
            yield Problem(f"batch {pending[0]}", None, "has ledger lines but no blocks")
            pending = next(lines, None)
        if pending is not None and pending[0] == batch_id:
            yield from _sweep(blocks, pending[1])
            pending = next(lines, None)
        else:
            yield from _sweep(blocks, iter(()))
    if pending is not None:
        yield Problem(f"batch {pending[0]}", None, "has ledger lines but no blocks")


def replay_sums() -> Iterator[Problem]:
    """Check balances and projects' figures against the blocks."""
    for batch_id, account_id, state, counted, written in _rows(_WRONG_BALANCES):
        yield Problem(
            f"batch {batch_id}", None, f"account {account_id} holds {counted} kg {state}, its balance says {written}"
        )
    for project_id, name, written, counted in _rows(_WRONG_FIGURES):
        yield Problem(f"project {project_id}", None, f"{name} is {counted} kg, its figure says {written}")


def _entry_problems(rows: list[tuple[Any, ...]], position: int, previous: bytes) -> Iterator[Problem]:
    first = rows[0]
    serial_root, kind = first[1], first[6]
    if first[12] is None:
        yield Problem(serial_root, first[5], "has no lines")
        return
    lines = [Line(r[12], r[13], r[14], r[15] or None, r[16], r[17]) for r in rows]
    recomputed = entry_hash(
        previous_hash=previous,
        serial_root=serial_root,
        position=position,
        kind=kind,
        at=first[7],
        reason=first[8],
        reverses_position=first[11],
        lines=lines,
    )
    if first[5] != position:
        yield Problem(serial_root, first[5], f"stands where entry {position} should")
    elif bytes(first[9]) != previous or bytes(first[10]) != recomputed:
        yield Problem(serial_root, position, "was changed: its hash is not that of its content")
    for line in lines:
        if (line.from_state, line.to_state) not in LINE_STATES.get(kind, frozenset()):
            yield Problem(serial_root, position, f"a {kind} cannot make {line.from_state} credits {line.to_state}")


def _sweep(blocks: Iterator[tuple[Any, ...]], lines: Iterator[tuple[Any, ...]]) -> Iterator[Problem]:
    covering: list[tuple[Any, ...]] = []  # the lines over the present stretch, by position
    upcoming = next(lines, None)
    cursor, quantity_kg, root = 0, 0, ""
    for block in blocks:
        _, first_kg, end_kg, account_id, state, quantity_kg, root = block
        if first_kg != cursor:
            yield Problem(root, None, f"its blocks leave a gap or overlap at kilogram {cursor}")
        cursor = first_kg
        while cursor < end_kg:
            covering = [line for line in covering if line[2] > cursor]
            while upcoming is not None and upcoming[1] <= cursor:
                covering.append(upcoming)
                upcoming = next(lines, None)
            covering.sort(key=lambda line: line[3])
            cuts = [line[2] for line in covering] + ([upcoming[1]] if upcoming is not None else [])
            cursor_end = min([end_kg, *cuts])
            yield from _stretch_problems(root, cursor, covering, account_id, state)
            cursor = cursor_end
    if upcoming is not None or any(line[2] > cursor for line in covering):
        yield Problem(root, None, f"the ledger moved kilograms beyond {cursor}, where its blocks end")
    if cursor != quantity_kg:
        yield Problem(root, None, f"its blocks end at kilogram {cursor}, not at {quantity_kg}")


def _stretch_problems(
    root: str, at_kg: int, covering: list[tuple[Any, ...]], account_id: int, state: str
) -> Iterator[Problem]:
    holder: tuple[int | None, str] = (None, "")
    for line in covering:
        if (line[4], line[5]) != holder:
            yield Problem(root, line[3], f"takes kilogram {at_kg} from where it was not")
        holder = (line[6], line[7])
    if holder != (account_id, state):
        yield Problem(root, None, f"kilogram {at_kg} is not where the ledger left it")


def _grouped(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[int, Iterator[tuple[Any, ...]]]]:
    return groupby(rows, key=lambda row: row[0])


def _rows(sql: str) -> Iterator[tuple[Any, ...]]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql)
        while rows := cursor.fetchmany(_ROWS_AT_ONCE):
            yield from rows
