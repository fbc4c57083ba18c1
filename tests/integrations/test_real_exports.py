"""The registries' own files: exact counts and rows, figured out by hand or by the csv module alone."""

import csv
import datetime as dt
import gzip
import io
from collections import Counter
from decimal import Decimal
from itertools import islice
from pathlib import Path

import pytest

from integrations.registry_exports import ProjectRecord, RejectCode, Rejected, read_projects

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
EXPORTS = SHARED / "registry_exports"
BERKELEY = SHARED / "open" / "berkeley_vrod_v5_2022-04_projects.csv.gz"

pytestmark = pytest.mark.skipif(not EXPORTS.is_dir(), reason="the real export files are not beside the checkout")


def read(source, folder):
    with (EXPORTS / folder / "projects.csv").open("rb") as file:
        return list(read_projects(source, file))


def berkeley():
    return list(read_projects("berkeley", io.BytesIO(gzip.decompress(BERKELEY.read_bytes()))))


def records(found):
    return {record.origin_id: record for record in found if isinstance(record, ProjectRecord)}


@pytest.mark.parametrize(
    ("source", "folder", "read_rows", "rejected"),
    [
        ("verra", "verra", 50, 0),
        # Two rows of Gold Standard's give the country as International.
        ("gold-standard", "gold-standard", 48, 2),
        ("acr", "american-carbon-registry", 50, 0),
        ("car", "climate-action-reserve", 50, 0),
        ("art-trees", "art-trees", 28, 0),
        # Seven rows of Cercarbono's are the platform's trial entries, named “-”.
        ("cercarbono", "cercarbono", 43, 7),
        ("isometric", "isometric", 50, 0),
    ],
)
def test_every_row_of_every_export_is_read_or_rejected(source, folder, read_rows, rejected):
    found = read(source, folder)

    assert sum(isinstance(row, ProjectRecord) for row in found) == read_rows
    assert sum(isinstance(row, Rejected) for row in found) == rejected
    with (EXPORTS / folder / "projects.csv").open(encoding="utf-8", newline="") as file:
        assert sum(1 for _ in csv.reader(file)) - 1 == read_rows + rejected


ODD_CELLS = [
    "", "9" * 5000, "[" * 3000, "[{'a': 1}]", "[{'country': {}}]", "[{'data_map': 5, 'country': None}]",
    "[{'year': 'x', 'issued_quantity': []}]", "[{'global_goals': 5}]", "[{'global_goals': [{'code': [1]}]}]", "1E+99",
    "-1", "٣", "01/01/0001", "=1", "[]", "#REF!", "2020-02-30", "nan", "1e400", "x" * 3000, "US;XX", "2150", "1700",
    ";;;",
]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "folder"),
    [
        ("verra", "verra"),
        ("gold-standard", "gold-standard"),
        ("acr", "american-carbon-registry"),
        ("car", "climate-action-reserve"),
        ("art-trees", "art-trees"),
        ("cercarbono", "cercarbono"),
        ("isometric", "isometric"),
    ],
)
def test_any_cell_of_a_real_row_may_hold_anything(source, folder):
    with (EXPORTS / folder / "projects.csv").open(encoding="utf-8", newline="") as file:
        header, row = islice(csv.reader(file), 2)

    for column in range(len(header)):
        for odd in ODD_CELLS:
            text = io.StringIO(newline="")
            csv.writer(text).writerows([header, [*row[:column], odd, *row[column + 1 :]]])
            (found,) = read_projects(source, io.BytesIO(text.getvalue().encode()))
            if isinstance(found, ProjectRecord):
                assert len(found.project_name) <= 255
                assert len(found.region) <= 100
                assert found.vintage_year is None or 1980 <= found.vintage_year <= 2100
            else:
                assert found.reason


