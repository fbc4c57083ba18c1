"""Emissions over HTTP: whose they are, what explains them, what they add up to."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from integrations.models import Emission, EmissionRun, FactorSet
from integrations.services.emissions import calculation_perform, emissions_calculate
from tests.api_clients import Api, buyer_client
from tests.emission_factories import reading

pytestmark = pytest.mark.django_db


def test_one_sees_ones_own_emissions_by_source_scope_month_and_method(company):
    everything = company.get("/api/v1/emissions?count=true")
    two = company.get(f"/api/v1/emissions?source={company.office.public_id}&scope=2&method=market&from=2025-01").json()

    assert everything.status_code == 200
    assert everything["X-Total-Count"] == "12"
    assert [(row["line"], row["kg_co2e"], row["month"]) for row in two] == [("market_based", 177.0, "2025-03")]
    assert two[0]["factor_source"] == "DESNZ 2025 v1"
    assert everything.json()[0]["month"] == "2025-04"


def test_others_see_nothing_of_it(company):
    stranger = buyer_client()
    emission = Emission.objects.first()

    assert stranger.get("/api/v1/emissions").json() == []
    assert stranger.get(f"/api/v1/emissions/{emission.public_id}/explain").status_code == 404
    assert stranger.get("/api/v1/emissions/summary").json()["total_kg_co2e"] == "0.000"
    refused = stranger.post("/api/v1/emissions/recalculate", {"datasource": str(company.office.public_id)})
    assert (refused.status_code, refused.json()["code"]) == (404, "data_source_not_found")
    assert Api().get("/api/v1/emissions").status_code == 401
    assert EmissionRun.objects.filter(status="queued").count() == 0


def test_a_person_can_redo_the_arithmetic(company):
    emission = Emission.objects.get(connection=company.works, line="direct")

    told = company.get(f"/api/v1/emissions/{emission.public_id}/explain").json()

    assert told["steps"] == [
        "The sum of 1 reading is 100 m3.",
        (
            "100 m3 × 1.02264 (volume correction) × 39.5 MJ/m3 (calorific value, the default) ÷ 3.6 MJ/kWh"
            " = 1122.063333333 kWh."
        ),
        "1122.063333333 kWh × 0.18296 kg CO2e/kWh = 205.292707 kg CO2e.",
    ]
    assert told["factor"]["key"] == "1_100_1004_6"
    assert told["factor"]["licence"] == "Open Government Licence v3.0, © Crown copyright 2025"
    assert [(row["quantity"], row["unit"]) for row in told["readings"]] == [("100.000000", "m3")]
    assert told["next_after"] is None


def test_the_readings_behind_a_result_come_in_pages(company):
    for day in range(2, 7):
        reading(company.office, "electricity_consumption", "1", "kWh", start=datetime(2025, 3, day, tzinfo=UTC))
    emissions_calculate(connection=company.office)
    emission = Emission.objects.get(line="market_based", month="2025-03-01", superseded_at=None)
    address = f"/api/v1/emissions/{emission.public_id}/explain?limit=4"

    first = company.get(address).json()
    second = company.get(f"{address}&after={first['next_after']}").json()

    assert first["reading_count"] == 6
    assert [len(first["readings"]), len(second["readings"]), second["next_after"]] == [4, 2, None]
    found = sum(Decimal(row["quantity"]) for row in first["readings"] + second["readings"])
    assert found == Decimal(1005)


def test_totals_add_up_and_are_compared_with_the_year_before(company):
    summary = company.get("/api/v1/emissions/summary?from=2025-01&to=2025-12").json()

    # 177 + 18.53 + 45.9 + 3.97 of electricity, 205.292707 + 33.897533 of gas
    assert summary["total_kg_co2e"] == "484.590"
    assert summary["by_scope"] == [
        {"scope": 1, "kg_co2e": "205.293"},
        {"scope": 2, "kg_co2e": "177.000"},
        {"scope": 3, "kg_co2e": "102.298"},
    ]
    assert [(row["site"], row["kg_co2e"]) for row in summary["by_site"]] == [
        ("Office", "245.400"),
        ("Works", "239.190"),
    ]
    assert [(row["month"], row["scope_2"]) for row in summary["by_month"]] == [
        ("2025-03", "177.000"),
        ("2025-04", "0.000"),
    ]
    assert summary["scope_2"] == {"location": "177.000", "market": "177.000"}
    # 2,000 kWh × 0.20705 of 2024
    assert summary["year_before"]["by_scope"][1] == {"scope": 2, "kg_co2e": "414.100", "change_percent": "-57.3"}
    assert [row["name"] for row in summary["unmatched"]] == ["glitter"]


def test_the_report_states_its_method_and_its_gaps(company):
    report = company.get("/api/v1/emissions/report?from=2025-01&to=2025-12&method=market").json()

    assert report["gaps"][0] == (
        "Readings of glitter are in no total (1, together 3.000000 kg): No factor is known for “glitter”; staff can say"
        " what it means."
    )
    assert report["factor_sets"][0]["set"] == "DESNZ 2025 v1"
    assert any("location-based" in words for words in report["statement"])
    assert sum(Decimal(row["kg_co2e"]) for row in report["by_line"]) == Decimal("484.591")  # of rounded parts


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=2025-13", "from"),
        ("from=2025-03&to=2025-01", "from"),
        ("method=residual", "method"),
        ("organisation=me", "organisation"),
    ],
)
def test_a_period_that_is_none_is_refused_by_name(company, query, field):
    refused = company.get(f"/api/v1/emissions/summary?{query}")

    assert refused.status_code == 400
    assert field in refused.json()["errors"]


def test_calculating_again_is_queued_once_and_answers_202(company):
    body = {"datasource": str(company.office.public_id)}

    first, second = (company.post("/api/v1/emissions/recalculate", body) for _ in range(2))

    assert (first.status_code, first.json()["count"]) == (202, 1)
    assert first.json() == second.json()
    run = EmissionRun.objects.get(status="queued")
    calculation_perform(run=run)
    assert (run.results_new, run.results_kept, run.results_superseded) == (0, 10, 0)


def test_another_set_takes_the_place_of_results_and_keeps_them_visible(company):
    earlier = FactorSet.objects.get(version="2024")
    company.post("/api/v1/emissions/recalculate", {"factor_set": earlier.pk})
    for run in EmissionRun.objects.filter(status="queued"):
        calculation_perform(run=run)

    shown = company.get("/api/v1/emissions?from=2025-01&scope=2&method=location").json()
    replaced = company.get("/api/v1/emissions?from=2025-01&scope=2&method=location&superseded=true").json()
    explained = company.get(f"/api/v1/emissions/{replaced[0]['id']}/explain").json()

    assert [(row["kg_co2e"], row["factor_source"]) for row in shown] == [(207.05, "DESNZ 2024")]
    assert [(row["kg_co2e"], row["factor_source"]) for row in replaced] == [(177.0, "DESNZ 2025 v1")]
    assert explained["superseded_by"] == shown[0]["id"]


def test_factors_are_listed_with_their_source(company):
    rows = company.get("/api/v1/emission-factors?activity=electricity.grid&region=gb&year=2025").json()

    assert {row["line"]: row["kg_co2e"] for row in rows} == {
        "location_based": 0.177,
        "transmission_loss": 0.01853,
        "well_to_tank": 0.0459,
        "well_to_tank_loss": 0.00397,
    }
    assert rows[0]["published_by"] == "DESNZ 2025 v1"
