"""Emissions: what readings come to under a named factor, the runs that compute them, and what found no factor."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from integrations.choices import ReadingQuality, ReadingType
from integrations.emission_choices import Basis, Line, Method, RunStatus, UnmatchedReason
from integrations.models.connection import Connection
from integrations.models.factors import Factor, FactorSet


class BigIntegerMultirangeField(models.Field):
    """A set of whole numbers, small where they follow on one another; in Python its text, such as `{[5,9),[12,13)}`."""

    def db_type(self, connection: Any) -> str:
        """Return the column's type."""
        return "int8multirange"

    def get_placeholder(self, value: Any, compiler: Any, connection: Any) -> str:
        """Return how a value stands in a statement."""
        return "%s::int8multirange"

    def select_format(self, compiler: Any, sql: str, params: Any) -> tuple[str, Any]:
        """Read it as its text."""
        return f"({sql})::text", params


class EmissionRun(models.Model):
    """One calculation over a connection's readings: who asked for it, and what came of it.

    `renew` is the deed that lets results move to newer factors; `factor_set` names the set to use for all of them.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    connection = models.ForeignKey(
        Connection, on_delete=models.PROTECT, related_name="emission_runs", db_index=False, verbose_name="data source"
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    factor_set = models.ForeignKey(FactorSet, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    renew = models.BooleanField("by newer factors", default=False)
    status = models.CharField(max_length=10, choices=RunStatus.choices, default=RunStatus.QUEUED)
    results_new = models.PositiveIntegerField("new results", default=0)
    results_kept = models.PositiveIntegerField("unchanged results", default=0)
    results_superseded = models.PositiveIntegerField("superseded results", default=0)
    unmatched = models.PositiveIntegerField("kinds without a factor", default=0)
    error_message = models.CharField("why it failed", max_length=500, blank=True)
    queued_at = models.DateTimeField("asked for", auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-queued_at", "-pk"]
        verbose_name = "calculation"
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=RunStatus.values), name="integrations_emissionrun_status_known"
            )
        ]
        indexes = [models.Index(fields=["connection", "-queued_at"], name="integrations_emissionrun_idx")]

    def __str__(self) -> str:
        return f"Calculation for data source {self.connection_id}"


class Emission(models.Model):
    """One line of one series in one month: the sum of its readings times one factor, in kg of CO2e.

    `quantity` is in `unit`, the factor's; what was read and how it was converted stands in `inputs`, with all else
    that a person needs to redo the sum. `low` and `high` bound `kg_co2e` where the method gives a range.
    A result is never changed: another takes its place and this one says by which and when.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    connection = models.ForeignKey(
        Connection, on_delete=models.PROTECT, related_name="emissions", verbose_name="data source"
    )
    run = models.ForeignKey(EmissionRun, on_delete=models.PROTECT, related_name="results")
    reading_type = models.CharField(max_length=30, choices=ReadingType.choices)
    series = models.CharField(max_length=120, blank=True)
    name = models.CharField(max_length=120, blank=True, help_text="What the readings name, such as a fuel.")
    activity = models.CharField(max_length=120)
    read_unit = models.CharField(max_length=30)
    quality = models.CharField(max_length=10, choices=ReadingQuality.choices)
    month = models.DateField(help_text="The first of the month that the middle of each reading lies in.")
    site = models.CharField(max_length=120, blank=True)
    scope = models.PositiveSmallIntegerField()
    category = models.PositiveSmallIntegerField("scope 3 category", null=True, blank=True)
    line = models.CharField(max_length=20, choices=Line.choices)
    method = models.CharField(max_length=10, choices=Method.choices)
    basis = models.CharField(max_length=25, choices=Basis.choices)
    factor = models.ForeignKey(Factor, null=True, blank=True, on_delete=models.PROTECT, related_name="results")
    quantity = models.DecimalField(max_digits=28, decimal_places=9)
    unit = models.CharField(max_length=20)
    kg_co2e = models.DecimalField("kg CO₂e", max_digits=24, decimal_places=6)
    low = models.DecimalField(max_digits=24, decimal_places=6, null=True, blank=True)
    high = models.DecimalField(max_digits=24, decimal_places=6, null=True, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reading_count = models.PositiveIntegerField("readings")
    reading_ids = BigIntegerMultirangeField()
    inputs = models.JSONField(default=dict)
    engine_version = models.CharField(max_length=20)
    calculated_at = models.DateTimeField(db_default=models.functions.Now())
    out_of_date_at = models.DateTimeField(null=True, blank=True)
    superseded_at = models.DateTimeField(null=True, blank=True)
    superseded_by = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="supersedes"
    )

    class Meta:
        ordering = ["-month", "connection_id", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=[
                    *("connection", "reading_type", "series", "name", "activity", "read_unit", "quality"),
                    *("month", "line", "method", "basis"),
                ],
                condition=Q(superseded_at__isnull=True),
                name="integrations_emission_current_once",
            ),
            models.CheckConstraint(
                condition=Q(factor__isnull=False) | Q(basis__in=[Basis.MODEL, Basis.HALF_HOURLY]),
                name="integrations_emission_names_factor",
            ),
            models.CheckConstraint(condition=Q(kg_co2e__gte=0), name="integrations_emission_not_negative"),
            models.CheckConstraint(
                condition=Q(scope__in=[1, 2], category__isnull=True) | Q(scope=3, category__range=(1, 15)),
                name="integrations_emission_category_in_scope_3",
            ),
            models.CheckConstraint(
                condition=Q(superseded_by__isnull=True) | Q(superseded_at__isnull=False),
                name="integrations_emission_superseded_at_a_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["connection", "month"],
                condition=Q(superseded_at__isnull=True),
                name="integrations_emis_month_idx",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kg_co2e} kg CO₂e of {self.reading_type} in {self.month:%Y-%m}"


class ActivityMapping(models.Model):
    """A name that readings use and no factor bears, with what staff say it means.

    `activity` is a factor's activity, or `provider/model` for a language model.
    """

    reading_type = models.CharField(max_length=30, choices=ReadingType.choices)
    text = models.CharField(max_length=120, help_text="As readings name it, in small letters.")
    activity = models.CharField(max_length=120)
    note = models.CharField(max_length=500, blank=True, help_text="Why the two are the same.")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["reading_type", "text"]
        constraints = [
            models.UniqueConstraint(fields=["reading_type", "text"], name="integrations_activitymapping_text_once")
        ]

    def __str__(self) -> str:
        return f"{self.text} → {self.activity}"


class UnmatchedActivity(models.Model):
    """Readings of a connection that no factor was found for: they are in no total, and are shown until they are."""

    connection = models.ForeignKey(
        Connection,
        on_delete=models.PROTECT,
        related_name="unmatched_activities",
        db_index=False,
        verbose_name="data source",
    )
    reading_type = models.CharField(max_length=30, choices=ReadingType.choices)
    text = models.CharField(max_length=120, blank=True)
    unit = models.CharField(max_length=30)
    reason = models.CharField(max_length=20, choices=UnmatchedReason.choices)
    message = models.CharField(max_length=300)
    reading_count = models.PositiveIntegerField("readings")
    quantity = models.DecimalField(max_digits=28, decimal_places=6)
    first_month = models.DateField()
    last_month = models.DateField()
    seen_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-seen_at", "pk"]
        verbose_name_plural = "unmatched activities"
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "reading_type", "text", "unit", "reason"],
                name="integrations_unmatchedactivity_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.text or self.reading_type} in {self.unit}"
