"""Activity readings: what was used, where and when, before anybody says what it emitted."""

from django.db import models
from django.db.models import F, Q

from integrations.choices import ReadingQuality, ReadingType
from integrations.models.connection import Connection


class Reading(models.Model):
    """A quantity of an activity over the half-open time [starts_at, ends_at), once for each (source, id, type).

    `series` is what it belongs to (a meter, a model, a vehicle): gaps are looked for within one. `quantity` is in
    `unit`, a unit that `integrations.units` knows; `payload` is the provider's own record where it says more than the
    columns do. A later answer of the provider about the same external id replaces the quantity and raises `revision`.
    """

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="readings", db_index=False)
    reading_type = models.CharField(max_length=30, choices=ReadingType.choices)
    external_id = models.CharField(max_length=200)
    series = models.CharField(max_length=120, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    quantity = models.DecimalField(max_digits=20, decimal_places=6)
    unit = models.CharField(max_length=30)
    quality = models.CharField(max_length=10, choices=ReadingQuality.choices, default=ReadingQuality.MEASURED)
    payload = models.JSONField(null=True, blank=True)
    revision = models.PositiveSmallIntegerField(default=1)
    received_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        ordering = ["connection_id", "starts_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "reading_type", "external_id"], name="integrations_reading_once"
            ),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="integrations_reading_takes_time"),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="integrations_reading_not_negative"),
        ]
        indexes = [models.Index(fields=["connection", "reading_type", "starts_at"], name="integrations_read_time_idx")]

    def __str__(self) -> str:
        return f"{self.quantity} {self.unit} of {self.reading_type}"
