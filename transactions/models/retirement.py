"""Retirements: on whose behalf credits were used up, and why. Final."""

import uuid

from django.db import models
from django.db.models import F, Q

from transactions.choices import RetirementPurpose


class Retirement(models.Model):
    """One retirement; its `public_id` is the address of its certificate for ever.

    What was retired (the exact serial ranges) is in the ledger entries of its transaction.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    transaction = models.OneToOneField("transactions.Transaction", on_delete=models.PROTECT, related_name="retirement")
    beneficiary_name = models.CharField(max_length=255)
    beneficiary_location = models.CharField(max_length=255, blank=True)
    purpose = models.CharField(max_length=30, choices=RetirementPurpose.choices)
    period_start = models.DateField(null=True, blank=True)
    period_end = models.DateField(null=True, blank=True)
    note = models.CharField(max_length=1000, blank=True)
    published = models.BooleanField(default=True, help_text="Whether the beneficiary is shown to the public.")
    retired_at = models.DateTimeField()

    class Meta:
        ordering = ["-retired_at", "-pk"]
        indexes = [models.Index(fields=["-retired_at", "-id"], name="transactions_retirement_at_idx")]
        constraints = [
            models.CheckConstraint(
                condition=Q(period_start__isnull=True)
                | Q(period_end__isnull=True)
                | Q(period_end__gte=F("period_start")),
                name="transactions_retirement_period_ordered",
            )
        ]

    def __str__(self) -> str:
        return f"retirement {self.public_id}"