def test_verra_row():
    rows = records(read("verra", "verra"))

    record = rows["VCS5897"]
    assert record.project_name == "HARIT BHARAT - TELANGANA"
    assert record.project_initiator == "Iora Ecological Solutions Private Limited"
    assert (record.country_code, record.region, record.type_code) == ("IN", "Asia", "AR")
    assert record.estimated_annual_reductions == Decimal(1892926)
    assert (record.origin_status, record.status) == ("Under development", "submitted")
    assert record.crediting_period_start == dt.date(2023, 1, 20)
    assert record.crediting_period_end == dt.date(2053, 1, 19)
    assert (record.vintage_year, record.methodologies) == (2023, ("VM0047",))
    with (EXPORTS / "verra" / "projects.csv").open(encoding="utf-8", newline="") as file:
        total = sum(int(row["Estimated Annual Emission Reductions"].replace(",", "")) for row in csv.DictReader(file))
    assert sum(record.estimated_annual_reductions for record in rows.values()) == total


def test_gold_standard_goals_are_sorted_and_no_estimate_is_none():
    rows = records(read("gold-standard", "gold-standard"))

    assert rows["GS23574"].sdg_goals == (3, 4, 5, 6, 8, 13)
    assert rows["GS23574"].type_code == "WATER"
    assert rows["GS23526"].estimated_annual_reductions is None
    assert rows["GS13194"].country_code == "KZ"
    assert Counter(record.status for record in rows.values()) == {"submitted": 48}


def test_acr_takes_the_compliance_status_where_the_voluntary_one_is_missing():
    rows = records(read("acr", "american-carbon-registry"))

    # 28 Completed, plus 14 ARB Completed and one Ecology Completed among the 19 without a voluntary status.
    assert Counter(record.status for record in rows.values()) == {
        "completed": 43, "registered": 3, "withdrawn": 2, "submitted": 2}  # fmt: skip
    record = rows["ACR586"]
    assert (record.region, record.type_code, record.methodologies) == ("Ohio", "IFM", ("ACR-IFM",))
    assert (record.crediting_period_start, record.crediting_period_end) == (dt.date(2020, 1, 15), dt.date(2040, 1, 14))
    assert record.validator_name == "Aster Global Environmental Solutions, Inc."
    assert record.origin_issued == Decimal(550369)


def test_car_and_art():
    car = records(read("car", "climate-action-reserve"))
    art = records(read("art-trees", "art-trees"))

    assert Counter(record.type_code for record in car.values())["ODS"] == 38
    assert Counter(record.country_code for record in car.values())["AR"] == 1
    assert {record.type_code for record in art.values()} == {"FC"}
    assert Counter(record.country_code for record in art.values()).most_common(2) == [("BR", 6), ("MX", 3)]
    assert {"CI", "CD", "VN"} <= {record.country_code for record in art.values()}


def test_cercarbono_lists_inside_cells():
    found = read("cercarbono", "cercarbono")
    rows = records(found)

    record = rows["CCB1"]
    assert (record.project_name, record.country_code, record.region) == ("Carbono Agroporvanda", "CO", "Cordoba")
    assert (record.latitude, record.longitude) == (8.412918740997307, -75.58408635215012)
    assert record.estimated_annual_reductions is None
    assert rows["CCB16"].type_code == "HYDRO"
    assert rows["CCB16"].estimated_annual_reductions == Decimal(1769674)
    assert rows["CCB48"].status == "withdrawn"
    assert {row.reason for row in found if isinstance(row, Rejected)} == {"column “name” is blank"}


def test_isometric_counts_kilograms():
    rows = records(read("isometric", "isometric"))

    with (EXPORTS / "isometric" / "projects.csv").open(encoding="utf-8", newline="") as file:
        kilograms = sum(int(row["issued_credits_total.credit_kgs"]) for row in csv.DictReader(file))
    assert sum(record.origin_issued for record in rows.values()) == Decimal(kilograms) / 1000
    assert rows["ISOTS26"].origin_issued == Decimal("1.470")
    assert Counter(record.type_code for record in rows.values()) == {
        "BCR": 22, "ERW": 10, "BIOCDR": 7, "ALK": 5, "AR": 4, "DAC": 2}  # fmt: skip


