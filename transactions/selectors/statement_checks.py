"""Whether every retirement still says what its ledger entries hold the digest of."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple
from uuid import UUID

from transactions.choices import EntryKind
from transactions.selectors.replay import Problem, stream_rows
from transactions.statements import beneficiary_digest, statement_digest, statement_document

_RETIRED = f"""
    SELECT b.serial_root, e.position, e.statement, r.public_id, r.purpose, r.period_start, r.period_end,
           r.inventory, r.beneficiary_name, r.beneficiary_location, r.note, r.beneficiary_digest, r.salt,
           r.erased_at IS NOT NULL
    FROM transactions_ledgerentry e JOIN transactions_creditbatch b ON b.id = e.batch_id
    LEFT JOIN transactions_transactionentry x ON x.entry_id = e.id
    LEFT JOIN transactions_retirement r ON r.transaction_id = x.transaction_id
    WHERE e.kind = '{EntryKind.RETIREMENT}' AND e.statement IS NOT NULL ORDER BY b.id, e.position
"""  # noqa: S608 - a constant


class _Row(NamedTuple):
    serial_root: str
    position: int
    statement: bytes
    public_id: UUID | None
    purpose: str
    period_start: date | None
    period_end: date | None
    inventory: str
    beneficiary: str
    location: str
    note: str
    beneficiary_digest: bytes | None
    salt: bytes | None
    is_erased: bool


def compare_statements() -> Iterator[Problem]:
    """Recompute both digests of each retirement; of an erased one the outer, which purpose and period are part of."""
    for row in map(_Row._make, stream_rows(_RETIRED)):
        if row.public_id is None:
            yield Problem(row.serial_root, row.position, "retired credits, but its retirement is gone")
        elif row.beneficiary_digest is None or _outer(row, row.public_id) != bytes(row.statement):
            said = "its retirement's inventory, purpose, period or certificate was changed"
            yield Problem(row.serial_root, row.position, said)
        elif not row.is_erased and _inner(row) != bytes(row.beneficiary_digest):
            yield Problem(row.serial_root, row.position, "its retirement's beneficiary, location or note was changed")


def _outer(row: _Row, certificate: UUID) -> bytes:
    return statement_digest(
        statement_document(
            certificate=certificate,
            purpose=row.purpose,
            period_start=row.period_start,
            period_end=row.period_end,
            beneficiary=bytes(row.beneficiary_digest or b""),
            inventory=row.inventory,
        )
    )


def _inner(row: _Row) -> bytes:
    return beneficiary_digest(
        salt=bytes(row.salt or b""), beneficiary=row.beneficiary, location=row.location, note=row.note
    )
