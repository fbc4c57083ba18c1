"""Transfers out of an organisation that are above its limit: one member asks, a second one approves."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.choices import ConsentState
from transactions.choices import ApprovedKind


class MovementApproval(models.Model):
    """What one member wants to transfer, word for word; approving it carries exactly this out.

    Nothing is reserved meanwhile. `transaction` is what came of it.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, related_name="movement_approvals"
    )
    kind = models.CharField(max_length=10, choices=ApprovedKind.choices)
    from_account = models.ForeignKey("transactions.HoldingAccount", on_delete=models.PROTECT, related_name="+")
    to_account = models.ForeignKey("transactions.HoldingAccount", on_delete=models.PROTECT, related_name="+")
    project = models.ForeignKey("registry.Project", on_delete=models.PROTECT, related_name="+")
    vintage = models.PositiveSmallIntegerField(null=True, blank=True)
    quantity_kg = models.BigIntegerField()
    serials = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    note = models.CharField(max_length=1000, blank=True)
    offer_expires_at = models.DateTimeField(null=True, blank=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=ConsentState.choices, default=ConsentState.PENDING)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_note = models.CharField(max_length=1000, blank=True)
    transaction = models.OneToOneField(
        "transactions.Transaction", null=True, blank=True, on_delete=models.PROTECT, related_name="approval"
    )

    class Meta:
        ordering = ["-pk"]
        default_permissions = ("view",)
        indexes = [
            models.Index(
                fields=["expires_at"],
                condition=Q(state=ConsentState.PENDING),
                name="transactions_approval_wait_idx",
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(quantity_kg__gt=0), name="transactions_approval_quantity_positive"),
            models.CheckConstraint(
                condition=~Q(state__in=[ConsentState.APPROVED, ConsentState.REJECTED]) | ~Q(decided_by=F("asked_by")),
                name="transactions_approval_second_person",
            ),
            models.CheckConstraint(
                condition=Q(state=ConsentState.PENDING, decided_at__isnull=True, transaction__isnull=True)
                | Q(
                    state=ConsentState.APPROVED,
                    decided_at__isnull=False,
                    decided_by__isnull=False,
                    transaction__isnull=False,
                )
                | Q(
                    state__in=[ConsentState.REJECTED, ConsentState.WITHDRAWN],
                    decided_at__isnull=False,
                    decided_by__isnull=False,
                    transaction__isnull=True,
                )
                | Q(state=ConsentState.EXPIRED, decided_at__isnull=False, transaction__isnull=True),
                name="transactions_approval_state_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"Approval no. {self.pk}"
