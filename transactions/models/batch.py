"""Batches of issued credits and the blocks that tile them."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import NullIf

from transactions.choices import BlockState
from transactions.serials import serial_text

NO_HASH = b"\x00" * 32


class CreditBatch(models.Model):
    """One issuance: a project's credits of one vintage. Its kilograms are the half-open range [0, quantity_kg).

    `serial_root` is frozen at issuance: a serial must not change when a project changes country or type.
    `entries` and `head_hash` are the length and the last hash of the batch's ledger chain.
    """

    project = models.ForeignKey("registry.Project", on_delete=models.PROTECT, related_name="batches", db_index=False)
    vintage = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField(help_text="Counts the project's batches of one vintage from 1.")
    serial_root = models.CharField(max_length=60, unique=True)
    quantity_kg = models.BigIntegerField()
    standard = models.ForeignKey(
        "registry.Standard", null=True, blank=True, on_delete=models.PROTECT, related_name="batches"
    )
    labels = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    issued_at = models.DateTimeField()
    entries = models.BigIntegerField(default=0)
    head_hash = models.BinaryField(max_length=32, default=NO_HASH)
    start_kg = models.GeneratedField(
        expression=Value(0), output_field=models.BigIntegerField(), db_persist=True, editable=False
    )

    class Meta:
        ordering = ["pk"]
        verbose_name_plural = "credit batches"
        constraints = [
            models.CheckConstraint(condition=Q(quantity_kg__gt=0), name="transactions_batch_quantity_positive"),
            models.UniqueConstraint(fields=["project", "vintage", "number"], name="transactions_batch_number_once"),
            models.UniqueConstraint(fields=["id", "quantity_kg"], name="transactions_batch_quantity_key"),
        ]

    def __str__(self) -> str:
        return self.serial_root


class Block(models.Model):
    """A contiguous range of a batch with one holder and one state.

    Blocks tile their batch at every commit: each names its neighbours by deferred foreign keys on
    generated columns (see the migration), so a gap, an overlap or a deletion is refused by the keys.
    """

    batch = models.ForeignKey(
        CreditBatch, on_delete=models.PROTECT, related_name="blocks", db_constraint=False, db_index=False
    )
    batch_kg = models.BigIntegerField()
    first_kg = models.BigIntegerField()
    end_kg = models.BigIntegerField()
    account = models.ForeignKey(
        "transactions.HoldingAccount", on_delete=models.PROTECT, related_name="blocks", db_index=False
    )
    state = models.CharField(max_length=10, choices=BlockState.choices)
    previous_end_kg = models.GeneratedField(
        expression=NullIf(F("first_kg"), Value(0)), output_field=models.BigIntegerField(), db_persist=True
    )
    next_first_kg = models.GeneratedField(
        expression=NullIf(F("end_kg"), F("batch_kg")), output_field=models.BigIntegerField(), db_persist=True
    )

    class Meta:
        ordering = ["batch_id", "first_kg"]
        indexes = [
            models.Index(fields=["batch", "account", "state", "first_kg"], name="transactions_block_holding_idx"),
            models.Index(fields=["account", "batch"], name="transactions_block_account_idx"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["batch", "first_kg"], name="transactions_block_first_once"),
            models.UniqueConstraint(fields=["batch", "end_kg"], name="transactions_block_end_once"),
            models.CheckConstraint(
                condition=Q(first_kg__gte=0, end_kg__gt=F("first_kg"), end_kg__lte=F("batch_kg")),
                name="transactions_block_range_valid",
            ),
        ]

    def __str__(self) -> str:
        return f"[{self.first_kg}, {self.end_kg}) of batch {self.batch_id}"

    @property
    def quantity_kg(self) -> int:
        """Its length in kilograms."""
        return self.end_kg - self.first_kg

    def serial(self, root: str) -> str:
        """Return its serial number, given the root of its batch."""
        return serial_text(root=root, first_kg=self.first_kg, end_kg=self.end_kg)
