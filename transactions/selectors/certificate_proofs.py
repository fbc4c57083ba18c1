"""The proof that a retirement's entries are in the latest checkpoint, and a checkpoint as it is published."""

from typing import Any
from uuid import UUID

from django.db.models import Prefetch

from carboncore.common.merkle import inclusion_proof
from transactions.canonical import Line, entry_document
from transactions.models import Checkpoint, CheckpointBatch, LedgerEntry, LedgerLine
from transactions.proofs import batch_leaf, checkpoint_statement


def certificate_proof(entries_of: UUID) -> dict[str, Any] | None:
    """Return the proof that this retirement's entries are in the latest checkpoint; None before there is one."""
    found = LedgerEntry.objects.filter(transaction_link__transaction__retirement__public_id=entries_of)
    return proof_of(list(with_lines(found.select_related("batch", "reverses")).order_by("batch_id", "position")))


def proof_of(entries: list[LedgerEntry]) -> dict[str, Any] | None:
    """Return the proof that these entries (with their lines) are in the latest checkpoint, None where they are not."""
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


def with_lines(entries: Any) -> Any:
    """Return a queryset of entries with their lines in the order of the kilograms."""
    return entries.prefetch_related(Prefetch("lines", queryset=LedgerLine.objects.order_by("first_kg")))


def document_of(entry: LedgerEntry) -> dict[str, Any]:
    """Return what an entry says, as it is hashed."""
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
        "document": document_of(entry),
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
