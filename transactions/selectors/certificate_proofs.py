"""The proof that a retirement's entries are in the first checkpoint after them, and a checkpoint as it is published."""

from typing import Any
from uuid import UUID

from django.db.models import Prefetch

from transactions.canonical import Line, entry_document
from transactions.models import Checkpoint, EntryProof, LedgerEntry, LedgerLine
from transactions.proofs import checkpoint_statement, path_steps


def certificate_proof(entries_of: UUID) -> dict[str, Any] | None:
    """Return the proof that this retirement's entries are in a checkpoint; None before there is one."""
    found = LedgerEntry.objects.filter(transaction_link__transaction__retirement__public_id=entries_of)
    return proof_of(list(with_lines(found.select_related("batch", "reverses")).order_by("batch_id", "position")))


def proof_of(entries: list[LedgerEntry]) -> dict[str, Any] | None:
    """Return the proof, made with the first checkpoint after them, of these entries (with their lines and batch).

    None before that checkpoint. It stays the same for ever, so a certificate's JSON does.
    """
    kept = {
        proof.entry_id: proof
        for proof in EntryProof.objects.filter(entry__in=entries).select_related("leaf__checkpoint")
    }
    checkpoints = {proof.leaf.checkpoint_id: proof.leaf.checkpoint for proof in kept.values()}
    if not entries or len(kept) != len(entries) or len(checkpoints) != 1:
        return None
    (checkpoint,) = checkpoints.values()
    return {
        "checkpoint": checkpoint_document(checkpoint),
        "entries": [_entry_proof(entry, kept[entry.pk]) for entry in entries],
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
        format=entry.format,
        serial_root=entry.batch.serial_root,
        position=entry.position,
        kind=entry.kind,
        at=entry.at,
        actor=entry.actor_id,
        reason=entry.reason,
        reverses_position=entry.reverses.position if entry.reverses else None,
        statement=None if entry.statement is None else bytes(entry.statement),
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


def _entry_proof(entry: LedgerEntry, proof: EntryProof) -> dict[str, Any]:
    return {
        "document": document_of(entry),
        "previous_hash": bytes(entry.previous_hash).hex(),
        "hash": bytes(entry.hash).hex(),
        "entry_proof": _steps(bytes(proof.entry_path)),
        "batch_leaf": {
            "batch": entry.batch.serial_root,
            "entries": proof.leaf.entries,
            "head": bytes(proof.leaf.head_hash).hex(),
            "entries_root": bytes(proof.leaf.entries_root).hex(),
        },
        "batch_index": proof.leaf.index,
        "batch_proof": _steps(bytes(proof.batch_path)),
    }


def _steps(path: bytes) -> list[str]:
    return [step.hex() for step in path_steps(path)]
