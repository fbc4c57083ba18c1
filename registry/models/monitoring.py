"""Monitoring periods: what a project claims to have reduced or removed, and what was verified."""

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value

from carboncore.common.history import tracked_history
from registry.choices import MonitoringStatus


class _DateRange(Func):
    function = "daterange"
    output_field = DateRangeField()


class MonitoringPeriod(models.Model):
    """First to last day (both included), the quantity claimed and the quantity verified, in kilograms of CO2e.

    Periods of one project may not overlap, or a tonne could be claimed twice.
    """

    project = models.ForeignKey("registry.Project", on_delete=models.PROTECT, related_name="monitoring_periods")
    starts_on = models.DateField("first day")
    ends_on = models.DateField("last day")
    claimed_kg = models.BigIntegerField("claimed (kg CO2e)")
    verified_kg = models.BigIntegerField("verified (kg CO2e)", null=True, blank=True)
    validator = models.ForeignKey(
        "registry.StandardValidator",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="monitoring_periods",
        verbose_name="verification body",
    )
    verified_on = models.DateField(null=True, blank=True)
    status = models.CharField(
        max_length=10, choices=MonitoringStatus.choices, default=MonitoringStatus.DRAFT, editable=False
    )
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    history = tracked_history()

    class Meta:
        ordering = ["project_id", "starts_on"]
        permissions = [("verify_monitoringperiod", "Can record the verification of a monitoring period")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")),
                name="registry_monitoringperiod_days_ordered",
                violation_error_message="The period ends before it begins.",
            ),
            models.CheckConstraint(
                condition=Q(claimed_kg__gt=0) & (Q(verified_kg__isnull=True) | Q(verified_kg__gt=0)),
                name="registry_monitoringperiod_quantity_positive",
                violation_error_message="Quantities must be more than 0.",
            ),
            models.CheckConstraint(
                condition=~Q(status=MonitoringStatus.VERIFIED)
                | Q(
                    verified_kg__isnull=False,
                    validator__isnull=False,
                    verified_on__isnull=False,
                    verified_by__isnull=False,
                ),
                name="registry_monitoringperiod_verified_whole",
            ),
            ExclusionConstraint(
                name="registry_monitoringperiod_no_overlap",
                expressions=[
                    ("project", RangeOperators.EQUAL),
                    (_DateRange(F("starts_on"), F("ends_on"), Value("[]")), RangeOperators.OVERLAPS),
                ],
                condition=~Q(status=MonitoringStatus.REJECTED),
                violation_error_message="Another monitoring period of this project covers some of these days.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.starts_on} to {self.ends_on}"