def test_berkeley_belongs_to_the_real_registries():
    found = berkeley()
    rows = records(found)
    rejected = [row for row in found if isinstance(row, Rejected)]

    assert len(rows) + len(rejected) == 6081
    assert Counter(row.code for row in rejected) == {
        RejectCode.UNKNOWN_STATUS: 11, RejectCode.UNKNOWN_COUNTRY: 9, RejectCode.MISSING_VALUE: 2,
        RejectCode.BAD_VALUE: 1,
    }  # fmt: skip
    assert rows["VCSOPR2"].origin_registry == "VCS"
    assert rows["VCSOPR10"].status == "completed"
    record = rows["VCS235"]
    assert (record.origin_registry, record.country_code, record.type_code) == ("VCS", "KR", "FUEL")
    assert record.estimated_annual_reductions == Decimal(10310)
    assert rows["CAR1000"].status == "registered"
    assert all(record.type_is_mapped for record in rows.values())
    assert len({record.country_code for record in rows.values()}) == 118


def test_the_wide_berkeley_sheet_with_line_breaks_in_its_header_and_padded_numbers():
    data = (
        b'Project ID,Project Name,Voluntary Status,Type,Country,Project Developer,"Total Credits \nIssued",'
        b'"Total Credits \r\nRetired",2001,2002,2001,2002,First Year of Project\r\n'
        b"GS1133,Stoves,Gold Standard Certified Project,Cookstoves,Uganda,CO2balance,"
        b'"  97,193 ","97,193.00",1,2,3,4,#N/A\r\n'
    )

    (record,) = read_projects("berkeley", io.BytesIO(data))

    assert (record.origin_registry, record.origin_id, record.type_code) == ("GLD", "GS1133", "COOK")
    assert (record.origin_issued, record.origin_retired) == (Decimal(97193), Decimal(97193))
    assert record.vintage_year is None


def test_puro_issuances_become_projects():
    data = (
        b"issued_date,issued_qty,project_name,supplier,methodology,durability,project_url,project_id,country\n"
        b'01 Jun 2026,120,Carbofex Oy,Carbofex,"Biochar, 2022",100+ years,https://registry.puro.earth/p/577166,577166,Finland\n'
        b'3 Sept 2025,"1,080.5",Carbofex Oy,Carbofex,"Biochar, 2022",100+ years,https://registry.puro.earth/p/577166,577166,FI\n'
        b'3 Sept 2025,10,Elsewhere,Carbofex,"Biochar, 2022",100+ years,,577167,\n'
    )

    rejected, record = read_projects("puro", io.BytesIO(data))

    assert (record.origin_id, record.status, record.type_code) == ("PUR577166", "registered", "BCR")
    assert record.origin_issued == Decimal("1200.5")
    assert (record.vintage_year, record.methodologies) == (2025, ("PURO-BIOCHAR-2022",))
    assert rejected.line == 4
    assert "add a column “country”" in rejected.reason


def test_verra_migration_day_is_no_registration_date():
    header = ("ID,Name,Proponent,Project Type,Methodology,Status,Country/Area,Estimated Annual Emission Reductions,"
              "Project Registration Date,Crediting Period Start Date,Crediting Period End Date\n")  # fmt: skip
    data = header + (
        "1,A,P,Transport,,Registered,India,1,2020-04-06,,\n"
        "2,B,P,Transport,,Registered,India,1,20/03/2015,,\n"
        "3,C,P,Transport,,Registered,India,1,,2020-01-01,2019-01-01\n"
    )

    migrated, older, backwards = read_projects("verra", io.BytesIO(data.encode()))

    assert (migrated.registered_on, migrated.vintage_year) == (None, None)
    assert (older.registered_on, older.vintage_year) == (dt.date(2015, 3, 20), 2015)
    assert backwards.reason == "the crediting period ends (2019-01-01) before it starts (2020-01-01)"


def test_isometric_names_the_country_once():
    rows = records(read("isometric", "isometric"))
    places = {origin_id: (row.region, row.country_code) for origin_id, row in rows.items()}
    assert places["ISOTS26"] == ("Rajasthan", "IN")
    assert places["ISOZTF7"] == ("Virginia", "US")
