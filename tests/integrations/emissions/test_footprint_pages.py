"""The footprint's page: its figures, whose it is, what it says when there is nothing, and the files it hands out."""

import json
import re

import pytest
from django.test import Client

from accounts.choices import MembershipRole
from integrations.services.emissions import emissions_calculate
from tests.accounts.people.test_pages import Browser, sign_in, words
from tests.emission_factories import data_source, reading
from tests.factories import buyer, member_of
from tests.integrations.emissions.conftest import organisation_of
from tests.offset_factories import offset_bought, small_batch, somebody_measured
from tests.stripe_fixtures import by_invoice

__all__ = ["by_invoice"]
pytestmark = pytest.mark.django_db
PAGE, YEAR = "/account/emissions", "?from=2025-01&to=2025-12"


def signed_in(user):
    browser = Browser()
    sign_in(browser, user.email)
    return browser


@pytest.fixture
def browser(company):
    return signed_in(company.user)


def test_the_page_shows_the_reports_figures_and_leads_on(company, browser):
    shown = browser.get(PAGE + YEAR)

    said = words(shown)
    # 484.590 kg of the company's year; 239.190 of the works, 49.4 %; a year before 550.9 kg
    assert (
        "0.485 t CO₂e 484.590 kg · −12.0 % against the same months a year before, 1 of which nothing measured" in said
    )
    assert "205.293 kg Scope 1 Direct emissions 42.4 % of the total · none a year before" in said
    assert "Works 239.190 kg 49.4 %" in said
    assert "2025-03 245.400 0.000 177.000 68.400" in said
    assert "Readings of glitter are in no total" in said
    assert "Open Government Licence v3.0, © Crown copyright 2025" in said
    assert '<rect class="s2"' in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    address = re.search(r'href="([^"]+)">Offset this<', shown.content.decode())[1]
    assert address == "/account/emissions/offset?from=2025-01&amp;to=2025-12&amp;method=location"
    market = words(browser.get(f"{PAGE}{YEAR}&method=market"))
    assert "Scope 2 location-based: 177.000 kg." in market


def test_its_files_are_the_reports_and_what_is_wrong_is_said(company, browser):
    answers = {kind: browser.get(f"{PAGE}/report.{kind}{YEAR}") for kind in ("json", "pdf", "xlsx", "doc")}
    refused = browser.get(f"{PAGE}?from=2025-13&to=2025-12")

    assert [answer.status_code for answer in answers.values()] == [200, 200, 200, 404]
    own = company.get(f"/api/v1/emissions/report{YEAR}&organisation=none")
    assert answers["json"].content == own.content
    assert answers["pdf"].content.startswith(b"%PDF-")
    assert answers["xlsx"].content.startswith(b"PK")
    assert browser.get(f"{PAGE}/report.pdf?from=soon").status_code == 400
    assert refused.status_code == 400
    assert "From: Give a month as YYYY-MM, for example 2025-03." in words(refused)


def test_a_member_looks_at_an_organisations_footprint_and_nobody_else(factors):
    owner, viewer, stranger = buyer(), buyer(), buyer()
    mill = organisation_of(owner)
    member_of(mill, viewer, MembershipRole.VIEWER)
    source = data_source(organisation=mill)
    reading(source, "electricity_consumption", "1000", "kWh")
    emissions_calculate(connection=source)
    of_mill = f"{YEAR}&organisation={mill.public_id}"

    # Neither measures anything of their own, so the organisation's comes first.
    for_viewer, for_owner = (words(signed_in(user).get(PAGE)) for user in (viewer, owner))
    outside = signed_in(stranger)

    assert "Mill · April 2024 to March 2025, location-based 0.245 t CO₂e 245.400 kg" in for_viewer
    assert "An owner or trader of the organisation can offset this." in for_viewer
    assert "Offset this Retire as many credits" in for_owner
    assert outside.get(f"{PAGE}{of_mill}").status_code == 404
    assert outside.get(f"{PAGE}/report.pdf{of_mill}").status_code == 404
    assert json.loads(outside.get(f"{PAGE}/report.json{YEAR}").content)["total_kg_co2e"] == "0.000"
    assert Client().get(PAGE + YEAR)["Location"].startswith("/account/sign-in?next=")


def test_what_is_missing_is_said_with_what_to_do_next(factors):
    nobody, waits = buyer(), buyer()
    data_source(waits, site="Office")

    assert "No data source yet" in words(signed_in(nobody).get(PAGE))
    waiting = signed_in(waits)
    assert "Nothing is computed yet" in words(waiting.get(PAGE))
    reading(waits.data_sources.get(), "electricity_consumption", "1", "kWh")
    emissions_calculate(connection=waits.data_sources.get())
    assert "The results reach from March 2025 to March 2025" in words(waiting.get(f"{PAGE}?from=2020-01&to=2020-12"))


@pytest.mark.usefixtures("factors", "by_invoice")
def test_what_is_offset_is_said_and_the_button_is_for_the_rest():
    ada = somebody_measured()
    browser = signed_in(ada)

    offset_bought(ada, small_batch())

    march, spring = (browser.get(f"{PAGE}?from=2025-03&to={last}").content.decode() for last in ("2025-03", "2025-05"))
    assert re.search(r">Offset in full</a><small>0.246 t retired, or on order.", march)
    assert re.search(r">Offset the rest</a><small>0.246 t are retired, or on order.", spring)


def test_the_number_of_queries_does_not_grow_with_the_sources(company, browser, django_assert_num_queries):
    browser.get(PAGE + YEAR)
    for number in range(3):
        more = data_source(company.user)
        reading(more, "electricity_consumption", str(number + 1), "kWh")
        emissions_calculate(connection=more)

    with django_assert_num_queries(12):
        assert browser.get(PAGE + YEAR).status_code == 200
