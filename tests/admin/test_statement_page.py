"""An account's statement in the staff admin: opening, movements and closing of the chosen days, and as files."""

import csv
import io
from datetime import UTC, datetime

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.roles import REGISTRY_OFFICER, VIEWER
from tests.admin.pages import form_values, read_page, text_of
from tests.ledger_factories import account, issued_batch, proceeds_of, wanted
from transactions.admin import statements
from transactions.services import RetirementDetails, credits_retire, credits_transfer

pytestmark = pytest.mark.django_db


def at(month, day):
    return time_machine.travel(datetime(2025, month, day, 12, tzinfo=UTC), tick=False)


@pytest.fixture
def holder():
    """Receives 4 t in March 2025, and in April gives 0.750 t away and retires 1 t."""
    with at(3, 1):
        batch, holder, other = issued_batch(quantity_kg=10_000, year=2023), account("Harbour"), account()
    with at(3, 10):
        source = proceeds_of(batch.project)
        credits_transfer(actor=None, from_account=source, to_account=holder, wanted=wanted(batch.project, 4_000))
    with at(4, 1):
        credits_transfer(actor=None, from_account=holder, to_account=other, wanted=wanted(batch.project, 750))
    with at(4, 30):
        credits_retire(
            actor=None,
            account=holder,
            wanted=wanted(batch.project, 1_000),
            details=RetirementDetails(beneficiary_name="Bakery", purpose="other"),
        )
    return holder


def address(found, **query):
    text = "&".join(f"{name}={value}" for name, value in query.items())
    return f"{reverse('admin:transactions_holdingaccount_statement', args=[found.pk])}?{text}"


APRIL = {"from": "2025-04-01", "to": "2025-04-30"}


def test_the_page_adds_up_from_the_opening_to_the_closing(as_role, holder):
    reader = as_role(VIEWER)
    root = holder.balances.first().batch.serial_root

    page = reader.get(address(holder, **APRIL))

    assert page.status_code == 200
    opening, rest = text_of(page).split("Movements", 1)
    moved, closing = rest.split("Closing", 1)
    assert f"2023 {root} Active 4 " in f"{opening.split('Opening', 1)[1]} "
    assert f"01 Apr 2025 12:00 UTC Transfer {root}-1-1.750 Active −0.750" in moved
    assert f"30 Apr 2025 12:00 UTC Retirement {root}-1.751-2.750 Active −1" in moved
    assert f"{root}-1.751-2.750 Retired +1" in moved
    assert f"2023 {root} Active 2.250" in closing
    assert f"2023 {root} Retired 1" in closing


def test_the_first_and_the_last_day_count_and_the_days_beside_them_do_not(as_role, holder):
    reader = as_role(VIEWER)

    between = text_of(reader.get(address(holder, **{"from": "2025-04-02", "to": "2025-04-29"})))

    assert "Nothing moved in these days." in between
    assert between.count("Active 3.250") == 2


def test_the_same_days_as_csv_and_pdf(as_role, holder):
    reader = as_role(VIEWER)

    table = reader.get(address(holder, **APRIL, format="csv"))
    paper = reader.get(address(holder, **APRIL, format="pdf"))

    rows = list(csv.reader(io.StringIO(table.getvalue().decode("utf-8-sig"))))
    assert [(row[0], row[6], row[7]) for row in rows[1:]] == [
        ("opening", "active", "4.000"), ("movement", "active", "-0.750"), ("movement", "active", "-1.000"),
        ("movement", "retired", "1.000"), ("closing", "active", "2.250"), ("closing", "retired", "1.000"),
    ]  # fmt: skip
    name = f'attachment; filename="statement-{holder.number}-2025-04-01-2025-04-30'
    assert table["Content-Disposition"] == f'{name}.csv"'
    assert (paper["Content-Disposition"], paper.content[:5]) == (f'{name}.pdf"', b"%PDF-")


def test_the_accounts_page_leads_to_this_months(as_role, holder):
    reader = as_role(VIEWER)
    page = reader.get(reverse("admin:transactions_holdingaccount_change", args=[holder.pk]))
    link = address(holder).rstrip("?")
    assert link in read_page(page).links

    with at(5, 17):
        days = form_values(as_role(VIEWER).get(link), "days")

    assert (days["from"], days["to"]) == ("2025-05-01", "2025-05-17")


@pytest.mark.parametrize(
    ("days", "because"),
    [
        ({"from": "2025-04-02", "to": "2025-04-01"}, "The last day comes before the first."),
        ({"from": "yesterday", "to": "2025-04-01"}, "Enter a valid date."),
        ({"from": "2025-04-01"}, "This field is required."),
        ({"from": "1066-01-01", "to": "2025-04-01"}, "Give a day as YYYY-MM-DD"),
        ({"from": "2025-04-01", "to": "9999-12-31"}, "Give a day as YYYY-MM-DD"),
    ],
)
def test_days_that_are_none_are_refused_with_what_to_do(as_role, holder, days, because):
    for kind in ({}, {"format": "pdf"}):
        refused = as_role(VIEWER).get(address(holder, **days, **kind))
        assert (refused.status_code, because in text_of(refused)) == (400, True)


def test_more_movements_than_a_page_shows_are_left_to_the_csv(as_role, holder, monkeypatch):
    monkeypatch.setattr(statements, "MOST_SHOWN", 2)

    page = as_role(VIEWER).get(address(holder, **APRIL))

    assert (page.status_code, "There are more than 2 movements" in text_of(page)) == (400, True)
    assert as_role(VIEWER).get(address(holder, **APRIL, format="csv")).status_code == 200


def test_who_may_not_see_accounts_sees_no_statement_and_none_is_there_of_no_account(as_role, holder):
    assert as_role().get(address(holder, **APRIL)).status_code == 403
    holder.pk = 10**9
    assert as_role(REGISTRY_OFFICER).get(address(holder, **APRIL)).status_code == 404


def test_a_longer_statement_takes_no_more_queries(as_role, holder):
    reader = as_role(VIEWER)

    def queries(days):
        reader.get(address(holder, **days))
        with CaptureQueriesContext(connection) as caught:
            reader.get(address(holder, **days))
        return len(caught)

    empty = queries({"from": "2024-01-01", "to": "2024-01-31"})
    assert queries({"from": "2025-01-01", "to": "2025-12-31"}) == empty
