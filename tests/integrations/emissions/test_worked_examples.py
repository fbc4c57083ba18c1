"""Known quantities against the publishers' figures, worked out by hand."""

import csv
import gzip
import math
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from integrations.emission_choices import Basis, Line
from integrations.models import Emission, Reading, UnmatchedActivity
from integrations.providers.carbon_intensity import Intensity
from integrations.services.emissions import emissions_calculate
from integrations.services.grid_intensities import grid_intensities_store
from tests.emission_factories import data_source, reading

pytestmark = pytest.mark.django_db
LONDON = Path(__file__).parents[4] / "shared" / "data" / "open" / "smartmeter_lcl_MAC000060_halfhourly.csv.gz"


def calculated(connection, **options):
    emissions_calculate(connection=connection, **options)
    rows = Emission.objects.filter(connection=connection, superseded_at__isnull=True).select_related("factor")
    return {str(row.line): row for row in rows}


def kg(rows):
    return {line: row.kg_co2e for line, row in rows.items()}


def test_a_thousand_kilowatt_hours_of_2025_in_britain(factors):
    connection = data_source()
    reading(connection, "electricity_consumption", "1000", "kWh")

    rows = calculated(connection)

    assert kg(rows) == {
        "location_based": Decimal("177.000000"),
        "market_based": Decimal("177.000000"),
        "transmission_loss": Decimal("18.530000"),
        "well_to_tank": Decimal("45.900000"),
        "well_to_tank_loss": Decimal("3.970000"),
    }
    assert {line: (row.scope, row.category) for line, row in rows.items()} == {
        "location_based": (2, None),
        "market_based": (2, None),
        "transmission_loss": (3, 3),
        "well_to_tank": (3, 3),
        "well_to_tank_loss": (3, 3),
    }
    assert rows["location_based"].basis == Basis.FACTOR
    assert rows["market_based"].basis == Basis.GRID_AVERAGE
    assert "residual mix is not known" in rows["market_based"].inputs["notes"][0]
    assert rows["location_based"].factor.key == "7_400_4000_5"


def test_gas_by_the_kilowatt_hour_and_by_the_cubic_metre(factors):
    by_energy, by_volume, other_value = data_source(), data_source(), data_source(settings={"calorific_value": "38.9"})
    reading(by_energy, "gas_consumption", "10000", "kWh")
    reading(by_volume, "gas_consumption", "100", "m3")
    reading(other_value, "gas_consumption", "100", "m3")

    assert kg(calculated(by_energy)) == {"direct": Decimal("1829.600000"), "well_to_tank": Decimal("302.100000")}
    # 100 m³ × 1.02264 × 39.5 ÷ 3.6 = 1,122.063333333 kWh; × 0.18296 = 205.292707…; × 0.03021 = 33.897533…
    assert kg(calculated(by_volume)) == {"direct": Decimal("205.292707"), "well_to_tank": Decimal("33.897533")}
    volume = Emission.objects.get(connection=by_volume, line="direct")
    assert (volume.quantity, volume.unit) == (Decimal("1122.063333333"), "kWh")
    assert volume.inputs["conversion"] == {
        "cubic_metres": "100",
        "volume_correction": "1.02264",
        "calorific_value": "39.5",
        "calorific_value_from": "the default",
    }
    # 100 × 1.02264 × 38.9 ÷ 3.6 = 1,105.019333333 kWh; × 0.18296 = 202.174337…
    assert kg(calculated(other_value))["direct"] == Decimal("202.174337")


BUSINESS = "flight.long-haul-to-from-uk.business-class.with-rf"


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        (("fuel_consumption", "diesel", "100", "litre"), ("257.082000", "61.101000", 1)),
        (("fuel_consumption", "Petrol", "100", "litres"), ("206.916000", "58.094000", 1)),
        (("fuel_consumption", "LPG", "0.1", "m3"), ("155.713000", "18.551000", 1)),
        (("travel_distance", "short-haul flight", "1000", "passenger.km"), ("127.860000", "22.860000", 3)),
        (("travel_distance", BUSINESS, "11000", "passenger.km"), ("3733.400000", "785.070000", 3)),
        (("travel_distance", "electric car", "1000", "km"), ("40.470000", "10.490000", 3)),
        (("refrigerant_loss", "R410A", "2", "kg"), ("3848.000000", None, 1)),
    ],
)
def test_fuels_flights_cars_and_refrigerants_of_2025(factors, read, expected):
    kind, name, quantity, unit = read
    connection = data_source()
    reading(connection, kind, quantity, unit, payload={"activity": name})

    rows = calculated(connection)

    ahead = rows["well_to_tank"].kg_co2e if "well_to_tank" in rows else None
    direct, well_to_tank, scope = expected
    assert (rows["direct"].kg_co2e, rows["direct"].scope) == (Decimal(direct), scope)
    assert ahead == (None if well_to_tank is None else Decimal(well_to_tank))


