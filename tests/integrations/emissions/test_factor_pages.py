"""Staff pages of factors and emissions: what changed between years, the arithmetic, names that wait for a meaning."""

import csv
import gzip
import io
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from integrations.models import ActivityMapping, Emission, Factor, FactorSet, UnmatchedActivity
from integrations.selectors.factor_changes import set_before, set_changes
from integrations.services.emissions import emissions_calculate
from tests.emission_factories import data_source, reading
from tests.factories import person

pytestmark = pytest.mark.django_db
FLAT = Path(__file__).parents[4] / "shared" / "data" / "open" / "desnz_ghg_conversion_factors_2025_flat.csv.gz"
COLUMNS = ["ID", "Scope", "Level 1", "Level 2", "Level 3", "Level 4", "Column Text", "UOM", "GHG/Unit"]


@pytest.fixture
def officer(client):
    user = person("Super Admin")
    client.force_login(user)
    client.user = user
    return client


def flat_file(rows, year=2027):
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow([*COLUMNS, f"GHG Conversion Factor {year}"])
    table.writerows(rows)
    file = io.BytesIO(out.getvalue().encode())
    file.name = "flat.csv"
    return file


GRID_ROW = ["7_400_4000_5_1", "Scope 2", "UK electricity", "Electricity generated", "Electricity: UK", "", "", "kWh"]


def test_the_changes_between_two_years_are_counted_and_told_in_percent(factors):
    present = FactorSet.objects.get(version="2026 v1.2")

    changes = set_changes(before=set_before(present), after=present)

    grid = next(row for row in changes.changed if row.line == "Electricity, location-based")
    assert (grid.before, grid.after, grid.percent) == (Decimal("0.177"), Decimal("0.13096"), "-26.0 %")
    assert grid.told == ("0.177", "0.13096")
    # Of sixteen rows, the well-to-tank ones of gas and diesel, a domestic flight, a night and R410A are as before.
    assert (len(changes.changed), changes.same, len(changes.added)) == (11, 5, 0)
    assert len(changes.removed) == Factor.objects.filter(factor_set=changes.before).count() - 16


def test_an_officer_loads_the_official_flat_file(factors, officer):
    upload = flat_file([[*GRID_ROW, "kg CO2e", "0.1"], [*GRID_ROW[:-1], "kWh", "kg CO2e of CO2 per unit", ""]])

    answer = officer.post(
        reverse("admin:integrations_factorset_upload"), {"upload": upload, "version": "2027 v1", "current": "on"}
    )

    assert answer.status_code == 302
    loaded = FactorSet.objects.get(year=2027)
    assert (loaded.version, loaded.status, loaded.loaded_by) == ("2027 v1", "current", officer.user)
    assert loaded.factors.get().kg_co2e == Decimal("0.1")


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([[*GRID_ROW, "kg CO2e", "about 0.1"]], "no number of at least 0"),
        ([["x", *GRID_ROW[1:], "kg CO2e", "0.1"]], "no id of the flat file"),
        ([], "no factor in this file"),
    ],
)
def test_a_file_that_is_not_the_flat_file_is_refused_on_the_page(factors, officer, rows, reason):
    before = FactorSet.objects.count()

    answer = officer.post(
        reverse("admin:integrations_factorset_upload"), {"upload": flat_file(rows), "version": "2027 v1"}
    )

    assert answer.status_code == 400
    assert reason in answer.content.decode()
    assert FactorSet.objects.count() == before


def test_only_who_may_add_sets_sees_the_upload(factors, client):
    client.force_login(person("Viewer"))

    assert client.get(reverse("admin:integrations_factorset_upload")).status_code == 403


def test_the_published_flat_file_of_2025_gives_the_projects_own_set(factors):
    if not FLAT.exists():
        pytest.skip("the flat file is not beside the project")
    from integrations.factor_files.flat_file import read_flat_file

    with gzip.open(FLAT, "rt", encoding="utf-8") as lines:
        rows = [
            [row[name] for name in ("id", "scope", "level_1", "level_2", "level_3", "level_4", "column_text", "uom")]
            + [row["ghg_unit"], row["factor_2025"]]
            for row in csv.DictReader(lines)
        ]

    read = read_flat_file(stream=flat_file(rows, 2025), version="x", current=False)

    own = {row.key: row.kg_co2e for row in Factor.objects.filter(factor_set__version="2025 v1")}
    assert {row.key: row.kg_co2e for row in read.rows} == own
    assert len(own) == 864


def test_pages_open_and_show_the_arithmetic_and_what_waits(factors, officer):
    source = data_source()
    reading(source, "gas_consumption", "100", "m3")
    reading(source, "fuel_consumption", "7", "litre", payload={"activity": "moonshine"})
    emissions_calculate(connection=source)
    emission = Emission.objects.get(line="direct")
    waiting = UnmatchedActivity.objects.get()

    arithmetic = officer.get(reverse("admin:integrations_emission_change", args=[emission.pk])).content.decode()
    difference = officer.get(
        reverse("admin:integrations_factorset_change", args=[FactorSet.objects.get(version="2026 v1.2").pk])
    ).content.decode()

    assert "1122.063333333 kWh × 0.18296 kg CO2e/kWh = 205.292707 kg CO2e." in arithmetic
    assert "-26.0 %" in difference
    for name in ("emission", "emissionrun", "factorset", "factor", "unmatchedactivity", "activitymapping"):
        assert officer.get(reverse(f"admin:integrations_{name}_changelist")).status_code == 200
    address = reverse("admin:integrations_unmatchedactivity_map", args=[waiting.pk])
    asked = officer.get(address).content.decode()
    assert "moonshine" in asked
    assert "7 litre in 1 reading<" in asked
    assert '<datalist id="known-answers">' in asked
    assert '<option value="fuel.petrol-average-biofuel-blend">' in asked
    assert officer.post(address, {"activity": "fuel.nothing"}).status_code == 400
    assert ActivityMapping.objects.count() == 0
    assert officer.post(address, {"activity": "fuel.petrol-average-biofuel-blend", "note": "tested"}).status_code == 302
    assert ActivityMapping.objects.get().text == "moonshine"


def test_the_command_loads_one_set_and_refuses_a_name_that_is_none(db, capsys):
    call_command("load_factors", "--set", "desnz-2025")
    call_command("load_factors", "--set", "desnz-2025")

    assert capsys.readouterr().out.splitlines() == ["desnz-2025: loaded", "desnz-2025: there already"]
    with pytest.raises(CommandError):
        call_command("load_factors", "--set", "desnz-1999")
