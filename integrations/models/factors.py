"""Emission factors in versioned sets that never change once loaded, and the grid's intensity by half hour."""

from django.conf import settings
from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.db.models import F, Q

from integrations.emission_choices import GwpBasis, Line, SetStatus

ANYWHERE = "*"


class FactorSet(models.Model):
    """One publication of factors. Only its status changes; a correction by its publisher is another version.

    `rank` decides between publishers that speak about the same activity in the same region: the lowest wins.
    `digest` is the SHA-256 of the file that it was loaded from.
    """

    publisher = models.CharField(max_length=120)
    name = models.CharField(max_length=200)
    version = models.CharField(max_length=40)
    year = models.PositiveSmallIntegerField(help_text="The calendar year whose activities it is for.")
    gwp_basis = models.CharField("GWP basis", max_length=10, choices=GwpBasis.choices)
    licence = models.CharField(max_length=300)
    source = models.CharField(max_length=500, help_text="Where the figures come from.")
    note = models.TextField(blank=True, help_text="What is left out or not confirmed.")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    status = models.CharField(max_length=10, choices=SetStatus.choices)
    rank = models.PositiveSmallIntegerField(default=50)
    digest = models.CharField(max_length=64, help_text="SHA-256 of the file it was loaded from.")
    factor_count = models.PositiveIntegerField()
    loaded_at = models.DateTimeField(db_default=TransactionNow(), editable=False)
    loaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["publisher", "name", "-year", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["publisher", "name", "version"], name="integrations_factorset_version_once"
            ),
            models.CheckConstraint(
                condition=Q(status__in=SetStatus.values), name="integrations_factorset_status_known"
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="integrations_factorset_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(digest__regex=r"^[0-9a-f]{64}$"), name="integrations_factorset_digest_is_hash"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.publisher} {self.version}"


class Factor(models.Model):
    """Kilograms of CO2e for one unit of an activity, as one line of its emissions.

    `key` is the publisher's own id of the row where there is one, and the same from year to year. `activity` names
    what is done in words that all sets share, from wide to narrow: `fuel.lpg`, `flight.long-haul-to-from-uk.…`.
    `co2`, `ch4` and `n2o` are kilograms of CO2e of that gas, where the publisher tells them apart.
    """

    factor_set = models.ForeignKey(FactorSet, on_delete=models.PROTECT, related_name="factors", db_index=False)
    key = models.CharField(max_length=80)
    activity = models.CharField(max_length=120)
    label = models.CharField(max_length=200, help_text="In the publisher's words.")
    line = models.CharField(max_length=20, choices=Line.choices)
    region = models.CharField(max_length=12, help_text="Country (ISO 3166-1), grid region, or * for anywhere.")
    unit = models.CharField(max_length=20)
    kg_co2e = models.DecimalField("kg CO₂e", max_digits=20, decimal_places=9)
    co2 = models.DecimalField("of CO₂", max_digits=20, decimal_places=9, null=True, blank=True)
    ch4 = models.DecimalField("of CH₄", max_digits=20, decimal_places=9, null=True, blank=True)
    n2o = models.DecimalField("of N₂O", max_digits=20, decimal_places=9, null=True, blank=True)
    scope = models.PositiveSmallIntegerField()
    category = models.PositiveSmallIntegerField("scope 3 category", null=True, blank=True)

    class Meta:
        ordering = ["factor_set_id", "activity", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["factor_set", "key"], name="integrations_factor_key_once"),
            models.UniqueConstraint(
                fields=["factor_set", "activity", "line", "region", "unit"], name="integrations_factor_meaning_once"
            ),
            models.CheckConstraint(condition=Q(kg_co2e__gte=0), name="integrations_factor_not_negative"),
            models.CheckConstraint(condition=Q(line__in=Line.values), name="integrations_factor_line_known"),
            models.CheckConstraint(
                condition=Q(scope__in=[1, 2], category__isnull=True) | Q(scope=3, category__range=(1, 15)),
                name="integrations_factor_category_in_scope_3",
            ),
        ]
        indexes = [models.Index(fields=["activity"], name="integrations_factor_act_idx")]

    def __str__(self) -> str:
        return f"{self.label}: {self.kg_co2e.normalize():f} kg CO₂e/{self.unit}"


class GridIntensity(models.Model):
    """How much CO2 a kilowatt hour of a grid stood for in one half hour, in g/kWh: forecast, and actual once known."""

    region = models.CharField(max_length=12, help_text="GB for the nation, GB-13 for one of its regions.")
    starts_at = models.DateTimeField()
    forecast = models.DecimalField(max_digits=8, decimal_places=3, null=True, blank=True)
    actual = models.DecimalField(max_digits=8, decimal_places=3, null=True, blank=True)
    source = models.CharField(max_length=120)

    class Meta:
        ordering = ["region", "starts_at"]
        verbose_name_plural = "grid intensities"
        constraints = [
            models.UniqueConstraint(fields=["region", "starts_at"], name="integrations_gridintensity_once"),
            models.CheckConstraint(
                condition=Q(forecast__isnull=False) | Q(actual__isnull=False),
                name="integrations_gridintensity_says_something",
            ),
            models.CheckConstraint(
                condition=(Q(forecast__isnull=True) | Q(forecast__gte=0)) & (Q(actual__isnull=True) | Q(actual__gte=0)),
                name="integrations_gridintensity_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.region} {self.starts_at:%Y-%m-%d %H:%M}"