def test_a_month_of_a_language_model_is_what_ecologits_says_of_it(factors):
    from ecologits.tracers.utils import llm_impacts

    connection = data_source(adapter="openai", settings={"ai_zone": "GBR"})
    for day in range(1, 31):
        start = datetime(2025, 4, day, tzinfo=UTC)
        reading(connection, "ai_usage", "250000", "token", start=start, series="gpt-4o", external_id=f"gpt-4o:{day}")

    row = calculated(connection)["direct"]

    told = llm_impacts("openai", "gpt-4o", 1_000_000, math.inf, "GBR").gwp.value
    low, high = (
        (Decimal(repr(figure)) * Decimal("7.5")).quantize(Decimal("0.000001"), rounding=ROUND_HALF_UP)
        for figure in (told.min, told.max)
    )
    assert (row.low, row.high) == (low, high)
    assert abs(row.kg_co2e - (low + high) / 2) <= Decimal("0.0000005")
    assert (row.scope, row.category, row.basis, row.factor_id) == (3, 1, Basis.MODEL, None)
    assert (row.quantity, row.unit, row.reading_count) == (Decimal(7_500_000), "token", 30)


def test_a_model_that_nobody_knows_is_listed_and_not_counted_as_nothing(factors):
    connection = data_source(adapter="openai")
    reading(connection, "ai_usage", "1000", "token", series="gpt-99-imagined")

    assert calculated(connection) == {}
    waiting = UnmatchedActivity.objects.get(connection=connection)
    assert (waiting.text, waiting.reason, waiting.quantity) == ("gpt-99-imagined", "unknown_model", Decimal(1000))


def test_kilowatt_hours_are_not_multiplied_by_litres(factors):
    connection = data_source()
    reading(connection, "water_consumption", "500", "kWh")

    assert calculated(connection) == {}
    waiting = UnmatchedActivity.objects.get(connection=connection)
    assert waiting.reason == "unit_mismatch"
    assert waiting.message == "Readings in kWh cannot be multiplied by factors of water.supply per m3."


def test_half_hours_with_a_known_intensity_are_weighted_and_the_others_take_the_years_factor(factors):
    connection = data_source()
    noon = datetime(2025, 6, 1, 12, tzinfo=UTC)
    half = timedelta(minutes=30)
    for place, used in enumerate(("1", "2", "4")):
        begins = noon + place * half
        reading(connection, "electricity_consumption", used, "kWh", start=begins, ends_at=begins + half)
    grid_intensities_store(
        found=[
            Intensity("GB", noon, forecast=Decimal(100), actual=Decimal(120)),
            Intensity("GB", noon + half, forecast=Decimal(90), actual=None),
        ]
    )

    emissions_calculate(connection=connection)

    location = {row.basis: row for row in Emission.objects.filter(line=Line.LOCATION)}
    # 1 kWh × 120 g + 2 kWh × 90 g (a forecast, for want of the actual figure) = 300 g; 4 kWh × 0.177 = 0.708 kg
    assert {basis: (row.quantity, row.kg_co2e, row.reading_count) for basis, row in location.items()} == {
        Basis.HALF_HOURLY: (Decimal(3), Decimal("0.300000"), 2),
        Basis.FACTOR: (Decimal(4), Decimal("0.708000"), 1),
    }
    market = Emission.objects.get(line=Line.MARKET)
    assert (market.quantity, market.kg_co2e, market.reading_count) == (Decimal(7), Decimal("1.239000"), 3)


