"""Writes a ledger of any size by COPY: true hashes, blocks, transactions, balances and figures, as services do.

Each chain is a batch that is issued to its seller and then given away credit by credit, spread over a year.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

START = datetime(2025, 1, 1, tzinfo=UTC)
YEAR = timedelta(days=365)
KG = 1_000
VINTAGE = 2024
ACTOR = None

EMPTY = """
    TRUNCATE transactions_creditbatch, transactions_block, transactions_ledgerentry, transactions_ledgerline,
        transactions_balance, transactions_dailychange, transactions_transaction, transactions_transactionentry,
        transactions_retirement, transactions_checkpoint, transactions_checkpointbatch, transactions_entryproof,
        registry_projectcredits CASCADE
"""
ENTRY_COLUMNS = "id, batch_id, position, kind, at, reason, format, previous_hash, hash"
LINE_COLUMNS = "entry_id, batch_id, at, first_kg, end_kg, from_account_id, from_state, to_account_id, to_state"
BATCH = """
    INSERT INTO transactions_creditbatch
        (id, project_id, vintage, number, serial_root, quantity_kg, labels, issued_at, entries, head_hash)
    OVERRIDING SYSTEM VALUE VALUES (%s, %s, %s, 1, %s, %s, '{}', %s, %s, %s)
"""
# Blocks, transactions, balances, days and figures follow from the lines.
DERIVED = (
    """
    INSERT INTO transactions_block (batch_id, batch_kg, first_kg, end_kg, account_id, state)
    SELECT e.batch_id, b.quantity_kg, l.first_kg, l.end_kg, l.to_account_id, l.to_state
    FROM transactions_ledgerline l JOIN transactions_ledgerentry e ON e.id = l.entry_id
    JOIN transactions_creditbatch b ON b.id = e.batch_id WHERE e.position > 1
    UNION ALL
    SELECT b.id, b.quantity_kg, (b.entries - 1) * 1000, b.quantity_kg, l.to_account_id, 'active'
    FROM transactions_creditbatch b JOIN transactions_ledgerentry e ON e.batch_id = b.id AND e.position = 1
    JOIN transactions_ledgerline l ON l.entry_id = e.id
    """,
    """
    INSERT INTO transactions_transaction (id, public_id, transaction_type, status, project_id, from_account_id,
        to_account_id, guest_email, quantity_kg, currency, payment_method, stripe_payment_intent_id, refund_amount,
        refund_reason, note, created_at, completed_at, user_agent)
    OVERRIDING SYSTEM VALUE SELECT e.id, gen_random_uuid(), 'transfer', 'completed', b.project_id, l.from_account_id,
        l.to_account_id, '', l.end_kg - l.first_kg, '', '', '', 0, '', '', e.at, e.at, ''
    FROM transactions_ledgerline l JOIN transactions_ledgerentry e ON e.id = l.entry_id
    JOIN transactions_creditbatch b ON b.id = e.batch_id WHERE e.position > 1
    """,
    "INSERT INTO transactions_transactionentry (entry_id, transaction_id) SELECT id, id FROM transactions_transaction",
    """
    INSERT INTO transactions_balance (account_id, batch_id, state, quantity_kg)
    SELECT account_id, batch_id, state, sum(end_kg - first_kg) FROM transactions_block GROUP BY 1, 2, 3
    """,
    """
    INSERT INTO transactions_dailychange (account_id, batch_id, state, day, change_kg)
    SELECT account_id, batch_id, state, (at AT TIME ZONE 'UTC')::date, sum(kg) FROM (
        SELECT to_account_id AS account_id, batch_id, to_state AS state, at, end_kg - first_kg AS kg
        FROM transactions_ledgerline
        UNION ALL SELECT from_account_id, batch_id, from_state, at, first_kg - end_kg
        FROM transactions_ledgerline WHERE from_account_id IS NOT NULL) m GROUP BY 1, 2, 3, 4
    """,
    """
    INSERT INTO registry_projectcredits (project_id, issued_kg, available_kg, reserved_kg, buffer_kg, retired_kg,
        cancelled_kg, bridged_kg)
    SELECT project_id, quantity_kg, quantity_kg, 0, 0, 0, 0, 0 FROM transactions_creditbatch
    """,
)
# Rows that were given their keys here are counted on from.
SEQUENCES = ("creditbatch", "ledgerentry", "transaction")


@dataclass(frozen=True)
class Chain:
    """One batch, of the project with the same number: so many entries, and credits that nobody has bought yet."""

    number: int
    entries: int
    unsold: int
    seller: int

    @property
    def quantity_kg(self) -> int:
        """Its quantity."""
        return (self.entries - 1 + self.unsold) * KG

    @property
    def serial_root(self) -> str:
        """Its serial root."""
        return f"CC-BR-FC-{self.number:06d}-{VINTAGE}-01"

    def at(self, position: int) -> datetime:
        """When the entry at this position was made: they are spread evenly over the year 2025."""
        return START + YEAR * (position - 1) / self.entries


# Which account the credit of a position goes to.
Receiver = Callable[[Chain, int], int]


def write_history(connection: psycopg.Connection, chains: Sequence[Chain], receiver: Receiver) -> None:
    """Replace the ledger by a new one; triggers and foreign keys rest meanwhile."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(EMPTY)
        with cursor.copy(f"COPY transactions_ledgerentry ({ENTRY_COLUMNS}) FROM STDIN") as copy:
            heads = [_write_chain(copy, chain, first, receiver) for chain, first in _with_first_keys(chains)]
        with cursor.copy(f"COPY transactions_ledgerline ({LINE_COLUMNS}) FROM STDIN") as copy:
            for chain, first in _with_first_keys(chains):
                for position in range(1, chain.entries + 1):
                    line = _line(chain, position, receiver)
                    copy.write_row((first + position - 1, chain.number, chain.at(position), *line))
        for chain, head in zip(chains, heads, strict=True):
            cursor.execute(
                BATCH,
                (chain.number, chain.number, VINTAGE, chain.serial_root, chain.quantity_kg, START, chain.entries, head),
            )
        for derived in DERIVED:
            cursor.execute(derived)
        for table in SEQUENCES:
            name = f"transactions_{table}"
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT max(id) FROM {name}))")  # noqa: S608 - constants


