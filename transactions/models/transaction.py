"""Transactions: what somebody asked for, what it cost, and how it ended. The ledger says what moved."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from transactions.choices import PaymentMethod, TransactionStatus, TransactionType


class TransferOffers(models.Manager["TransferOffer"]):
    """Only those transactions that are, or were, offers."""

    def get_queryset(self) -> models.QuerySet["TransferOffer"]:
        """Return the transfers with a time until which they may be accepted."""
        return super().get_queryset().filter(transaction_type=TransactionType.TRANSFER, expires_at__isnull=False)


class Transaction(models.Model):
    """One purchase, transfer, retirement or cancellation, from request to result.

    Names follow the API contract. Credits are `quantity_kg`; money is a decimal with its currency.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    transaction_type = models.CharField(max_length=20, choices=TransactionType.choices)
    status = models.CharField(max_length=10, choices=TransactionStatus.choices, default=TransactionStatus.PENDING)
    project = models.ForeignKey("registry.Project", on_delete=models.PROTECT, related_name="transactions")
    vintage = models.PositiveSmallIntegerField(null=True, blank=True)
    from_account = models.ForeignKey(
        "transactions.HoldingAccount", null=True, blank=True, on_delete=models.PROTECT, related_name="transactions_out"
    )
    to_account = models.ForeignKey(
        "transactions.HoldingAccount", null=True, blank=True, on_delete=models.PROTECT, related_name="transactions_in"
    )
    from_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    to_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    guest_email = models.EmailField(max_length=254, blank=True)
    quantity_kg = models.BigIntegerField()

    price_per_credit = models.DecimalField(max_digits=15, decimal_places=4, null=True, blank=True)
    total_amount = models.DecimalField(max_digits=15, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    payment_method = models.CharField(max_length=10, choices=PaymentMethod.choices, blank=True)
    stripe_payment_intent_id = models.CharField(max_length=255, blank=True)
    refund_amount = models.DecimalField(max_digits=15, decimal_places=2, default=0)
    refund_reason = models.CharField(max_length=1000, blank=True)

    note = models.CharField(max_length=1000, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    processing_time_seconds = models.DecimalField(max_digits=12, decimal_places=3, null=True, blank=True)
    user_agent = models.CharField(max_length=500, blank=True)
    ip_address = models.GenericIPAddressField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["status", "expires_at"], name="transactions_tx_expiry_idx"),
            models.Index(fields=["created_at"], name="transactions_tx_created_idx"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(quantity_kg__gt=0), name="transactions_transaction_quantity_positive"),
            models.CheckConstraint(
                condition=Q(refund_amount__gte=0)
                & (Q(total_amount__isnull=True, refund_amount=0) | Q(refund_amount__lte=F("total_amount"))),
                name="transactions_transaction_refund_bounded",
            ),
            models.CheckConstraint(
                condition=Q(total_amount__isnull=True, currency="") | (Q(total_amount__gte=0) & ~Q(currency="")),
                name="transactions_transaction_money_has_currency",
            ),
            models.UniqueConstraint(
                fields=["stripe_payment_intent_id"],
                condition=~Q(stripe_payment_intent_id=""),
                name="transactions_transaction_intent_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_transaction_type_display()} {self.public_id}"


class TransferOffer(Transaction):
    """A transfer that its receiver has to accept: reserved until it is accepted, declined, withdrawn or over."""

    objects: ClassVar[TransferOffers] = TransferOffers()

    class Meta:
        proxy = True
        ordering = ["-pk"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"Transfer offer no. {self.pk}"


class TransactionEntry(models.Model):
    """Which ledger entries a transaction made; one row per entry, an entry belongs to one transaction."""

    transaction = models.ForeignKey(Transaction, on_delete=models.PROTECT, related_name="entry_links")
    entry = models.OneToOneField(
        "transactions.LedgerEntry", on_delete=models.PROTECT, related_name="transaction_link", primary_key=True
    )

    class Meta:
        ordering = ["entry_id"]
        verbose_name_plural = "transaction entries"

    def __str__(self) -> str:
        return f"entry {self.entry_id} of transaction {self.transaction_id}"
