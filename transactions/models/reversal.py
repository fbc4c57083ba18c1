"""Requests to reverse a wrong ledger entry: one person asks, another approves."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from transactions.choices import RequestState


class ReversalRequest(models.Model):
    """A request to put back what one ledger entry moved; approving it posts the reversing entry."""

    entry = models.ForeignKey("transactions.LedgerEntry", on_delete=models.PROTECT, related_name="reversal_requests")
    reason = models.CharField(max_length=1000)
    state = models.CharField(max_length=10, choices=RequestState.choices, default=RequestState.PENDING)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_note = models.CharField(max_length=1000, blank=True)
    reversal = models.OneToOneField(
        "transactions.LedgerEntry",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="reversal_request_carried_out",
    )

    class Meta:
        ordering = ["-pk"]
        permissions = [("approve_reversalrequest", "Can approve and reject reversal requests")]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="transactions_reversalrequest_reason_given"),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("requested_by")),
                name="transactions_reversalrequest_second_person",
            ),
            models.CheckConstraint(
                condition=Q(state=RequestState.PENDING, decided_by__isnull=True, reversal__isnull=True)
                | Q(state=RequestState.REJECTED, decided_by__isnull=False, reversal__isnull=True)
                | Q(state=RequestState.APPROVED, decided_by__isnull=False, reversal__isnull=False),
                name="transactions_reversalrequest_state_whole",
            ),
            models.UniqueConstraint(
                fields=["entry"],
                condition=~Q(state=RequestState.REJECTED),
                name="transactions_reversalrequest_entry_once",
            ),
        ]

    def __str__(self) -> str:
        return f"reversal request {self.pk}"
