"""Single cells: quantities, dates, goals, countries, methodologies, types and statuses."""

import csv
import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

import registry
from integrations.registry_exports import statuses, values
from integrations.registry_exports.apx import status_of
from integrations.registry_exports.countries import country_codes
from integrations.registry_exports.methodologies import methodology_codes
from integrations.registry_exports.project_types import berkeley_type, project_type
from integrations.registry_exports.records import RejectCode, RowError
from integrations.registry_exports.type_tables import (
    BY_AFOLU_ACTIVITY,
    BY_BERKELEY_TYPE,
    BY_METHODOLOGY,
    BY_RAW_TYPE,
    NAME_WORDS,
    NARROWED_BY_NAME,
)
from registry.choices import OriginRegistry, ProjectStatus


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,454,054", "1454054"),
        ("  97,193 ", "97193"),
        ("97,193.00", "97193.00"),
        ("109180.0", "109180.0"),
        ("6.37", "6.37"),
        ("1.2E+06", "1200000"),
        ("0", "0"),
    ],
)
def test_quantities_are_read_exactly(text, expected):
    assert values.quantity(text) == Decimal(expected)


@pytest.mark.parametrize("text", ["", "  ", "#N/A", "#REF!", "N/A", "n/a", "–", "-", "NULL"])
def test_placeholders_are_no_quantity(text):
    assert values.quantity(text) is None


@pytest.mark.parametrize("text", ["1.454.054", "1,45", "12,34,567", "reforest defer", "-5", "NaN tonnes", "١٢"])
def test_what_is_no_quantity_is_refused_not_guessed(text):
    with pytest.raises(RowError):
        values.quantity(text)


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        ("2026-04-03", "month-first", dt.date(2026, 4, 3)),
        ("2026-04-13T12:35:58.842275", "month-first", dt.date(2026, 4, 13)),
        ("2019-03-07T18:33:46.000Z", "month-first", dt.date(2019, 3, 7)),
        ("2022-02-24 20:20:59", "month-first", dt.date(2022, 2, 24)),
        ("2026-01-22T13:57:46.689111+02:00", "month-first", dt.date(2026, 1, 22)),
        ("1/21/2022 6:27:06 PM", "month-first", dt.date(2022, 1, 21)),
        ("01/31/2018", "month-first", dt.date(2018, 1, 31)),
        ("20/03/2015", "day-first", dt.date(2015, 3, 20)),
        ("03/04/2015", "day-first", dt.date(2015, 4, 3)),
        ("03/04/2015", "month-first", dt.date(2015, 3, 4)),
        ("01 Jun 2026", "day-first", dt.date(2026, 6, 1)),
        ("3 Sept 2025", "day-first", dt.date(2025, 9, 3)),
        ("15 September 2025", "day-first", dt.date(2025, 9, 15)),
    ],
)
def test_every_date_form_of_the_registries(text, order, expected):
    assert values.date(text, order) == expected


