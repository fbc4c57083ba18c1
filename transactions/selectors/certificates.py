"""What a retirement's certificate says, recomputed from the ledger each time, and its proof."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from carboncore.common.quantities import tonnes_from_kg
from transactions.models import LedgerEntry, Retirement
from transactions.selectors.certificate_checks import (
    chain_faults,
    proof_faults,
    retirement_faults,
    statement_faults,
)
from transactions.selectors.certificate_proofs import certificate_proof, checkpoint_document, proof_of, with_lines
from transactions.selectors.line_search import lines_over
from transactions.serials import serial_text
from transactions.statements import ERASED, NOT_DISCLOSED, statement_document

__all__ = [
    "ERASED",
    "NOT_DISCLOSED",
    "Certificate",
    "PathStep",
    "certificate_of",
    "certificate_proof",
    "checkpoint_document",
]

# Every entry that moved any of the kilograms that these entries retired, up to them.
_PATH = f"""
    SELECT DISTINCT s.id
    FROM transactions_ledgerentry e
    JOIN transactions_ledgerline l ON l.entry_id = e.id
    CROSS JOIN LATERAL ({lines_over(batch="e.batch_id", first="l.first_kg", end="l.end_kg")}) p
    JOIN transactions_ledgerentry s ON s.id = p.entry_id AND s.position <= e.position
    WHERE e.id = ANY(%s)
"""  # noqa: S608 - names of columns


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
    faults = [
        *retirement_faults(retirement, entries),
        *statement_faults(retirement, document, entries),
        *chain_faults(path),
        *proof_faults(document, proof),
    ]
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
        "beneficiary": _beneficiary(retirement),
        "beneficiary_location": retirement.beneficiary_location if shown else "",
        "purpose": retirement.get_purpose_display(),
        "period": [d.isoformat() if d else None for d in (retirement.period_start, retirement.period_end)],
        "inventory": retirement.inventory,
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
        "statement": _statement(retirement),
    }


def _beneficiary(retirement: Retirement) -> str:
    if retirement.erased_at is not None:
        return ERASED
    return retirement.beneficiary_name if retirement.published else NOT_DISCLOSED


def _statement(retirement: Retirement) -> dict[str, Any] | None:
    """Return what proves purpose and period to anybody, and with the salt the beneficiary, where that is shown.

    None for a retirement of before there were statements.
    """
    if retirement.beneficiary_digest is None:
        return None
    text = statement_document(
        certificate=retirement.public_id,
        purpose=retirement.purpose,
        period_start=retirement.period_start,
        period_end=retirement.period_end,
        beneficiary=bytes(retirement.beneficiary_digest),
        inventory=retirement.inventory,
    )
    is_told = retirement.published and retirement.salt is not None
    return {"text": text, "salt": bytes(retirement.salt or b"").hex() if is_told else None}


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
