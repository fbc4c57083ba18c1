"""What a retirement's certificate says, recomputed from the ledger each time, and its proof."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Prefetch

from carboncore.common.merkle import inclusion_proof
from carboncore.common.quantities import tonnes_from_kg
from transactions.canonical import Line, chained_hash, entry_document
from transactions.choices import BlockState
from transactions.models import (
    Block,
    Checkpoint,
    CheckpointBatch,
    LedgerEntry,
    LedgerLine,
    Retirement,
)
from transactions.proofs import batch_leaf, checkpoint_statement
from transactions.serials import serial_text

NOT_DISCLOSED = "Not disclosed"


@dataclass(frozen=True)
class PathStep:
    """One step of the credits' way from issuance to retirement."""

    at: datetime
    kind: str
    batch: str
    position: int


@dataclass(frozen=True)
class Certificate:
    """A certificate: its document (JSON-ready, the same each time), the way the credits came, and what is wrong."""

    document: dict[str, Any]
    path: list[PathStep]
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
    entries = list(
        LedgerEntry.objects.filter(transaction_link__transaction=retirement.transaction_id)
        .select_related("batch__standard", "reverses")
        .prefetch_related(Prefetch("lines", queryset=LedgerLine.objects.order_by("first_kg")))
        .order_by("batch_id", "position")
    )
    return Certificate(_document(retirement, entries), _path(entries), _faults(retirement, entries))


def certificate_proof(entries_of: UUID) -> dict[str, Any] | None:
    """Return the proof that this retirement's entries are in the latest checkpoint; None before there is one."""
    entries = list(
        LedgerEntry.objects.filter(transaction_link__transaction__retirement__public_id=entries_of)
        .select_related("batch", "reverses")
        .prefetch_related("lines")
        .order_by("batch_id", "position")
    )
    checkpoint = Checkpoint.objects.order_by("-number").first()
    if checkpoint is None or not entries:
        return None
    leaves = list(CheckpointBatch.objects.filter(checkpoint=checkpoint).select_related("batch").order_by("index"))
    by_batch = {leaf.batch_id: leaf for leaf in leaves}
    if any(e.batch_id not in by_batch or e.position > by_batch[e.batch_id].entries for e in entries):
        return None
    tree = [_leaf_bytes(leaf) for leaf in leaves]
    return {
        "checkpoint": checkpoint_document(checkpoint),
        "entries": [_entry_proof(entry, by_batch[entry.batch_id], tree) for entry in entries],
    }


def checkpoint_document(checkpoint: Checkpoint) -> dict[str, Any]:
    """Return a checkpoint as it is published: statement, digest, signature and public key (hexadecimal)."""
    return {
        "statement": checkpoint_statement(
            number=checkpoint.number,
            at=checkpoint.at,
            batches=checkpoint.batches,
            entries=checkpoint.entries,
            root=bytes(checkpoint.root),
            previous_digest=bytes(checkpoint.previous_digest),
        ),
        "digest": bytes(checkpoint.digest).hex(),
        "signature": bytes(checkpoint.signature).hex(),
        "public_key": bytes(checkpoint.public_key).hex(),
    }


def _document(retirement: Retirement, entries: list[LedgerEntry]) -> dict[str, Any]:
    transaction = retirement.transaction
    project = transaction.project
    shown = retirement.published
    return {
        "certificate": str(retirement.public_id),
        "retired_at": retirement.retired_at.isoformat(),
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


def _faults(retirement: Retirement, entries: list[LedgerEntry]) -> list[str]:
    """Recompute what the certificate rests on; nothing here trusts a flag."""
    faults: list[str] = []
    total = 0
    for entry in entries:
        if chained_hash(bytes(entry.previous_hash), _entry_document(entry)) != bytes(entry.hash):
            faults.append(f"Entry {entry.position} of {entry.batch.serial_root} was changed after it was written.")
        for line in entry.lines.all():
            total += line.end_kg - line.first_kg
            if line.to_state != BlockState.RETIRED or not _is_retired(entry.batch_id, line):
                serial = serial_text(root=entry.batch.serial_root, first_kg=line.first_kg, end_kg=line.end_kg)
                faults.append(f"{serial} is not retired.")
    if not entries:
        faults.append("No ledger entry belongs to this retirement.")
    elif total != retirement.transaction.quantity_kg:
        faults.append("The ledger retired another quantity than the certificate states.")
    return faults


def _is_retired(batch_id: int, line: LedgerLine) -> bool:
    blocks = Block.objects.filter(batch_id=batch_id, first_kg__lt=line.end_kg, end_kg__gt=line.first_kg)
    found = list(blocks.order_by("first_kg").values_list("first_kg", "end_kg", "account_id", "state"))
    return (
        bool(found)
        and found[0][0] <= line.first_kg
        and found[-1][1] >= line.end_kg
        and all(row[2] == line.to_account_id and row[3] == BlockState.RETIRED for row in found)
    )


def _path(entries: list[LedgerEntry]) -> list[PathStep]:
    """Return every entry that moved any of these credits, up to their retirement, oldest first."""
    steps: dict[int, PathStep] = {}
    for entry in entries:
        for line in entry.lines.all():
            before = LedgerEntry.objects.filter(
                batch_id=entry.batch_id,
                position__lte=entry.position,
                lines__first_kg__lt=line.end_kg,
                lines__end_kg__gt=line.first_kg,
            )
            for step in before.distinct():
                steps[step.pk] = PathStep(step.at, step.get_kind_display(), entry.batch.serial_root, step.position)
    return [steps[pk] for pk in sorted(steps)]


def _entry_document(entry: LedgerEntry) -> dict[str, Any]:
    return entry_document(
        serial_root=entry.batch.serial_root,
        position=entry.position,
        kind=entry.kind,
        at=entry.at,
        reason=entry.reason,
        reverses_position=entry.reverses.position if entry.reverses else None,
        lines=[
            Line(
                line.first_kg,
                line.end_kg,
                line.from_account_id,
                line.from_state or None,
                line.to_account_id,
                line.to_state,
            )
            for line in entry.lines.all()
        ],
    )


def _entry_proof(entry: LedgerEntry, leaf: CheckpointBatch, tree: list[bytes]) -> dict[str, Any]:
    hashes = LedgerEntry.objects.filter(batch_id=entry.batch_id, position__lte=leaf.entries).order_by("position")
    chain = [bytes(value) for value in hashes.values_list("hash", flat=True)]
    return {
        "document": _entry_document(entry),
        "previous_hash": bytes(entry.previous_hash).hex(),
        "hash": bytes(entry.hash).hex(),
        "entry_proof": [step.hex() for step in inclusion_proof(chain, entry.position - 1)],
        "batch_leaf": {
            "batch": entry.batch.serial_root,
            "entries": leaf.entries,
            "head": bytes(leaf.head_hash).hex(),
            "entries_root": bytes(leaf.entries_root).hex(),
        },
        "batch_index": leaf.index,
        "batch_proof": [step.hex() for step in inclusion_proof(tree, leaf.index)],
    }


def _leaf_bytes(leaf: CheckpointBatch) -> bytes:
    return batch_leaf(
        serial_root=leaf.batch.serial_root,
        entries=leaf.entries,
        head_hash=bytes(leaf.head_hash),
        entries_root=bytes(leaf.entries_root),
    )
