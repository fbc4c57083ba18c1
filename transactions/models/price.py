"""Prices of credits, each with the time it holds. What was once a price stays what it was."""

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Coalesce


class _TimeRange(Func):
    """The half-open range of two times; no end is for ever."""

    function = "tstzrange"
    output_field = DateTimeRangeField()


class CreditPrice(models.Model):
    """The price of one credit (tonne) of a project, or of one of its vintages, in one currency, over a time.

    A trigger refuses every change but ending one sooner, and every deletion but of one that has not begun.
    """

    project = models.ForeignKey("registry.Project", on_delete=models.PROTECT, related_name="credit_prices")
    vintage = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Empty: every vintage without its own.")
    currency = models.CharField(max_length=3)
    price_per_credit = models.DecimalField(max_digits=15, decimal_places=4)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(price_per_credit__gt=0), name="transactions_price_positive"),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="transactions_price_currency_code"),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="transactions_price_time_ordered",
            ),
            # An empty range overlaps nothing, so a price that ended the moment it began is in nobody's way.
            ExclusionConstraint(
                name="transactions_price_one_at_a_time",
                expressions=[
                    ("project", RangeOperators.EQUAL),
                    (Coalesce("vintage", Value(0)), RangeOperators.EQUAL),
                    ("currency", RangeOperators.EQUAL),
                    (_TimeRange("valid_from", "valid_to"), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.price_per_credit} {self.currency} from {self.valid_from:%Y-%m-%d %H:%M}"


class VolumeTier(models.Model):
    """A lower price per credit from a quantity on; it holds for the whole quantity bought."""

    price = models.ForeignKey(CreditPrice, on_delete=models.CASCADE, related_name="tiers", db_index=False)
    from_kg = models.BigIntegerField()
    price_per_credit = models.DecimalField(max_digits=15, decimal_places=4)

    class Meta:
        ordering = ["price_id", "from_kg"]
        constraints = [
            models.UniqueConstraint(fields=["price", "from_kg"], name="transactions_tier_once"),
            models.CheckConstraint(condition=Q(from_kg__gt=0), name="transactions_tier_quantity_positive"),
            models.CheckConstraint(condition=Q(price_per_credit__gt=0), name="transactions_tier_price_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.price_per_credit} from {self.from_kg} kg"
