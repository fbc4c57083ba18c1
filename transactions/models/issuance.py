"""Requests to issue credits for a monitored period: one person asks, another approves."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from transactions.choices import RequestState


class IssuanceRequest(models.Model):
    """A request for a quantity of one vintage; approving it makes the batch.

    The monitoring period may be named later, but not after the approval.
    """

    project = models.ForeignKey("registry.Project", on_delete=models.PROTECT, related_name="issuance_requests")
    monitoring_period = models.ForeignKey(
        "registry.MonitoringPeriod", null=True, blank=True, on_delete=models.PROTECT, related_name="issuance_requests"
    )
    standard = models.ForeignKey("registry.Standard", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    vintage = models.PositiveSmallIntegerField()
    quantity_kg = models.BigIntegerField()
    labels = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    justification = models.TextField(blank=True, max_length=4000)
    state = models.CharField(max_length=10, choices=RequestState.choices, default=RequestState.PENDING)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_note = models.TextField(blank=True, max_length=4000)
    batch = models.OneToOneField(
        "transactions.CreditBatch", null=True, blank=True, on_delete=models.PROTECT, related_name="issuance_request"
    )

    class Meta:
        ordering = ["-pk"]
        permissions = [("approve_issuancerequest", "Can approve and reject issuance requests")]
        constraints = [
            models.CheckConstraint(condition=Q(quantity_kg__gt=0), name="transactions_issuance_quantity_positive"),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("requested_by")),
                name="transactions_issuance_second_person",
            ),
            models.CheckConstraint(
                condition=Q(state=RequestState.PENDING, batch__isnull=True, decided_by__isnull=True)
                | Q(state=RequestState.REJECTED, batch__isnull=True, decided_by__isnull=False)
                | Q(
                    state=RequestState.APPROVED,
                    batch__isnull=False,
                    decided_by__isnull=False,
                    monitoring_period__isnull=False,
                ),
                name="transactions_issuance_state_whole",
            ),
            models.UniqueConstraint(
                fields=["monitoring_period", "vintage"],
                condition=~Q(state=RequestState.REJECTED),
                name="transactions_issuance_period_vintage_once",
            ),
        ]

    def __str__(self) -> str:
        return f"issuance request {self.pk}"