@pytest.mark.parametrize("text", ["1342091", "2023-02-30", "31/12/2020", "soon", "0001-01-01", "2026-13-01"])
def test_what_is_no_date_is_refused(text):
    with pytest.raises(RowError):
        values.date(text, "month-first")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("4,13,6,5,3,8", (3, 4, 5, 6, 8, 13)),
        ("09: Industry, Innovation and Infrastructure;12: Responsible Consumption and Production", (9, 12)),
        ("2. Zero Hunger;3. Good Health and Well-Being;15. Life on Land", (2, 3, 15)),
        ("Clean Water & Sanitation; Climate Action; Life on Land", (6, 13, 15)),
        ("Verification Approved", ()),
        ("18,0", ()),
        ("", ()),
    ],
)
def test_goals_by_number_and_by_name(text, expected):
    assert values.sdg_goals(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("COTE D'IVOIRE", ("CI",)),
        ("Côte d’Ivoire", ("CI",)),
        ("Viet Nam", ("VN",)),
        ("Vietnam", ("VN",)),
        ("CONGO, THE DEMOCRATIC REPUBLIC OF THE", ("CD",)),
        ("Congo", ("CG",)),
        ("Republic of Congo", ("CG",)),
        ("DRC", ("CD",)),
        ("Tanzania United Republic of", ("TZ",)),
        ("US", ("US",)),
        ("USA", ("US",)),
        ("IND", ("IN",)),
        ("Turkey", ("TR",)),
        ("Laos", ("LA",)),
        ("South Korea", ("KR",)),
        ("US; MX; US", ("US", "MX")),
    ],
)
def test_countries_in_every_spelling(text, expected):
    assert country_codes(text) == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("#REF!", RejectCode.MISSING_VALUE),
        ("", RejectCode.MISSING_VALUE),
        ("International", RejectCode.UNKNOWN_COUNTRY),
        ("Atlantis", RejectCode.UNKNOWN_COUNTRY),
    ],
)
def test_what_is_no_country_rejects_the_row(text, code):
    with pytest.raises(RowError) as refusal:
        country_codes(text)

    assert refusal.value.code is code


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ACM0001; AMS-I.D.", ("ACM0001", "AMS-I.D.")),
        ("AMS-III.Z", ("AMS-III.Z.",)),
        ("AMS-III.D.; AMS-III.AO.", ("AMS-III.D.", "AMS-III.AO.")),
        ("AMS I.F- Grid Connected Renewable electricity Generation-Version 04.0", ("AMS-I.F.",)),
        ("CDM - AR-ACM0003: Afforestation and reforestation of lands except wetlands", ("AR-ACM0003",)),
        ("ACM0002, AMS-I.D., ACM0022", ("ACM0002", "AMS-I.D.", "ACM0022")),
        ("VM0007; VM0033", ("VM0007", "VM0033")),
        ("VMR0014", ("VMR0014",)),
        ("GS TPDDTEC v3.1", ("GS-TPDDTEC",)),
        ("CCB - M/LU-REDD+: Methodology for the Implementation of REDD+ Projects", ("CCB-REDD",)),
        ("Certified Reclaimed HFC Refrigerants, Propellants, and Fire Suppressants", ("ACR-HFC",)),
        ("biochar", ("ISO-BIOCHAR",)),
        ("Not provided", ()),
    ],
)
def test_methodologies_get_one_spelling(text, expected):
    assert methodology_codes(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CearÃ¡ Renewable Energy", "Ceará Renewable Energy"),
        ("Consorcio EÃƒÂ³lico Amayo", "Consorcio Eólico Amayo"),
        ("Kasigau Corridor ‚Äì Phase I", "Kasigau Corridor – Phase I"),
        ("Greentechâ€™s PET Recycling", "Greentech’s PET Recycling"),
        ("Grütter Consulting AG – Eólico", "Grütter Consulting AG – Eólico"),
        ("TÜV SÜD", "TÜV SÜD"),
        ("GUABIRA ENERGÃ\x8dA", "GUABIRA ENERGÍA"),
        ("Plain", "Plain"),
    ],
)
def test_names_that_went_through_the_wrong_encoding_are_mended_and_no_others(text, expected):
    assert values.mended(text) == expected


ENERGY = "Energy industries (renewable/non-renewable sources)"
LAND = "Agriculture Forestry and Other Land Use"


@pytest.mark.parametrize(
    ("raw", "methodologies", "activities", "name", "expected"),
    [
        ((ENERGY,), ("ACM0002",), (), "Maamba 100MW PV Solar Project", "SOLAR"),
        ((ENERGY,), ("ACM0002",), (), "Bundled Wind Power Project", "WIND"),
        ((ENERGY,), ("ACM0002",), (), "Grid project of Company X", "RE"),
        ((ENERGY, "Waste handling and disposal"), ("ACM0001",), (), "Yunyang Power Generation", "LFG"),
        ((LAND,), ("VM0042",), ("ALM",), "Kenya Highlands", "AG"),
        ((LAND,), ("VM0051",), ("ALM",), "Improved Rice", "RICE"),
        ((LAND,), ("VM0033",), ("WRC",), "East Coast Mangroves", "MC"),
        ((LAND,), ("VM0036",), ("WRC",), "Rewetting Peatlands", "WR"),
        ((LAND,), (), ("ARR", "IFM", "REDD"), "Gunung Lumut", "FC"),
        (("Transport",), ("AMS-I.F.", "VMR0014", "VM0038"), (), "Electric Mobility", "TRN"),
        (("A/R",), (), (), "Restoration of Mangroves", "MC"),
        (("A/R",), (), (), "Cork Oak Afforestation", "AR"),
        (("Energy Efficiency - Domestic",), (), (), "Ecofoyer Guinée", "COOK"),
        (("Energy Efficiency - Domestic",), (), (), "Safe Water in Mali", "WATER"),
        (("Energy Efficiency - Domestic",), (), (), "CFL Lamps", "EE"),
        (("Other",), (), (), "Factory Price Station", "OTHER"),
    ],
)
def test_types_by_methodology_activity_raw_type_and_name(raw, methodologies, activities, name, expected):
    finding = project_type(raw, methodologies=methodologies, activities=activities, name=name)

    assert (finding.code, finding.mapped) == (expected, True)


