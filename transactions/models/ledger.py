"""The append-only ledger: entries, hash-chained per batch, and the ranges each one moved."""

from django.conf import settings
from django.db import models
from django.db.models import F, Func, Q

from transactions.canonical import FIRST_FORMAT, FORMAT
from transactions.choices import BlockState, EntryKind


class LedgerEntry(models.Model):
    """One movement within one batch; a transaction over several batches makes one entry in each.

    `hash` is sha256(previous hash ‖ canonical text of this entry), see `transactions.canonical`; `format` says
    what the text holds. `statement` is the digest of what a retirement says, see `transactions.statements`. Rows
    are never changed or deleted; triggers refuse it. A correction is an entry that names the one it reverses.
    """

    batch = models.ForeignKey(
        "transactions.CreditBatch", on_delete=models.PROTECT, related_name="ledger_entries", db_index=False
    )
    position = models.BigIntegerField(help_text="Counts the batch's entries from 1.")
    kind = models.CharField(max_length=20, choices=EntryKind.choices)
    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(max_length=1000, blank=True)
    format = models.PositiveSmallIntegerField(help_text="Which canonical text the hash is of.")
    statement = models.BinaryField(max_length=32, null=True, blank=True)
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
            models.CheckConstraint(
                condition=Q(format__in=[FIRST_FORMAT, FORMAT]), name="transactions_entry_format_known"
            ),
            models.CheckConstraint(
                condition=Q(kind=EntryKind.RETIREMENT, format__gt=FIRST_FORMAT, statement__isnull=False)
                | (Q(statement__isnull=True) & (~Q(kind=EntryKind.RETIREMENT) | Q(format=FIRST_FORMAT))),
                name="transactions_entry_statement_fits",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} no. {self.position} of batch {self.batch_id}"


class LedgerLine(models.Model):
    """One range that an entry moved: from account and state (none at issuance) to account and state.

    `batch` and `at` repeat what the entry says, so that a range's history and an account's month are found by
    an index. They have no key of their own, which would cost every movement; `verify_ledger` compares them.
    `span` is the number of bits of (length - 1): a range is at most 2^span kilograms long, so the lines over a
    kilogram are found by looking back 2^span from it, in each span.
    """

    entry = models.ForeignKey(LedgerEntry, on_delete=models.PROTECT, related_name="lines", db_index=False)
    batch = models.ForeignKey(
        "transactions.CreditBatch",
        on_delete=models.PROTECT,
        related_name="ledger_lines",
        db_constraint=False,
        db_index=False,
    )
    at = models.DateTimeField()
    first_kg = models.BigIntegerField()
    end_kg = models.BigIntegerField()
    from_account = models.ForeignKey(
        "transactions.HoldingAccount",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="lines_out",
        db_index=False,
    )
    to_account = models.ForeignKey(
        "transactions.HoldingAccount", on_delete=models.PROTECT, related_name="lines_in", db_index=False
    )
    from_state = models.CharField(max_length=10, choices=BlockState.choices, blank=True)
    to_state = models.CharField(max_length=10, choices=BlockState.choices)
    span = models.GeneratedField(
        expression=Func(
            F("end_kg") - F("first_kg") - 1, template="length(ltrim((%(expressions)s)::bit(64)::text, '0'))"
        ),
        output_field=models.SmallIntegerField(),
        db_persist=True,
    )

    class Meta:
        ordering = ["entry_id", "first_kg"]
        indexes = [
            models.Index(fields=["batch", "span", "first_kg"], name="transactions_line_range_idx"),
            models.Index(fields=["from_account", "at"], name="transactions_line_out_idx"),
            models.Index(fields=["to_account", "at"], name="transactions_line_in_idx"),
        ]
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
