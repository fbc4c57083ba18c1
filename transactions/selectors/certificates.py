"""What a retirement's certificate says, recomputed from the ledger each time, and its proof."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from carboncore.common.quantities import tonnes_from_kg
from transactions.models import LedgerEntry, Retirement
from transactions.selectors.certificate_checks import chain_faults, proof_faults, retirement_faults
from transactions.selectors.certificate_proofs import certificate_proof, checkpoint_document, proof_of, with_lines
from transactions.serials import serial_text

__all__ = ["Certificate", "PathStep", "certificate_of", "certificate_proof", "checkpoint_document"]

NOT_DISCLOSED = "Not disclosed"

# Every entry that moved any of the kilograms that these entries retired, up to them.
_PATH = """
    SELECT DISTINCT s.id
    FROM transactions_ledgerentry e
    JOIN transactions_ledgerline l ON l.entry_id = e.id
    JOIN transactions_ledgerentry s ON s.batch_id = e.batch_id AND s.position <= e.position
    JOIN transactions_ledgerline p ON p.entry_id = s.id AND p.first_kg < l.end_kg AND p.end_kg > l.first_kg
    WHERE e.id = ANY(%s)
"""


@dataclass(frozen=True)
class PathStep:
    """One step of the credits' way from issuance to retirement."""

    at: datetime
    kind: str
    batch: str
    position: int
    hash: str
    reason: str


@dataclass(frozen=True)
class Certificate:
    """A certificate: its document (JSON-ready, the same each time), the way the credits came, and what is wrong.

    `proof` is None until a checkpoint covers the retirement.
    """

    document: dict[str, Any]
    path: list[PathStep]
    proof: dict[str, Any] | None
    faults: list[str]

    @property
    def is_valid(self) -> bool:
        """Whether everything it says follows from the ledger."""
        return not self.faults


def certificate_of(public_id: UUID) -> Certificate | None:
    """Return the certificate of one retirement, checked against the ledger, or None when there is no such."""
    retirement = (
        Retirement.objects.select_related("transaction__project__project_type", "transaction__project__country")
        .filter(public_id=public_id)
        .first()
    )
    if retirement is None:
        return None
    found = LedgerEntry.objects.filter(transaction_link__transaction=retirement.transaction_id)
    entries = list(with_lines(found.select_related("batch__standard", "reverses")).order_by("batch_id", "position"))
    path = _path_entries(entries)
    document = _document(retirement, entries)
    proof = proof_of(entries)
    faults = [*retirement_faults(retirement, entries), *chain_faults(path), *proof_faults(document, proof)]
    return Certificate(document, [_step(entry) for entry in path], proof, list(dict.fromkeys(faults)))


def _document(retirement: Retirement, entries: list[LedgerEntry]) -> dict[str, Any]:
    transaction = retirement.transaction
    project = transaction.project
    shown = retirement.published
    return {
        "certificate": str(retirement.public_id),
        "retired_at": retirement.retired_at.astimezone(UTC).isoformat(),
        "quantity": str(tonnes_from_kg(transaction.quantity_kg)),
        "quantity_kg": transaction.quantity_kg,
        "unit": "t CO2e",
        "project": {
            "id": project.pk,
            "name": project.project_name,
            "type": project.project_type.name,
            "country": project.country.name,
        },
        "standards": sorted({entry.batch.standard.code for entry in entries if entry.batch.standard}),
        "vintages": sorted({entry.batch.vintage for entry in entries}),
        "beneficiary": retirement.beneficiary_name if shown else NOT_DISCLOSED,
        "beneficiary_location": retirement.beneficiary_location if shown else "",
        "purpose": retirement.get_purpose_display(),
        "period": [d.isoformat() if d else None for d in (retirement.period_start, retirement.period_end)],
        "note": retirement.note if shown else "",
        "ranges": [
            {
                "serial": serial_text(root=entry.batch.serial_root, first_kg=line.first_kg, end_kg=line.end_kg),
                "batch": entry.batch.serial_root,
                "first_kg": line.first_kg,
                "end_kg": line.end_kg,
                "quantity": str(tonnes_from_kg(line.end_kg - line.first_kg)),
            }
            for entry in entries
            for line in entry.lines.all()
        ],
        "entries": [
            {"batch": entry.batch.serial_root, "position": entry.position, "hash": bytes(entry.hash).hex()}
            for entry in entries
        ],
    }


def _path_entries(entries: list[LedgerEntry]) -> list[LedgerEntry]:
    """Return every entry that moved any of these credits, up to their retirement, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(_PATH, [[entry.pk for entry in entries]])
        keys = [row[0] for row in cursor.fetchall()]
    found = LedgerEntry.objects.filter(pk__in=keys).select_related("batch", "reverses")
    return list(with_lines(found).order_by("at", "pk"))


def _step(entry: LedgerEntry) -> PathStep:
    return PathStep(
        at=entry.at,
        kind=entry.get_kind_display(),
        batch=entry.batch.serial_root,
        position=entry.position,
        hash=bytes(entry.hash).hex(),
        reason=entry.reason,
    )
