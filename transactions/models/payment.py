"""What is known of the money of a purchase: its payment, refunds, what the provider told us, what needs a person."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from transactions.choices import IssueKind, IssueResolution, PaymentState, RefundState, RetirementPurpose


class Payment(models.Model):
    """The payment of one purchase. `awaited` until money was taken or can no longer be.

    `amount_received` is in the currency's minor units, as the provider states it.
    """

    transaction = models.OneToOneField(
        "transactions.Transaction", primary_key=True, on_delete=models.PROTECT, related_name="payment"
    )
    state = models.CharField(max_length=10, choices=PaymentState.choices, default=PaymentState.AWAITED)
    amount_received = models.BigIntegerField(null=True, blank=True)
    currency_received = models.CharField(max_length=3, blank=True)
    reference = models.CharField(max_length=255, blank=True, help_text="Of an invoice: the bank's or our number.")
    provider_status = models.CharField(max_length=40, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    taken_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["checked_at"], condition=Q(state=PaymentState.AWAITED), name="transactions_payment_open_idx"
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state=PaymentState.TAKEN)
                | Q(amount_received__isnull=False, amount_received__gt=0, taken_at__isnull=False),
                name="transactions_payment_taken_whole",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_state_display()} payment of transaction {self.transaction_id}"


class PlannedRetirement(models.Model):
    """On whose behalf bought credits are to be retired the moment they are paid."""

    transaction = models.OneToOneField(
        "transactions.Transaction", primary_key=True, on_delete=models.PROTECT, related_name="planned_retirement"
    )
    beneficiary_name = models.CharField(max_length=255)
    beneficiary_location = models.CharField(max_length=255, blank=True)
    purpose = models.CharField(max_length=30, choices=RetirementPurpose.choices)
    period_start = models.DateField(null=True, blank=True)
    period_end = models.DateField(null=True, blank=True)
    inventory = models.CharField(max_length=255, blank=True)
    note = models.CharField(max_length=1000, blank=True)
    published = models.BooleanField(default=True)
    retirement = models.OneToOneField(
        "transactions.Retirement", null=True, blank=True, on_delete=models.PROTECT, related_name="planned_by"
    )
    withdrawn_at = models.DateTimeField(
        null=True, blank=True, help_text="From then on bought credits are delivered and not retired."
    )

    def __str__(self) -> str:
        return f"retirement planned by transaction {self.transaction_id}"


class PaymentRefund(models.Model):
    """Money to give back, written down before the provider is asked; `public_id` is the idempotency key there."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    transaction = models.ForeignKey("transactions.Transaction", on_delete=models.PROTECT, related_name="refunds")
    amount = models.DecimalField(max_digits=15, decimal_places=2)
    currency = models.CharField(max_length=3)
    quantity_kg = models.BigIntegerField(default=0, help_text="Credits that came back for it; 0 for a late payment.")
    reason = models.CharField(max_length=1000)
    state = models.CharField(max_length=10, choices=RefundState.choices, default=RefundState.DUE)
    provider_id = models.CharField(max_length=255, blank=True)
    failure = models.CharField(max_length=500, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(
                fields=["updated_at"],
                condition=Q(state__in=[RefundState.DUE, RefundState.PENDING]),
                name="transactions_refund_open_idx",
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0, quantity_kg__gte=0), name="transactions_refund_amount_positive"
            ),
            models.UniqueConstraint(
                fields=["provider_id"], condition=~Q(provider_id=""), name="transactions_refund_provider_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_state_display()} refund {self.public_id}"


class PaymentIssue(models.Model):
    """Something about a payment that a person has to decide; the staff's queue is those without `resolved_at`."""

    transaction = models.ForeignKey(
        "transactions.Transaction", null=True, blank=True, on_delete=models.PROTECT, related_name="payment_issues"
    )
    kind = models.CharField(max_length=20, choices=IssueKind.choices)
    subject = models.CharField(max_length=255, help_text="The provider's id of what it is about.")
    details = models.CharField(max_length=1000)
    opened_at = models.DateTimeField(auto_now_add=True)
    resolution = models.CharField(max_length=10, choices=IssueResolution.choices, blank=True)
    resolution_note = models.CharField(max_length=1000, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "subject"], name="transactions_issue_once"),
            models.CheckConstraint(
                condition=Q(resolved_at__isnull=True, resolved_by__isnull=True, resolution="")
                | (Q(resolved_at__isnull=False, resolved_by__isnull=False) & ~Q(resolution="")),
                name="transactions_issue_resolution_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.subject}"


class StripeEvent(models.Model):
    """One event that Stripe delivered, kept once. Its content is not: the object it names is always read anew."""

    event_id = models.CharField(max_length=255, unique=True)
    event_type = models.CharField(max_length=100)
    object_id = models.CharField(max_length=255, blank=True)
    intent_id = models.CharField(max_length=255, blank=True)
    created_at_stripe = models.DateTimeField()
    received_at = models.DateTimeField(auto_now_add=True)
    processed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=30, blank=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["id"], condition=Q(processed_at__isnull=True), name="transactions_event_open_idx")
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(processed_at__isnull=True, outcome="") | (Q(processed_at__gte=F("received_at"))),
                name="transactions_event_outcome_whole",
            )
        ]

    def __str__(self) -> str:
        return f"{self.event_type} {self.event_id}"
