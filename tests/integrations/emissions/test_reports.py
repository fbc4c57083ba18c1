"""The emissions report as JSON, XLSX and PDF: one content, read back by other programs; and its charts' figures."""

import hashlib
import io
import json
import re
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from accounts.choices import MembershipRole
from integrations.models import Emission
from integrations.reports.month_chart import month_chart
from integrations.services.emissions import emissions_calculate
from tests.api_clients import buyer_client
from tests.emission_factories import data_source, reading
from tests.factories import member_of
from tests.integrations.emissions.conftest import organisation_of

pytestmark = pytest.mark.django_db
REPORT = "/api/v1/emissions/report?from=2025-01&to=2025-12"


def text_of(pdf):
    return re.sub(r"[\s\u202f]+", " ", " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages))


def test_the_spreadsheet_says_what_the_json_says_and_no_cell_is_a_formula(company):
    company.works.display_name = '=HYPERLINK("https://a.example.org")'
    company.works.save()

    told = company.get(REPORT)
    answer = company.get(f"{REPORT}&format=xlsx")

    book = load_workbook(io.BytesIO(answer.content))
    cells = {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}
    assert answer["Content-Disposition"] == 'attachment; filename="emissions-2025-01-2025-12-location.xlsx"'
    # 177 + 18.53 + 45.9 + 3.97 of electricity, 205.292707 + 33.897533 of gas; 2024: 2,000 kWh at 0.20705 and on.
    assert cells["Scopes"][1] == ("Scope 1", "Direct emissions", 205.293, 42.4, 0, None)
    assert cells["Scopes"][2][2:] == (177, 36.5, 414.1, -57.3)
    assert cells["Scopes"][4][:3] == ("Total", None, 484.59)
    assert [row[:2] for row in cells["Sources"][1:]] == [
        ("Source", 245.4),
        ('\'=HYPERLINK("https://a.example.org")', 239.19),
    ]
    assert cells["Sites"][1:] == [("Office", 245.4, 50.6), ("Works", 239.19, 49.4)]
    assert cells["Data quality"][1:] == [("Measured", 484.59, 100)]
    assert cells["Not counted"][1][:4] == ("glitter", 3, "kg", 1)
    assert cells["Factor sets"][1][0] == "DESNZ 2025 v1"
    assert cells["Factor sets"][1][4] == "Open Government Licence v3.0, © Crown copyright 2025"
    stated = [row[1] for row in cells["Report"] if len(row) > 1]
    sentences = [*told.json()["gaps"], *told.json()["statement"]]
    assert [f"'{words}" if words.startswith("=") else words for words in sentences if words not in stated] == [
        words for words in stated if str(words).startswith("'=")
    ]
    assert hashlib.sha256(told.content).hexdigest() in stated
    assert {cell.data_type for sheet in book for row in sheet for cell in row} <= {"s", "n", "inlineStr"}


def test_the_pdf_is_archivable_the_same_each_time_and_says_what_the_json_says(company):
    Emission.objects.update(calculated_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    told = company.get(REPORT)
    first, second = (company.get(f"{REPORT}&format=pdf") for _ in range(2))

    assert first["Content-Type"] == "application/pdf"
    assert first.content == second.content
    # Its clock is the latest result's, not that of the moment in which it is made.
    made = PdfReader(io.BytesIO(first.content)).metadata.creation_date
    assert made == datetime.fromisoformat(told.json()["calculated_at"])
    assert b"<pdfaid:part>2</pdfaid:part>" in first.content
    words = text_of(first.content)
    assert "Direct emissions 205.293 42.4 0.000 —" in words
    assert "Location-based 177.000 yes Market-based 177.000 no" in words
    assert "Office 245.400 50.6 Works 239.190 49.4" in words
    assert "3 Fuel- and energy-related activities 102.298 21.1" in words
    assert "© Crown copyright 2025" in words
    for sentence in (*told.json()["gaps"], *told.json()["statement"]):
        assert re.sub(r"\W", "", sentence) in re.sub(r"\W", "", words)
    assert hashlib.sha256(told.content).hexdigest() in words


def test_the_charts_figures_are_in_the_summary_and_a_month_without_results_is_null(company):
    charts = company.get("/api/v1/emissions/summary?from=2025-02&to=2025-04").json()["charts"]

    assert charts["by_month"] == {
        "labels": ["2025-02", "2025-03", "2025-04"],
        "series": [
            {"name": "Scope 1", "values": [None, "0.000", "205.293"]},
            {"name": "Scope 2", "values": [None, "177.000", "0.000"]},
            {"name": "Scope 3", "values": [None, "68.400", "33.898"]},
        ],
        # 2,000 kWh: the grid's 0.20705 of 2024; 0.01853 + 0.0459 + 0.00397 of 2025, which 2024's set does not have
        "year_before": {"name": "A year before", "values": [None, "550.900", None]},
    }
    assert charts["by_source"]["series"][0]["values"] == ["245.400", "239.190"]
    drawn = month_chart(charts["by_month"])
    heights = [Decimal(found) for found in re.findall(r'<rect [^>]*height="([0-9.]+)"', drawn)]
    # 214 units stand for 600 kg: 68.4 and 177 of March, 205.293 and 33.898 of April
    assert sorted(heights) == [Decimal(n) for n in ("12.1", "24.4", "63.1", "73.2")]
    assert month_chart({**charts["by_month"], "series": [], "year_before": {"values": [None] * 3}}) == ""


def test_an_organisations_report_is_for_its_members_and_ones_own_leaves_it_out(company):
    mill = organisation_of(company.user)
    source = data_source(organisation=mill)
    reading(source, "electricity_consumption", "10", "kWh", start=datetime(2025, 5, 1, tzinfo=UTC))
    emissions_calculate(connection=source)
    viewer, stranger = buyer_client(), buyer_client()
    member_of(mill, viewer.user, MembershipRole.VIEWER)
    of_mill = f"{REPORT}&organisation={mill.public_id}"

    # 10 kWh × (0.177 + 0.01853 + 0.0459 + 0.00397)
    assert viewer.get(of_mill).json()["total_kg_co2e"] == "2.454"
    assert viewer.get(of_mill).json()["inventory"] == {
        "of": "organisation",
        "name": "Mill",
        "organisation": str(mill.public_id),
    }
    totals = [company.get(f"{REPORT}{more}").json()["total_kg_co2e"] for more in ("", "&organisation=none")]
    assert totals == ["487.044", "484.590"]
    for kind in ("json", "xlsx", "pdf"):
        refused = stranger.get(f"{of_mill}&format={kind}")
        assert (refused.status_code, refused.json()["code"]) == (404, "organisation_not_found")
    assert text_of(viewer.get(f"{of_mill}&format=pdf").content).count("Mill") == 1
    assert stranger.get(REPORT).json()["total_kg_co2e"] == "0.000"


def test_a_range_stays_a_range(factors):
    owner = buyer_client()
    source = data_source(owner.user, adapter="openai", settings={"ai_zone": "GBR"})
    reading(source, "ai_usage", "7500000", "token", series="gpt-4o")
    reading(source, "electricity_consumption", "1000", "kWh")
    emissions_calculate(connection=source)
    used = Emission.objects.get(reading_type="ai_usage")

    told = owner.get(REPORT).json()

    # 245.4 kg of electricity have no range.
    low, high = (
        f"{(Decimal('245.4') + end).quantize(Decimal('0.001'), ROUND_HALF_UP)}" for end in (used.low, used.high)
    )
    assert (told["total_kg_co2e_low"], told["total_kg_co2e_high"]) == (low, high)
    assert Decimal(low) < Decimal(told["total_kg_co2e"]) < Decimal(high)
    assert f"the total lies between {low} and {high} kg CO2e." in told["gaps"][0]


def test_a_report_of_nothing_is_a_report_and_another_format_is_refused(factors):
    nobody = buyer_client()

    empty = nobody.get(f"{REPORT}&format=pdf")
    book = load_workbook(io.BytesIO(nobody.get(f"{REPORT}&format=xlsx").content))
    refused = nobody.get(f"{REPORT}&format=csv")

    assert "Total 0.000" in text_of(empty.content)
    assert book["Scopes"]["C2"].value is None
    assert book.sheetnames == ["Report", "Scopes", "Scope 2 methods"]
    assert refused.json()["errors"] == {"format": ["Ask for one of json, xlsx, pdf."]}


def test_the_number_of_queries_does_not_grow_with_the_sources(company, django_assert_num_queries):
    for number in range(3):
        more = data_source(company.user)
        reading(more, "electricity_consumption", str(number + 1), "kWh")
        emissions_calculate(connection=more)

    # Who asks, their sources, the results of both methods and of the year before, what is unmatched; the sets.
    for path, queries in (("summary", 6), ("report", 7)):
        with django_assert_num_queries(queries):
            answer = company.get(f"/api/v1/emissions/{path}?from=2025-01&to=2025-12")
        assert len(json.loads(answer.content)["by_source"]) == 5
