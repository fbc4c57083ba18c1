"""Checkpoints: signed, numbered, chained statements of where every batch's chain stood at a moment."""

from django.db import models
from django.db.models import Q


class Checkpoint(models.Model):
    """One checkpoint. `digest` is the sha256 of its canonical statement, `signature` Ed25519 over the same bytes.

    The statement holds number, time, counts, the Merkle root over all batches and the digest before; see
    `transactions.proofs`. Rows are never changed.
    """

    number = models.PositiveIntegerField(unique=True)
    at = models.DateTimeField()
    batches = models.BigIntegerField()
    entries = models.BigIntegerField()
    root = models.BinaryField(max_length=32)
    previous_digest = models.BinaryField(max_length=32)
    digest = models.BinaryField(max_length=32)
    signature = models.BinaryField(max_length=64)
    public_key = models.BinaryField(max_length=32)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.CheckConstraint(condition=Q(number__gt=0), name="transactions_checkpoint_number_positive"),
        ]

    def __str__(self) -> str:
        return f"checkpoint {self.number}"


class CheckpointBatch(models.Model):
    """Where one batch stood at a checkpoint: a leaf of its Merkle tree, the `index`-th from 0."""

    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.PROTECT, related_name="leaves", db_index=False)
    batch = models.ForeignKey("transactions.CreditBatch", on_delete=models.PROTECT, related_name="+")
    index = models.PositiveIntegerField()
    entries = models.BigIntegerField()
    head_hash = models.BinaryField(max_length=32)
    entries_root = models.BinaryField(max_length=32)

    class Meta:
        ordering = ["checkpoint_id", "index"]
        constraints = [
            models.UniqueConstraint(fields=["checkpoint", "index"], name="transactions_checkpointbatch_index_once"),
            models.UniqueConstraint(fields=["checkpoint", "batch"], name="transactions_checkpointbatch_batch_once"),
        ]

    def __str__(self) -> str:
        return f"batch {self.batch_id} at checkpoint {self.checkpoint_id}"


class EntryProof(models.Model):
    """The way of hashes from one retirement's entry to the first checkpoint that covers it; made with that one.

    `entry_path` leads from the entry to its batch's root, `batch_path` from the batch's `leaf` to the
    checkpoint's root; both are 32 bytes a step, from below. Rows are never changed.
    """

    entry = models.OneToOneField("transactions.LedgerEntry", on_delete=models.PROTECT, related_name="proof")
    leaf = models.ForeignKey(CheckpointBatch, on_delete=models.PROTECT, related_name="entry_proofs")
    entry_path = models.BinaryField()
    batch_path = models.BinaryField()

    class Meta:
        ordering = ["entry_id"]

    def __str__(self) -> str:
        return f"proof of entry {self.entry_id}"
