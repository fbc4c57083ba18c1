"""What becomes of results: the same again, corrected readings, newer factors, mapped names; and that parts add up."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carboncore.common.errors import InvalidInput
from integrations.choices import SyncStatus, SyncType
from integrations.emission_choices import Method
from integrations.errors import CalculationRefused, FactorFileRefused
from integrations.factor_files.compact import read_compact, write_compact
from integrations.models import Emission, EmissionRun, Factor, FactorSet, Reading, SyncRun, UnmatchedActivity
from integrations.selectors.emissions import Period, cells
from integrations.services.emissions import calculation_perform, calculations_due_request, emissions_calculate
from integrations.services.factors import activity_map, factor_set_load, factor_sets_load
from tests.emission_factories import data_source, reading
from tests.factories import person

pytestmark = pytest.mark.django_db
HEAD = """# publisher: DESNZ
# name: UK Government GHG Conversion Factors for Company Reporting
# version: {version}
# year: {year}
# gwp_basis: AR5
# licence: Open Government Licence v3.0
# source: a test
# valid_from: {year}-01-01
# status: {status}
# rank: 10
key,activity,label,line,region,unit,kg_co2e,co2,ch4,n2o,scope,category
"""
GRID = "7_400_4000_5,electricity.grid,Electricity: UK,location_based,GB,kWh,{kg},,,,2,\n"


def factor_file(*, version="2025 v2", year=2025, kg="0.2", status="current"):
    return read_compact((HEAD.format(version=version, year=year, status=status) + GRID.format(kg=kg)).encode())


def current(source, **fields):
    return Emission.objects.filter(connection=source, superseded_at=None, **fields)


def test_the_same_readings_come_to_the_same_rows(factors):
    source = data_source()
    reading(source, "electricity_consumption", "10", "kWh")
    emissions_calculate(connection=source)
    before = list(Emission.objects.order_by("pk").values())

    again = emissions_calculate(connection=source, renew=True)

    assert list(Emission.objects.order_by("pk").values()) == before
    assert (again.results_new, again.results_kept, again.results_superseded) == (0, 5, 0)
    assert calculation_perform(run=again) is again


def test_a_corrected_reading_marks_its_results_until_they_are_calculated_again(factors):
    source = data_source()
    corrected = reading(source, "electricity_consumption", "10", "kWh")
    reading(source, "electricity_consumption", "10", "kWh", start=datetime(2025, 4, 1, tzinfo=UTC))
    emissions_calculate(connection=source)

    Reading.objects.filter(pk=corrected.pk).update(quantity=Decimal(20), revision=2)

    assert {str(row.month) for row in current(source, out_of_date_at__isnull=False)} == {"2025-03-01"}
    emissions_calculate(connection=source)
    march = current(source, month="2025-03-01", line="location_based").get()
    assert (march.kg_co2e, march.out_of_date_at) == (Decimal("3.540000"), None)
    assert [row.kg_co2e for row in march.supersedes.all()] == [Decimal("1.770000")]
    assert current(source, out_of_date_at__isnull=False).count() == 0


def test_results_of_readings_that_are_gone_are_superseded_by_nothing(factors):
    source = data_source()
    reading(source, "electricity_consumption", "10", "kWh")
    emissions_calculate(connection=source)

    Reading.objects.all().delete()
    run = emissions_calculate(connection=source)

    assert (run.results_superseded, current(source).count()) == (5, 0)
    assert set(Emission.objects.values_list("superseded_by", flat=True)) == {None}


def test_a_new_set_changes_no_result_until_somebody_asks_for_it(factors):
    source = data_source()
    reading(source, "electricity_consumption", "1000", "kWh")
    emissions_calculate(connection=source)
    factor_set_load(file=factor_file(kg="0.2"))

    emissions_calculate(connection=source)
    assert current(source, line="location_based").get().kg_co2e == Decimal("177.000000")

    emissions_calculate(connection=source, renew=True)
    assert current(source, line="location_based").get().kg_co2e == Decimal("200.000000")
    assert Emission.objects.filter(line="location_based").count() == 2


def test_a_loaded_set_is_loaded_once_and_never_changes(factors):
    assert set(factors.values()) == {True}
    assert set(factor_sets_load().values()) == {False}
    with pytest.raises(FactorFileRefused, match="a version of its own"):
        factor_set_load(file=factor_file(version="2025 v1", kg="0.3"))

    for statement in (
        "UPDATE integrations_factor SET kg_co2e = 0",
        "DELETE FROM integrations_factor",
        "DELETE FROM integrations_factorset",
        "UPDATE integrations_factorset SET year = 1999",
        "UPDATE integrations_factorset SET digest = repeat('0', 64)",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


@pytest.mark.django_db(transaction=True)
def test_a_loaded_set_takes_no_more_factors():
    loaded, _ = factor_set_load(file=factor_file())
    with pytest.raises(IntegrityError, match="takes no more factors"):
        Factor.objects.create(
            factor_set=loaded, key="x", activity="fuel.x", line="direct", region="*", unit="kg", kg_co2e=1, scope=1
        )


def test_one_set_of_a_publisher_is_current(factors):
    factor_set_load(file=factor_file(version="2027", year=2027))

    desnz = FactorSet.objects.filter(publisher="DESNZ", status="current")
    assert [row.version for row in desnz] == ["2027"]


def test_a_file_reads_as_it_was_written():
    given_file = factor_file()

    assert read_compact(write_compact(given_file.head, given_file.rows).encode()).rows == given_file.rows


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (GRID.format(kg="-1"), "no number of at least 0"),
        (GRID.format(kg="NaN"), "no number of at least 0"),
        (GRID.format(kg="1") * 2, "stands in the file twice"),
        (GRID.format(kg="1").replace("kWh", "furlong"), "unit “furlong” is not known"),
        (GRID.format(kg="1").replace(",2,", ",3,"), "scope 3 has a category"),
        ("", "no factor in this file"),
    ],
)
def test_a_file_that_cannot_be_true_is_refused_in_words(line, reason):
    with pytest.raises(FactorFileRefused, match=reason):
        read_compact((HEAD.format(version="x", year=2025, status="current") + line).encode())


def test_a_name_that_staff_have_mapped_is_calculated(factors):
    source = data_source(adapter="openai")
    reading(source, "ai_usage", "1000000", "token", series="gpt-4o-house-blend")
    reading(source, "fuel_consumption", "100", "litre", payload={"activity": "Red Diesel"})
    emissions_calculate(connection=source)
    assert set(UnmatchedActivity.objects.values_list("text", flat=True)) == {"gpt-4o-house-blend", "Red Diesel"}

    officer = person("Super Admin")
    activity_map(actor=officer, reading_type="ai_usage", text="gpt-4o-house-blend", activity="openai/gpt-4o")
    activity_map(actor=officer, reading_type="fuel_consumption", text=" red  diesel", activity="fuel.gas-oil")
    emissions_calculate(connection=source)

    assert UnmatchedActivity.objects.count() == 0
    assert current(source, line="direct", scope=1).get().kg_co2e == Decimal("275.541000")
    assert current(source, scope=3, category=1).get().activity == "ai.openai/gpt-4o"


@pytest.mark.parametrize(("kind", "activity"), [("fuel_consumption", "fuel.unicorn"), ("ai_usage", "openai/nobody")])
def test_a_name_is_only_mapped_to_what_there_is(factors, kind, activity):
    with pytest.raises(InvalidInput) as refused:
        activity_map(actor=person("Super Admin"), reading_type=kind, text="x", activity=activity)
    assert "activity" in refused.value.errors


def test_settings_that_cannot_be_used_are_told_and_nothing_is_calculated(factors):
    source = data_source(
        settings={"calorific_value": "390", "electricity_contract": {"instrument": "REGO", "share": "2"}}
    )
    reading(source, "gas_consumption", "1", "m3")

    with pytest.raises(CalculationRefused):
        emissions_calculate(connection=source)

    run = EmissionRun.objects.get()
    assert (run.status, Emission.objects.count()) == ("failed", 0)
    assert "calorific_value: Give a decimal number as text, from 30 to 50." in run.error_message
    assert "electricity_contract.share" in run.error_message


def test_what_a_sync_brought_is_due_once(factors):
    source, idle = data_source(), data_source()
    for connection_of_run, created in ((source, 3), (idle, 0)):
        SyncRun.objects.create(
            connection=connection_of_run,
            sync_type=SyncType.SCHEDULED,
            status=SyncStatus.SUCCESS,
            records_created=created,
            finished_at=datetime.now(UTC),
        )

    first, second = calculations_due_request(), calculations_due_request()

    assert [run.connection for run in first] == [source]
    assert second == []


def test_exported_electricity_is_not_subtracted(factors):
    source = data_source()
    reading(source, "electricity_export", "50", "kWh")

    run = emissions_calculate(connection=source)

    assert (Emission.objects.count(), run.unmatched) == (0, 0)


KINDS = [
    ("electricity_consumption", "kWh", ""),
    ("gas_consumption", "m3", ""),
    ("fuel_consumption", "litre", "diesel"),
    ("travel_distance", "km", "car"),
]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    used=st.lists(
        st.tuples(
            st.sampled_from(KINDS),
            st.decimals("0", "100000", places=6),
            st.integers(0, 700),
            st.sampled_from(["measured", "estimated", "entered"]),
        ),
        max_size=25,
    )
)
def test_parts_add_up_to_the_whole_whichever_way_they_are_cut(factors, used):
    with transaction.atomic():
        source = data_source()
        begin = datetime(2024, 1, 1, tzinfo=UTC)
        for place, ((kind, unit, name), quantity, day, quality) in enumerate(used):
            payload = {"activity": name} if name else None
            reading(
                source,
                kind,
                quantity,
                unit,
                start=begin + timedelta(days=day),
                external_id=str(place),
                quality=quality,
                payload=payload,
            )
        emissions_calculate(connection=source)
        whole = cells(
            connections=[source],
            period=Period(datetime(2023, 12, 1).date(), datetime(2026, 3, 1).date()),  # noqa: DTZ001
            method=Method.LOCATION,
        )
        rows = list(current(source).exclude(method=Method.MARKET))

        assert sum(cell.kg_co2e for cell in whole) == sum(row.kg_co2e for row in rows)
        assert sum(row.reading_count for row in rows if row.line in ("location_based", "direct")) == len(used)
        for row in rows:
            exact = row.quantity * row.factor.kg_co2e
            assert abs(row.kg_co2e - exact) <= Decimal("0.0000005")
        transaction.set_rollback(True)
