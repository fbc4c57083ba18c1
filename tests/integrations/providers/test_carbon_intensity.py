"""The UK Carbon Intensity API: 14 days a call, the half hour too many dropped, regions, what is stored."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from integrations.models import GridIntensity
from integrations.providers.base import AnswerUnreadable
from integrations.providers.carbon_intensity import intensities_read
from integrations.services.grid_intensities import grid_intensities_fetch
from tests.doubles.carbon_intensity_server import CarbonIntensityServer
from tests.doubles.provider_server import OUT_OF_ORDER, WEB_PAGE
from tests.integrations.source_factories import provider_row, source

START = datetime(2026, 3, 1, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)


@pytest.fixture
def neso(settings):
    with CarbonIntensityServer() as double:
        settings.OUTGOING_ALLOWED_HOSTS = [double.host]
        yield double


def read(double, days, region="GB"):
    return list(intensities_read(region=region, since=START, until=START + timedelta(days=days), base_url=double.url))


def test_a_month_comes_in_fortnights_and_each_half_hour_once(neso):
    neso.values = {START + number * HALF_HOUR: {"forecast": 166, "actual": 163} for number in range(-2, 30 * 48)}

    found = read(neso, 28)

    assert len(found) == 28 * 48 == len({each.starts_at for each in found})
    assert (found[0].starts_at, found[0].forecast, found[0].actual) == (START, 166, 163)
    assert [each.path for each in neso.asked] == [
        "/intensity/2026-03-01T00:00Z/2026-03-15T00:00Z",
        "/intensity/2026-03-15T00:00Z/2026-03-29T00:00Z",
    ]


def test_a_region_has_a_forecast_and_its_own_shape(neso):
    neso.values = {START: {"forecast": 183, "index": "moderate"}}

    (found,) = read(neso, 1, "GB-13")

    assert (found.region, found.forecast, found.actual) == ("GB-13", 183, None)
    assert neso.asked[0].path.endswith("/regionid/13")


def test_odd_values_are_left_out(neso):
    odd = [{"forecast": None, "actual": None}, {"forecast": -5}, {"actual": "many"}, {"actual": 90_000}, {"actual": 0}]
    neso.values = {START + number * HALF_HOUR: value for number, value in enumerate(odd)}

    assert [(each.starts_at, each.actual) for each in read(neso, 1)] == [(START + 4 * HALF_HOUR, 0)]


def test_a_web_page_is_no_intensity(neso):
    neso.faults.append(WEB_PAGE)

    with pytest.raises(AnswerUnreadable):
        read(neso, 1)


@pytest.mark.django_db
def test_the_regions_of_sources_are_fetched_and_an_actual_value_is_never_taken_away(neso):
    meters = provider_row("bright", data_types=["electricity_consumption"])
    source(meters)
    source(meters, settings={"grid_region": "GB-13"})
    source(meters, country_code="FR")
    now = START + timedelta(hours=2)
    neso.values = {START: {"forecast": 100, "actual": 90}, START + HALF_HOUR: {"forecast": 110, "actual": None}}

    assert grid_intensities_fetch(now=now, base_url=neso.url) == 4
    neso.values = {START: {"forecast": 100, "actual": None}, START + HALF_HOUR: {"forecast": 110, "actual": 105.5}}
    assert grid_intensities_fetch(now=now, base_url=neso.url) == 2

    nation = GridIntensity.objects.filter(region="GB").order_by("starts_at")
    assert [(each.forecast, each.actual) for each in nation] == [(100, 90), (110, Decimal("105.5"))]
    assert set(GridIntensity.objects.values_list("region", flat=True)) == {"GB", "GB-13"}


@pytest.mark.django_db
def test_a_silent_provider_is_left_for_the_next_time(neso):
    source(provider_row("bright", data_types=["electricity_consumption"]))
    neso.faults.append(OUT_OF_ORDER)

    assert grid_intensities_fetch(now=START, base_url=neso.url) == 0
    assert GridIntensity.objects.count() == 0
