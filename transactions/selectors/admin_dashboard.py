"""What waits in the ledger for a person, and how the ledger itself is: one statement each."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

_WAITING = """
    SELECT
        (SELECT count(*) FROM transactions_issuancerequest WHERE state = 'pending' AND requested_by_id <> %(user)s),
        (SELECT count(*) FROM registry_monitoringperiod
            WHERE status = 'submitted' AND submitted_by_id IS DISTINCT FROM %(user)s),
        (SELECT count(*) FROM transactions_reversalrequest WHERE state = 'pending' AND requested_by_id <> %(user)s),
        (SELECT count(*) FROM transactions_paymentissue WHERE resolved_at IS NULL),
        (SELECT count(*) FROM transactions_transaction
            WHERE status = 'reserved' AND payment_method = 'invoice' AND transaction_type = 'purchase'),
        (SELECT count(*) FROM accounts_organisation WHERE state = 'pending' AND created_by_id <> %(user)s)
"""

_HEALTH = """
    SELECT v.id, v.finished_at, v.entries, v.batches, v.problems, v.first_problem, c.id, c.number, c.at,
        f.issued_kg, f.available_kg, f.reserved_kg, f.buffer_kg, f.retired_kg, f.cancelled_kg, f.bridged_kg
    FROM (SELECT coalesce(sum(issued_kg), 0) AS issued_kg, coalesce(sum(available_kg), 0) AS available_kg,
            coalesce(sum(reserved_kg), 0) AS reserved_kg, coalesce(sum(buffer_kg), 0) AS buffer_kg,
            coalesce(sum(retired_kg), 0) AS retired_kg, coalesce(sum(cancelled_kg), 0) AS cancelled_kg,
            coalesce(sum(bridged_kg), 0) AS bridged_kg
        FROM registry_projectcredits) f
    LEFT JOIN (SELECT * FROM transactions_ledgerverification ORDER BY id DESC LIMIT 1) v ON true
    LEFT JOIN (SELECT * FROM transactions_checkpoint ORDER BY number DESC LIMIT 1) c ON true
"""


@dataclass(frozen=True)
class LedgerWork:
    """How many things wait for a person."""

    issuances: int
    periods: int
    reversals: int
    payment_issues: int
    invoices: int
    organisations: int


@dataclass(frozen=True)
class LedgerHealth:
    """The last verification and checkpoint (None: there is none yet), and all credits in kilograms by state."""

    verification_id: int | None
    verified_at: datetime | None
    entries: int
    batches: int
    problems: int
    first_problem: str
    checkpoint_id: int | None
    checkpoint_number: int | None
    checkpoint_at: datetime | None
    issued_kg: int
    by_state: dict[str, int]


def ledger_work(*, user_id: int) -> LedgerWork:
    """Return what waits for a person other than whoever began it."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, {"user": user_id})
        return LedgerWork(*cursor.fetchone())


def ledger_health() -> LedgerHealth:
    """Return how the ledger is, as last verified, and what there is in it."""
    with connection.cursor() as cursor:
        cursor.execute(_HEALTH)
        row = cursor.fetchone()
    states = ("active", "reserved", "buffer", "retired", "cancelled", "bridged")
    return LedgerHealth(
        verification_id=row[0],
        verified_at=row[1],
        entries=row[2] or 0,
        batches=row[3] or 0,
        problems=row[4] or 0,
        first_problem=row[5] or "",
        checkpoint_id=row[6],
        checkpoint_number=row[7],
        checkpoint_at=row[8],
        issued_kg=int(row[9]),
        by_state={state: int(kg) for state, kg in zip(states, row[10:], strict=True)},
    )