def _with_first_keys(chains: Sequence[Chain]) -> list[tuple[Chain, int]]:
    """Return each chain with the key of its first entry."""
    found, first = [], 1
    for chain in chains:
        found.append((chain, first))
        first += chain.entries
    return found


def _line(chain: Chain, position: int, receiver: Receiver) -> tuple[int, int, int | None, str, int, str]:
    if position == 1:
        return 0, chain.quantity_kg, None, "", chain.seller, "active"
    return (
        (position - 2) * KG,
        (position - 1) * KG,
        chain.seller,
        "active",
        receiver(chain, position),
        "active",
    )


def _write_chain(copy: psycopg.Copy, chain: Chain, first: int, receiver: Receiver) -> bytes:
    """Write a batch's entries and return the last hash."""
    from transactions.canonical import FORMAT, Line, entry_hash

    previous = bytes(32)
    for position in range(1, chain.entries + 1):
        first_kg, end_kg, giver, state, to_account, to_state = _line(chain, position, receiver)
        kind, at = "transfer" if giver else "issuance", chain.at(position)
        content: dict[str, Any] = {
            "format": FORMAT,
            "serial_root": chain.serial_root,
            "position": position,
            "kind": kind,
            "at": at,
            "actor": ACTOR,
            "reason": "",
            "reverses_position": None,
            "statement": None,
            "lines": [Line(first_kg, end_kg, giver, state or None, to_account, to_state)],
        }
        new = entry_hash(previous_hash=previous, **content)
        copy.write_row((first + position - 1, chain.number, position, kind, at, "", FORMAT, previous, new))
        previous = new
    return previous


@contextmanager
def databases(name: str) -> Iterator[Callable[[], Any]]:
    """Work in a database of our own; yields what opens a connection to a copy of it. All are dropped in the end."""
    from django.db import connection

    own, made = connection.settings_dict["NAME"], [name]

    def maintain(statement: str) -> None:
        connection.close()
        connection.settings_dict["NAME"] = own
        with connection.cursor() as cursor:
            cursor.execute(statement)
        connection.close()

    def fresh() -> Any:
        if len(made) > 1:
            connection.connection = None  # a ledger's, which keeps it
        made.append(f"{name}_{len(made)}")
        maintain(f'CREATE DATABASE "{made[-1]}" TEMPLATE "{name}"')
        connection.settings_dict["NAME"] = made[-1]
        connection.connect()
        opened, connection.connection = connection.connection, None
        return opened

    try:
        maintain(f'CREATE DATABASE "{name}"')
        connection.settings_dict["NAME"] = name
        yield fresh
    finally:
        for each in reversed(made):
            maintain(f'DROP DATABASE IF EXISTS "{each}" WITH (FORCE)')
