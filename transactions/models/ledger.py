"""The append-only ledger: entries, hash-chained per batch, and the ranges each one moved."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from transactions.choices import BlockState, EntryKind


class LedgerEntry(models.Model):
    """One movement within one batch; a transaction over several batches makes one entry in each.

    `hash` is sha256(previous hash ‖ canonical text of this entry), see `transactions.canonical`. Rows are
    never changed or deleted; triggers refuse it. A correction is an entry that names the one it reverses.
    """

    batch = models.ForeignKey("transactions.CreditBatch", on_delete=models.PROTECT, related_name="ledger_entries")
    position = models.BigIntegerField(help_text="Counts the batch's entries from 1.")
    kind = models.CharField(max_length=20, choices=EntryKind.choices)
    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(max_length=1000, blank=True)
    reverses = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="reversed_by")
    previous_hash = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)

    class Meta:
        ordering = ["batch_id", "position"]
        verbose_name_plural = "ledger entries"
        constraints = [
            models.UniqueConstraint(fields=["batch", "position"], name="transactions_entry_position_once"),
            models.CheckConstraint(condition=Q(position__gt=0), name="transactions_entry_position_positive"),
            models.CheckConstraint(
                condition=Q(kind=EntryKind.REVERSAL, reverses__isnull=False)
                | (~Q(kind=EntryKind.REVERSAL) & Q(reverses__isnull=True)),
                name="transactions_entry_reversal_names_entry",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} no. {self.position} of batch {self.batch_id}"


class LedgerLine(models.Model):
    """One range that an entry moved: from account and state (none at issuance) to account and state."""

    entry = models.ForeignKey(LedgerEntry, on_delete=models.PROTECT, related_name="lines")
    first_kg = models.BigIntegerField()
    end_kg = models.BigIntegerField()
    from_account = models.ForeignKey(
        "transactions.HoldingAccount", null=True, blank=True, on_delete=models.PROTECT, related_name="lines_out"
    )
    to_account = models.ForeignKey("transactions.HoldingAccount", on_delete=models.PROTECT, related_name="lines_in")
    from_state = models.CharField(max_length=10, choices=BlockState.choices, blank=True)
    to_state = models.CharField(max_length=10, choices=BlockState.choices)

    class Meta:
        ordering = ["entry_id", "first_kg"]
        constraints = [
            models.CheckConstraint(
                condition=Q(first_kg__gte=0, end_kg__gt=F("first_kg")), name="transactions_line_range_valid"
            ),
            models.CheckConstraint(
                condition=Q(from_account__isnull=True, from_state="")
                | (Q(from_account__isnull=False) & ~Q(from_state="")),
                name="transactions_line_source_whole",
            ),
            models.UniqueConstraint(fields=["entry", "first_kg"], name="transactions_line_range_once"),
        ]

    def __str__(self) -> str:
        return f"[{self.first_kg}, {self.end_kg}) {self.from_state or 'new'} → {self.to_state}"