def test_a_type_in_no_table_is_other_and_says_so():
    assert project_type(("Perpetual motion",)).mapped is False
    assert berkeley_type("Perpetual motion").code == "OTHER"


def test_every_status_table_leads_into_our_lifecycle():
    tables = [statuses.VERRA, statuses.GOLD_STANDARD, statuses.APX_VOLUNTARY, statuses.APX_COMPLIANCE, statuses.ART,
              statuses.CERCARBONO, statuses.ISOMETRIC]  # fmt: skip

    assert {status for table in tables for status in table.values()} <= set(ProjectStatus.values)


@pytest.mark.parametrize(
    ("raw", "table", "expected"),
    [
        ("On Hold - see notification letter", statuses.VERRA, "suspended"),
        ("GOLD_STANDARD_CERTIFIED_DESIGN", statuses.GOLD_STANDARD, "registered"),
        ("Gold Standard Certified Project", statuses.GOLD_STANDARD, "registered"),
        ("validation_unsuccessful", statuses.ISOMETRIC, "rejected"),
        ("Verification approval request denied", statuses.VERRA, "registered"),
        ("Registration request denied", statuses.VERRA, "returned"),
    ],
)
def test_statuses_in_either_spelling(raw, table, expected):
    assert statuses.lifecycle_status(raw, table) == expected


@pytest.mark.parametrize(
    ("voluntary", "compliance", "expected"),
    [
        ("Registered", "ARB Inactive", ("Registered", "registered")),
        ("", "Listed - Active ARB Project", ("Listed - Active ARB Project", "registered")),
        ("", "Listed - Proposed Project", ("Listed - Proposed Project", "submitted")),
    ],
)
def test_the_voluntary_status_counts_before_the_compliance_one(voluntary, compliance, expected):
    assert status_of(voluntary, compliance) == expected


def test_not_eligible_for_compliance_is_no_status():
    with pytest.raises(RowError, match="states no status"):
        status_of("", "Not ARB or Ecology Eligible")


def test_the_verra_table_holds_all_nineteen_published_statuses():
    published = """Registered|Under validation|Under development|Late to verify|Inactive|Registration requested
        |Verification approval requested|Withdrawn|Registration and verification approval requested
        |Rejected by Administrator|Units Transferred from Approved GHG Program
        |Registration and verification approval request denied|Registration request denied
        |On Hold - see notification letter|Crediting Period Renewal Requested|Verification approval request denied
        |Crediting Period Renewal and Verification Approval Requested|Crediting Period Renewal Request Denied
        |Crediting Period Renewal and Verification Approval Request Denied"""
    names = [" ".join(name.split()) for name in published.split("|")]

    assert len(names) == 19
    assert all(statuses.lifecycle_status(name, statuses.VERRA) for name in names)


def test_tables_name_only_types_that_are_seeded():
    path = Path(registry.__file__).parent / "data" / "project_types.csv"
    with path.open(encoding="utf-8", newline="") as file:
        seeded = {row["code"] for row in csv.DictReader(line for line in file if not line.startswith("#"))}
    used = {*BY_METHODOLOGY.values(), *BY_RAW_TYPE.values(), *BY_BERKELEY_TYPE.values(), *BY_AFOLU_ACTIVITY.values()}
    used |= set(NAME_WORDS) | {code for codes in NARROWED_BY_NAME.values() for code in codes}

    assert used <= seeded
    assert all((len(code) <= 10 and code.isupper()) or code == "N2O" for code in seeded)


def test_origin_registries_are_those_of_the_registry():
    assert {"VCS", "GLD", "ACR", "CAR", "ART", "CCB", "ISO", "PUR"} == set(OriginRegistry.values)