def test_a_contract_counts_in_the_market_based_figure_alone(factors):
    contract = {"instrument": "REGO", "share": "0.75", "kg_per_kwh": "0"}
    connection = data_source(settings={"electricity_contract": contract})
    reading(connection, "electricity_consumption", "1000", "kWh")

    rows = calculated(connection)

    assert rows["location_based"].kg_co2e == Decimal("177.000000")
    assert (rows["market_based"].kg_co2e, rows["market_based"].basis) == (Decimal("44.250000"), Basis.CONTRACT)


def test_a_year_without_a_factor_takes_the_newest_before_it_and_says_so(factors):
    connection = data_source()
    reading(connection, "electricity_consumption", "1000", "kWh", start=datetime(2026, 2, 1, tzinfo=UTC))
    reading(connection, "gas_consumption", "1000", "kWh", start=datetime(2022, 2, 1, tzinfo=UTC))

    rows = calculated(connection)

    assert rows["location_based"].kg_co2e == Decimal("130.960000")
    assert "notes" not in rows["location_based"].inputs
    ahead = Emission.objects.get(reading_type="electricity_consumption", line="well_to_tank")
    assert ahead.kg_co2e == Decimal("45.900000")
    assert ahead.inputs["notes"] == [
        "There is no factor of 2026 for this line; DESNZ 2025 v1, the newest before it, is used."
    ]
    assert Emission.objects.get(reading_type="gas_consumption", line="direct").kg_co2e == Decimal("183.160000")


def test_other_countries_have_their_own_grids(factors):
    american, french = data_source(country_code="US"), data_source(country_code="FR")
    for connection in (american, french):
        reading(connection, "electricity_consumption", "1000", "kWh")

    assert calculated(american)["location_based"].factor.key == "egrid2023-us"
    assert calculated(french)["location_based"].factor.key == "grid-FR"


def test_a_bill_across_two_months_belongs_to_the_one_that_its_middle_lies_in(factors):
    connection = data_source()
    reading(connection, "gas_consumption", "100", "kWh", start=datetime(2025, 3, 20, tzinfo=UTC), days=31)

    assert {str(row.month) for row in calculated(connection).values()} == {"2025-04-01"}


def test_a_real_household_of_38784_half_hours(factors):
    if not LONDON.exists():
        pytest.skip("the smart meter's readings are not beside the project")
    connection = data_source()
    half = timedelta(minutes=30)
    expected: dict[str, Decimal] = defaultdict(Decimal)
    readings = []
    with gzip.open(LONDON, "rt", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            begins = datetime.fromisoformat(row["DateTime"]).replace(tzinfo=UTC)
            # Readings have six places; some of the file's have a seventh that is no measurement.
            used = Decimal(row["KWH/hh (per half hour)"]).quantize(Decimal("0.000001"), rounding=ROUND_HALF_UP)
            # The clocks of the household: an hour ahead of UTC from the last Sunday of March to that of October.
            local = begins + timedelta(hours=1) if _summer(begins) else begins
            expected[f"{local:%Y-%m}"] += used
            readings.append(
                Reading(
                    connection=connection,
                    reading_type="electricity_consumption",
                    external_id=f"m:{begins:%Y-%m-%dT%H:%MZ}",
                    series="m",
                    starts_at=begins,
                    ends_at=begins + half,
                    quantity=used,
                    unit="kWh",
                )
            )
    Reading.objects.bulk_create(readings, batch_size=5000)

    emissions_calculate(connection=connection)

    assert len(readings) == 38_784
    rows = Emission.objects.filter(line=Line.LOCATION).order_by("month")
    factor = Decimal("0.35156")  # of 2017: the earliest that there is
    assert {f"{row.month:%Y-%m}": row.quantity for row in rows} == dict(sorted(expected.items()))
    assert [row.kg_co2e for row in rows] == [
        (expected[f"{row.month:%Y-%m}"] * factor).quantize(Decimal("0.000001"), rounding=ROUND_HALF_UP) for row in rows
    ]
    assert sum(row.reading_count for row in rows) == 38_784
    assert "the earliest after it" in rows[0].inputs["notes"][0]
    assert sum(expected.values()) == Decimal("8659.209")


def _summer(moment):
    def last_sunday(month):
        last = datetime(moment.year, month, 31, 1, tzinfo=UTC)
        return last - timedelta(days=(last.weekday() + 1) % 7)

    return last_sunday(3) <= moment < last_sunday(10)
