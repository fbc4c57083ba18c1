"""How long `verify_ledger` takes and how much memory it needs over 10^4, 10^5 … entries.

Writes a history of that many entries by COPY into a database of its own, with true hashes, and verifies it:

    python benchmarks/verify_ledger.py 10000 100000 1000000

Half of the entries lie in one hot batch, the rest in batches of a hundred. Each entry after the first gives one
credit to one of a thousand accounts. Printed: entries, seconds to write, seconds to verify, entries a second, and by
how much the peak of the process's memory grew.
"""

import os
import resource
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carboncore.settings")

import django
import psycopg

START = datetime(2025, 1, 1, tzinfo=UTC)
ACCOUNTS = 1_000
ENTRIES_PER_SMALL_BATCH = 100
KG = 1_000

EMPTY = """
    TRUNCATE transactions_creditbatch, transactions_block, transactions_ledgerentry, transactions_ledgerline,
        transactions_balance, transactions_transaction, transactions_transactionentry, registry_projectcredits CASCADE
"""
ENTRY_COLUMNS = "id, batch_id, position, kind, at, reason, previous_hash, hash"
LINE_COLUMNS = "entry_id, first_kg, end_kg, from_account_id, from_state, to_account_id, to_state"
BATCH = """
    INSERT INTO transactions_creditbatch
        (id, project_id, vintage, number, serial_root, quantity_kg, labels, issued_at, entries, head_hash)
    OVERRIDING SYSTEM VALUE VALUES (%s, %s, 2024, 1, %s, %s, '{}', %s, %s, %s)
"""
# Blocks, transactions, balances and figures follow from the lines.
DERIVED = (
    """
    INSERT INTO transactions_block (batch_id, batch_kg, first_kg, end_kg, account_id, state)
    SELECT e.batch_id, b.quantity_kg, l.first_kg, l.end_kg, l.to_account_id, l.to_state
    FROM transactions_ledgerline l JOIN transactions_ledgerentry e ON e.id = l.entry_id
    JOIN transactions_creditbatch b ON b.id = e.batch_id WHERE e.position > 1
    UNION ALL SELECT id, quantity_kg, quantity_kg - 1000, quantity_kg, 1, 'active' FROM transactions_creditbatch
    """,
    """
    INSERT INTO transactions_transaction (id, public_id, transaction_type, status, project_id, from_account_id,
        to_account_id, guest_email, quantity_kg, currency, payment_method, stripe_payment_intent_id, refund_amount,
        refund_reason, note, created_at, completed_at, user_agent)
    OVERRIDING SYSTEM VALUE SELECT e.id, gen_random_uuid(), 'transfer', 'completed', e.batch_id, l.from_account_id,
        l.to_account_id, '', l.end_kg - l.first_kg, '', '', '', 0, '', '', e.at, e.at, ''
    FROM transactions_ledgerline l JOIN transactions_ledgerentry e ON e.id = l.entry_id WHERE e.position > 1
    """,
    "INSERT INTO transactions_transactionentry (entry_id, transaction_id) SELECT id, id FROM transactions_transaction",
    """
    INSERT INTO transactions_balance (account_id, batch_id, state, quantity_kg)
    SELECT account_id, batch_id, state, sum(end_kg - first_kg) FROM transactions_block GROUP BY 1, 2, 3
    """,
    """
    INSERT INTO registry_projectcredits (project_id, issued_kg, available_kg, reserved_kg, buffer_kg, retired_kg,
        cancelled_kg, bridged_kg)
    SELECT project_id, quantity_kg, quantity_kg, 0, 0, 0, 0, 0 FROM transactions_creditbatch
    """,
)


def main() -> None:
    """Measure each of the sizes given on the command line."""
    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    name = f"bench_verify_{os.getpid()}"
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    own = settings.DATABASES["default"]["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        call_command("migrate", verbosity=0)
        print(f"{'entries':>10} {'write s':>8} {'verify s':>9} {'entries/s':>10} {'grew MB':>8}")
        for size in map(int, sys.argv[1:] or ["10000", "100000"]):
            measure(size)
    finally:
        connection.close()
        connection.settings_dict["NAME"] = own
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def measure(size: int) -> None:
    """Write a history of `size` entries, verify it, and print one line."""
    from django.db import connection

    from transactions.services.verification import ledger_verify

    began = time.perf_counter()
    with connection.cursor() as cursor:
        write_history(cursor.connection, size)
    written = time.perf_counter()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result, problems = ledger_verify()
    seconds = time.perf_counter() - written
    grew = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    if problems or result.entries != size:
        sys.exit(f"not clean: {result.entries} entries, {problems[:3]}")
    print(f"{size:>10,} {written - began:>8.1f} {seconds:>9.1f} {size / seconds:>10,.0f} {grew:>8.1f}", flush=True)


def write_history(connection: psycopg.Connection, size: int) -> None:
    """Replace the ledger by a new one of `size` entries; triggers and foreign keys rest meanwhile."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(EMPTY)
        plan = batches(size)
        with cursor.copy(f"COPY transactions_ledgerentry ({ENTRY_COLUMNS}) FROM STDIN") as copy:
            heads = [write_chain(copy, *batch) for batch in plan]
        with cursor.copy(f"COPY transactions_ledgerline ({LINE_COLUMNS}) FROM STDIN") as copy:
            for _, length, first in plan:
                for position in range(1, length + 1):
                    copy.write_row((first + position - 1, *line(position, length)))
        for (number, length, _), head in zip(plan, heads, strict=True):
            cursor.execute(BATCH, (number, number, root(number), length * KG, START, length, head))
        for derived in DERIVED:
            cursor.execute(derived)
    connection.execute("ANALYZE")


def batches(size: int) -> list[tuple[int, int, int]]:
    """Return (number, entries, first entry's key) of each batch."""
    lengths = [size // 2] + [ENTRIES_PER_SMALL_BATCH] * ((size - size // 2) // ENTRIES_PER_SMALL_BATCH)
    plan, first = [], 1
    for number, length in enumerate(lengths, start=1):
        plan.append((number, length, first))
        first += length
    return plan


def root(number: int) -> str:
    """Return a batch's serial root; each batch is of a project of its own."""
    return f"CC-BR-FC-{number:06d}-2024-01"


def line(position: int, length: int) -> tuple[int, int, int | None, str, int, str]:
    """Return the one line of an entry: all to account 1 at issuance, then a credit to one account after another."""
    if position == 1:
        return 0, length * KG, None, "", 1, "active"
    return (position - 2) * KG, (position - 1) * KG, 1, "active", 2 + position % ACCOUNTS, "active"


def write_chain(copy: psycopg.Copy, number: int, length: int, first: int) -> bytes:
    """Write a batch's entries and return the last hash."""
    from transactions.canonical import Line, entry_hash

    previous = bytes(32)
    for position in range(1, length + 1):
        first_kg, end_kg, giver, state, receiver, to_state = line(position, length)
        kind, at = "transfer" if giver else "issuance", START + timedelta(seconds=position - 1)
        new = entry_hash(
            previous_hash=previous,
            serial_root=root(number),
            position=position,
            kind=kind,
            at=at,
            reason="",
            reverses_position=None,
            lines=[Line(first_kg, end_kg, giver, state or None, receiver, to_state)],
        )
        copy.write_row((first + position - 1, number, position, kind, at, "", previous, new))
        previous = new
    return previous


if __name__ == "__main__":
    main()
