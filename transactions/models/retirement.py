"""Retirements: on whose behalf credits were used up, and why. Final."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from transactions.choices import RetirementPurpose
from transactions.statements import SALT_BYTES


class Retirement(models.Model):
    """One retirement; its `public_id` is the address of its certificate for ever.

    What was retired (the exact serial ranges) is in the ledger entries of its transaction. What it says is
    proved by the digest in those entries, see `transactions.statements`; only `published` may change. Erasing
    takes beneficiary, location, note and salt away for good and leaves the digest, so that the chain holds.
    Retirements of before the digest was introduced have neither digest nor salt.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    transaction = models.OneToOneField("transactions.Transaction", on_delete=models.PROTECT, related_name="retirement")
    beneficiary_name = models.CharField(max_length=255, blank=True)
    beneficiary_location = models.CharField(max_length=255, blank=True)
    purpose = models.CharField(max_length=30, choices=RetirementPurpose.choices)
    period_start = models.DateField(null=True, blank=True)
    period_end = models.DateField(null=True, blank=True)
    inventory = models.CharField(
        max_length=255,
        blank=True,
        help_text="Which inventory's emissions it offsets; names nobody, and is never erased.",
    )
    note = models.CharField(max_length=1000, blank=True)
    published = models.BooleanField(default=True, help_text="Whether the beneficiary is shown to the public.")
    retired_at = models.DateTimeField()
    beneficiary_digest = models.BinaryField(max_length=32, null=True, blank=True)
    salt = models.BinaryField(max_length=SALT_BYTES, null=True, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)
    erased_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    erasure_reason = models.CharField(max_length=1000, blank=True)

    class Meta:
        ordering = ["-retired_at", "-pk"]
        indexes = [models.Index(fields=["-retired_at", "-id"], name="transactions_retirement_at_idx")]
        constraints = [
            models.CheckConstraint(
                condition=Q(period_start__isnull=True)
                | Q(period_end__isnull=True)
                | Q(period_end__gte=F("period_start")),
                name="transactions_retirement_period_ordered",
            ),
            models.CheckConstraint(
                condition=(
                    Q(erased_at__isnull=True, erased_by__isnull=True, erasure_reason="")
                    & ~Q(beneficiary_name="")
                    & (
                        Q(beneficiary_digest__isnull=True, salt__isnull=True)
                        | Q(beneficiary_digest__isnull=False, salt__isnull=False)
                    )
                )
                | (
                    Q(erased_at__isnull=False, salt__isnull=True, published=False)
                    & Q(beneficiary_name="", beneficiary_location="", note="")
                    & ~Q(erasure_reason="")
                ),
                name="transactions_retirement_erased_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"retirement {self.public_id}"
