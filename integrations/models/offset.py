"""Offsets: which credits are retired for the emissions that a report of some months came to, and what it said then."""

import uuid
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from carboncore.common.quantities import tonnes_from_kg
from integrations.emission_choices import SCOPE_2_METHODS, Method, OffsetStatus
from integrations.querysets import AWAITED_STATUSES, EmissionsOffsetQuerySet


class EmissionsOffset(models.Model):
    """The credits that are retired for one inventory's emissions of whole months, in kilograms.

    Made on a report whose total by `method` was `total_kg_co2e`, when `before_kg` of these months were offset already:
    `quantity_kg` is what remained, rounded up to the whole kilogram. `report` is that report's JSON, byte for byte, and
    `report_sha256` its digest. Nothing of it changes when the figures do; only the report's text can be erased.
    Either a purchase retires the credits once it is paid, or they were held already and retired at once.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="emissions_offsets"
    )
    organisation = models.ForeignKey(
        "accounts.Organisation", null=True, blank=True, on_delete=models.PROTECT, related_name="emissions_offsets"
    )
    first_month = models.DateField(help_text="The first of the first month.")
    last_month = models.DateField(help_text="The first of the last month, which is in it.")
    method = models.CharField(max_length=10, choices=SCOPE_2_METHODS)
    total_kg_co2e = models.DecimalField("the report's total, kg CO₂e", max_digits=24, decimal_places=6)
    before_kg = models.BigIntegerField("offset before, kg")
    quantity_kg = models.BigIntegerField("quantity, kg")
    report = models.TextField(blank=True)
    report_sha256 = models.CharField("the report's SHA-256", max_length=64)
    purchase = models.OneToOneField(
        "transactions.Transaction", null=True, blank=True, on_delete=models.PROTECT, related_name="emissions_offset"
    )
    retirement = models.OneToOneField(
        "transactions.Retirement", null=True, blank=True, on_delete=models.PROTECT, related_name="emissions_offset"
    )
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)

    objects = EmissionsOffsetQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                condition=Q(owner__isnull=False, organisation__isnull=True)
                | Q(owner__isnull=True, organisation__isnull=False),
                name="integrations_emissionsoffset_one_holder",
            ),
            models.CheckConstraint(
                condition=Q(purchase__isnull=False, retirement__isnull=True)
                | Q(purchase__isnull=True, retirement__isnull=False),
                name="integrations_emissionsoffset_one_way",
            ),
            models.CheckConstraint(
                condition=Q(last_month__gte=F("first_month"), first_month__day=1, last_month__day=1),
                name="integrations_emissionsoffset_whole_months",
            ),
            models.CheckConstraint(
                condition=Q(method__in=[Method.LOCATION, Method.MARKET]),
                name="integrations_emissionsoffset_method_known",
            ),
            # What remained, rounded up to the whole kilogram, and not a kilogram more.
            models.CheckConstraint(
                condition=Q(
                    before_kg__gte=0,
                    quantity_kg__gt=0,
                    total_kg_co2e__lte=F("before_kg") + F("quantity_kg"),
                    total_kg_co2e__gt=F("before_kg") + F("quantity_kg") - 1,
                ),
                name="integrations_emissionsoffset_what_remained",
            ),
            models.CheckConstraint(
                condition=Q(report_sha256__regex=r"^[0-9a-f]{64}$"), name="integrations_emissionsoffset_digest_whole"
            ),
        ]

    def __str__(self) -> str:
        return f"Offset of {self.months} by {self.quantity_kg:,} kg"

    @property
    def months(self) -> str:
        """Return its months in words: one, or the first and the last."""
        first, last = f"{self.first_month:%B %Y}", f"{self.last_month:%B %Y}"
        return first if first == last else f"{first} to {last}"

    @property
    def tonnes(self) -> Decimal:
        """Return the quantity in tonnes."""
        return tonnes_from_kg(self.quantity_kg)

    @property
    def retired(self) -> Any:
        """Return the retirement, when the credits are retired."""
        if self.retirement is not None:
            return self.retirement
        planned = getattr(self.purchase, "planned_retirement", None)
        return planned.retirement if planned else None

    @property
    def status(self) -> OffsetStatus:
        """Return how far it has come; it follows from its purchase and is kept nowhere."""
        if self.retired is not None:
            return OffsetStatus.RETIRED
        awaited = self.purchase is not None and self.purchase.status in AWAITED_STATUSES
        return OffsetStatus.AWAITING_PAYMENT if awaited else OffsetStatus.ENDED
