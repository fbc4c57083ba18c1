"""Credits that live in other registries: what those state about them, read-only and outside this registry's ledger."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, BigIntegerRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q

from transactions.choices import OriginCreditKind

_SAME_CREDITS = [
    ("origin_registry", RangeOperators.EQUAL),
    ("block_key", RangeOperators.EQUAL),
    ("units", RangeOperators.OVERLAPS),
]


class OriginCredits(models.Model):
    """One statement of another registry: so many of a project's credits were issued, retired or cancelled there.

    `units` is the half-open range of credit numbers within `block_key`; null where the origin gives none, and then
    `block_key` names the statement. Every credit is issued once and ends once: two ranges that share credits are
    refused among the issuances, and among the retirements and cancellations together. `buffer_kg` is the part that
    went to the origin's buffer pool. Nothing here can be sold, transferred or retired.
    """

    project = models.ForeignKey(
        "registry.Project", on_delete=models.PROTECT, related_name="origin_credits", db_index=False
    )
    origin_registry = models.CharField(max_length=10)
    kind = models.CharField(max_length=12, choices=OriginCreditKind.choices)
    block_key = models.CharField(max_length=200)
    units = BigIntegerRangeField("credit numbers", null=True, blank=True)
    serial = models.CharField("serial number there", max_length=255, blank=True)
    quantity_kg = models.BigIntegerField()
    buffer_kg = models.BigIntegerField(default=0)
    vintage = models.PositiveSmallIntegerField(null=True, blank=True)
    period_start = models.DateField(null=True, blank=True)
    period_end = models.DateField(null=True, blank=True)
    issued_on = models.DateField(null=True, blank=True)
    ended_on = models.DateField("retired or cancelled on", null=True, blank=True)
    beneficiary = models.CharField(max_length=500, blank=True)
    account_holder = models.CharField(max_length=500, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    note = models.TextField(blank=True, max_length=4000)
    labels = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    digest = models.CharField(max_length=64, editable=False, help_text="Fingerprint of what was stated.")
    imported_at = models.DateTimeField()
    changed_at = models.DateTimeField(null=True, blank=True, help_text="When a later export stated it otherwise.")

    class Meta:
        ordering = ["pk"]
        verbose_name = "credits in their origin registry"
        verbose_name_plural = "credits in their origin registries"
        indexes = [
            models.Index(fields=["project", "kind", "vintage"], name="transactions_origin_proj_idx"),
        ]
        constraints = [
            ExclusionConstraint(
                name="transactions_origincredits_issued_once",
                expressions=_SAME_CREDITS,
                condition=Q(kind=OriginCreditKind.ISSUANCE),
            ),
            ExclusionConstraint(
                name="transactions_origincredits_ended_once",
                expressions=_SAME_CREDITS,
                condition=~Q(kind=OriginCreditKind.ISSUANCE),
            ),
            models.UniqueConstraint(
                fields=["origin_registry", "kind", "block_key"],
                condition=Q(units__isnull=True),
                name="transactions_origincredits_statement_once",
            ),
            models.CheckConstraint(
                condition=Q(units__isnull=True)
                | Q(quantity_kg=(F("units__endswith") - F("units__startswith")) * 1000, units__startswith__gte=0),
                name="transactions_origincredits_length_is_quantity",
            ),
            models.CheckConstraint(
                condition=Q(quantity_kg__gt=0, buffer_kg__gte=0, buffer_kg__lte=F("quantity_kg")),
                name="transactions_origincredits_quantity_positive",
            ),
        ]

    def __str__(self) -> str:
        return self.serial or self.block_key
