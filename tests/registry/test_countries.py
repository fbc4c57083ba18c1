"""Countries in the spellings that people and registries use, against the lists that they publish."""

import csv
import gzip
from pathlib import Path

import pytest

from carboncore.common.countries import country_code_of
from registry.models import Country

DATA = Path(__file__).parents[3] / "shared/data"
# Columns of the published lists that name one country, or several between semicolons.
COLUMNS = {
    "registry_exports/verra/projects.csv": "Country/Area",
    "registry_exports/gold-standard/projects.csv": "Country",
    "registry_exports/american-carbon-registry/projects.csv": "Project Site Country",
    "registry_exports/climate-action-reserve/projects.csv": "Project Site Country",
    "registry_exports/art-trees/projects.csv": "Program  Country",
    "registry_exports/isometric/projects.csv": "location.country_code",
    "open/berkeley_vrod_v5_2022-04_projects.csv.gz": "Country",
}


def values_in(path, column):
    if not (DATA / path).exists():
        pytest.skip(f"NOT TESTED: {path} of the shared data is absent")
    opened = gzip.open if path.endswith(".gz") else open
    with opened(DATA / path, "rt", encoding="utf-8-sig", errors="replace") as file:
        cells = {row[column] for row in csv.DictReader(file)}
    return {part.strip() for cell in cells for part in cell.split(";")} - {""}


@pytest.mark.parametrize("path", COLUMNS)
def test_every_country_that_the_registries_write_is_known(path):
    named = values_in(path, COLUMNS[path])

    assert named
    assert {name for name in named if country_code_of(name) is None} <= {"International"}


def iso_list():
    path = DATA / "open/iso3166_1_countries.csv"
    if not path.exists():
        pytest.skip(f"NOT TESTED: {path.name} of the shared data is absent")
    with path.open(encoding="utf-8", newline="") as file:
        return [*csv.DictReader(file)]


@pytest.mark.parametrize("column", ["alpha_2", "alpha_3", "name", "common_name"])
def test_every_form_in_the_iso_list_leads_to_its_code(column):
    named = {row[column]: row["alpha_2"] for row in iso_list() if row[column]}

    assert named
    assert {text: country_code_of(text) for text in named} == named


def test_no_official_name_leads_to_another_country():
    named = {row["official_name"]: row["alpha_2"] for row in iso_list() if row["official_name"]}

    assert {text: code for text, code in named.items() if country_code_of(text) not in (code, None)} == {}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("BR", "BR"), ("br", "BR"), ("BRA", "BR"), ("bra", "BR"), ("Brazil", "BR"), ("  BRAZIL ", "BR"),
        ("Congo", "CG"), ("Republic of the Congo", "CG"), ("Congo, Republic of", "CG"),
        ("Congo, The Democratic Republic of the", "CD"), ("Democratic Republic of Congo", "CD"), ("DR Congo", "CD"),
        ("Korea", "KR"), ("Korea, Republic of", "KR"), ("Republic of Korea", "KR"), ("South Korea", "KR"),
        ("Korea, Democratic People's Republic of", "KP"), ("North Korea", "KP"),
        ("Côte d'Ivoire", "CI"), ("Cote d’Ivoire", "CI"), ("COTE D IVOIRE", "CI"), ("Ivory Coast", "CI"),
        ("Viet Nam", "VN"), ("Vietnam", "VN"), ("Lao People's Democratic Republic", "LA"), ("Laos", "LA"),
        ("Lao PDR", "LA"), ("Türkiye", "TR"), ("Turkey", "TR"), ("The Gambia", "GM"), ("Gambia (The)", "GM"),
        ("Tanzania, United Republic of", "TZ"), ("United Republic of Tanzania", "TZ"), ("Tanzania", "TZ"),
        ("Bolivia (Plurinational State of)", "BO"), ("Bolivia", "BO"), ("Bosnia & Herzegovina", "BA"),
        ("UK", "GB"), ("U.K.", "GB"), ("USA", "US"), ("U.S.A.", "US"), ("United States", "US"), ("UAE", "AE"),
        ("Eswatini", "SZ"), ("Swaziland", "SZ"), ("Czech Republic", "CZ"), ("Czechia", "CZ"), ("Kosovo", "XK"),
        ("Niger", "NE"), ("Nigeria", "NG"), ("Guinea", "GN"), ("Guinea-Bissau", "GW"), ("Equatorial Guinea", "GQ"),
        ("Papua New Guinea", "PG"), ("Dominica", "DM"), ("Dominican Republic", "DO"), ("Sudan", "SD"),
        ("South Sudan", "SS"), ("Samoa", "WS"), ("American Samoa", "AS"), ("Nauru", "NR"),
        ("People's Republic of China", "CN"), ("Taiwan, Province of China", "TW"), ("Hong Kong", "HK"),
    ],
)  # fmt: skip
def test_spellings(text, code):
    assert country_code_of(text) == code


@pytest.mark.parametrize(
    "text",
    ["", "   ", "Atlantis", "Europe", "International", "Global", "Republic", "United", "Virgin Islands", "America",
     "ZZ", "B", "Brazil Peru", "Brazil; Peru", "BR, PE", "42", "中国", "\x00", "\ud800", "x" * 100_000],
)  # fmt: skip
def test_what_names_no_one_country_is_none(text):
    assert country_code_of(text) is None


@pytest.mark.django_db
def test_the_table_of_countries_answers_to_its_own_names_and_codes():
    countries = [*Country.objects.all()]

    assert len(countries) == 250  # ISO 3166-1 lists 249, and Kosovo
    for country in countries:
        assert country_code_of(country.name) == country.code
        assert country_code_of(country.alpha3) == country.code
