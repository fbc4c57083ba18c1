"""Writing what a movement did: the ledger entry with its lines, the batch's new head, balances, days and figures.

Plain SQL, so that one movement of a batch is one statement here; the batch's lock makes it the only writer.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any

from carboncore.common.api.statements import array_of, fetch_all, fetch_named
from transactions.canonical import Line
from transactions.choices import BlockState, EntryKind
from transactions.models import CreditBatch, LedgerEntry

# A project's figure for each block state.
_FIGURES = {
    BlockState.ACTIVE: "available_kg",
    BlockState.RESERVED: "reserved_kg",
    BlockState.BUFFER: "buffer_kg",
    BlockState.RETIRED: "retired_kg",
    BlockState.CANCELLED: "cancelled_kg",
    BlockState.BRIDGED: "bridged_kg",
}

# A decrease is an UPDATE of a row that must be there; an increase may be the first of its kind.
_RECORD = """
    WITH entry AS (
        INSERT INTO transactions_ledgerentry
            (batch_id, position, kind, at, actor_id, reason, format, statement, reverses_id, previous_hash, hash)
        VALUES (%(batch)s, %(position)s, %(kind)s, %(at)s, %(actor)s, %(reason)s, %(format)s, %(statement)s,
                %(reverses)s, %(previous)s, %(hash)s)
        RETURNING id
    ), line AS (
        INSERT INTO transactions_ledgerline
            (entry_id, batch_id, at, first_kg, end_kg, from_account_id, from_state, to_account_id, to_state)
        SELECT entry.id, %(batch)s::bigint, %(at)s::timestamptz, l.* FROM entry, unnest(
            %(firsts)s::bigint[], %(ends)s::bigint[], %(from_accounts)s::bigint[], %(from_states)s::text[],
            %(to_accounts)s::bigint[], %(to_states)s::text[]) AS l
    ), head AS (
        UPDATE transactions_creditbatch SET entries = %(position)s, head_hash = %(hash)s WHERE id = %(batch)s
    ), change AS (
        SELECT * FROM unnest(%(accounts)s::bigint[], %(states)s::text[], %(changes)s::bigint[])
            AS c (account_id, state, kg)
    ), taken AS (
        UPDATE transactions_balance AS b SET quantity_kg = b.quantity_kg + change.kg FROM change
        WHERE change.kg < 0 AND b.account_id = change.account_id AND b.batch_id = %(batch)s AND b.state = change.state
        RETURNING 1
    ), given AS (
        INSERT INTO transactions_balance AS b (account_id, batch_id, state, quantity_kg)
        SELECT account_id, %(batch)s, state, kg FROM change WHERE kg > 0
        ON CONFLICT (account_id, batch_id, state) DO UPDATE SET quantity_kg = b.quantity_kg + excluded.quantity_kg
    ), day AS (
        INSERT INTO transactions_dailychange AS d (account_id, batch_id, state, day, change_kg)
        SELECT account_id, %(batch)s::bigint, state, %(day)s::date, kg FROM change
        ON CONFLICT (account_id, batch_id, state, day) DO UPDATE SET change_kg = d.change_kg + excluded.change_kg
    )
    SELECT entry.id, (SELECT count(*) FROM taken) FROM entry
"""


class LedgerInconsistent(RuntimeError):
    """A balance or a project's figures are missing that the blocks say must be there; run `verify_ledger`."""


def record_entry(*, entry: LedgerEntry, batch: CreditBatch, lines: Sequence[Line]) -> None:
    """Write the entry (its `pk` is set), its lines, the batch's head, balances and daily changes.

    Raises:
        LedgerInconsistent: an account gives of which there is no balance.
    """
    changes = {key: kg for key, kg in _balance_changes(lines).items() if kg}
    parameters: dict[str, Any] = {
        "batch": batch.pk,
        "position": entry.position,
        "kind": EntryKind(entry.kind).value,
        "at": entry.at,
        "day": entry.at.astimezone(UTC).date(),
        "actor": entry.actor_id,
        "reason": entry.reason,
        "format": entry.format,
        "statement": entry.statement,
        "reverses": entry.reverses_id,
        "previous": entry.previous_hash,
        "hash": entry.hash,
        "firsts": array_of(line.first_kg for line in lines),
        "ends": array_of(line.end_kg for line in lines),
        "from_accounts": array_of(line.from_account for line in lines),
        "from_states": array_of(line.from_state or "" for line in lines),
        "to_accounts": array_of(line.to_account for line in lines),
        "to_states": array_of(line.to_state for line in lines),
        "accounts": array_of(account_id for account_id, _ in changes),
        "states": array_of(state for _, state in changes),
        "changes": array_of(changes.values()),
    }
    ((entry.pk, taken),) = fetch_named(_RECORD, parameters)
    entry._state.adding = False  # noqa: SLF001 - Django's documented way to say that a row was saved
    if taken != sum(kg < 0 for kg in changes.values()):
        raise LedgerInconsistent(f"An account gives credits of batch {batch.serial_root} that it has no balance of.")


def figure_changes(lines: Sequence[Line]) -> dict[str, int]:
    """Return the signed kilograms by which the lines change each of their project's figures."""
    changes: dict[str, int] = defaultdict(int)
    for line in lines:
        quantity_kg = line.end_kg - line.first_kg
        changes[_FIGURES[BlockState(line.to_state)]] += quantity_kg
        changes["issued_kg" if line.from_state is None else _FIGURES[BlockState(line.from_state)]] += (
            quantity_kg if line.from_state is None else -quantity_kg
        )
    return changes


def record_figures(*, project_id: int, changes: Mapping[str, int]) -> None:
    """Add signed kilograms to a project's figures.

    Raises:
        LedgerInconsistent: the project has no row of figures.
    """
    named = {name: kg for name, kg in changes.items() if kg}
    if not named:
        return
    assignments = ", ".join(f"{name} = {name} + %s" for name in named)
    update = f"UPDATE registry_projectcredits SET {assignments} WHERE project_id = %s RETURNING 1"  # noqa: S608 - names of _FIGURES
    if not fetch_all(update, [*named.values(), project_id]):
        raise LedgerInconsistent(f"Project {project_id} has no row of credit figures.")


def _balance_changes(lines: Sequence[Line]) -> dict[tuple[int, str], int]:
    changes: dict[tuple[int, str], int] = defaultdict(int)
    for line in lines:
        quantity_kg = line.end_kg - line.first_kg
        changes[line.to_account, line.to_state] += quantity_kg
        if line.from_account is not None and line.from_state is not None:
            changes[line.from_account, line.from_state] -= quantity_kg
    return changes
