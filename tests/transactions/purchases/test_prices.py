"""Prices: which one holds, what a quantity costs computed by hand, and that nobody edits the past."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.roles import TRANSACTIONS_OFFICER
from carboncore.common.errors import InvalidInput
from tests.factories import person, project_in
from transactions.errors import PriceMissing, PriceStands
from transactions.models import CreditPrice, VolumeTier
from transactions.money import from_minor, share_of, to_minor, total_for
from transactions.services.prices import Tier, price_delete, price_end, price_for, price_set

pytestmark = pytest.mark.django_db
PRICES = "/api/v1/admin/credit-prices"


@pytest.fixture
def project():
    return project_in("draft")


@pytest.fixture
def set_price(project):
    actor = person(TRANSACTIONS_OFFICER)

    def made(price, **fields):
        values = {"vintage": None, "currency": "EUR", **fields}
        return price_set(actor=actor, project=project, price_per_credit=Decimal(price), **values)

    return made


def cost(project, quantity_kg=1_000, *, vintage=None, currency="EUR", at=None):
    quote = price_for(project=project, vintage=vintage, quantity_kg=quantity_kg, currency=currency, at=at)
    return quote.price_per_credit, quote.total_amount


# --- money by hand ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("price", "quantity_kg", "currency", "total"),
    [
        ("12.5", 12_345, "EUR", "154.31"),  # 154.3125
        ("10.01", 500, "EUR", "5.01"),  # 5.005, half up
        ("10.03", 500, "EUR", "5.02"),  # 5.015, half up, where binary fractions or half even give 5.01 or 5.02
        ("0.0049", 1_000, "EUR", "0.00"),
        ("0.005", 1_000, "EUR", "0.01"),
        ("1250.5", 1_001, "JPY", "1252"),  # 1251.7505; a yen has no hundredths
        ("100", 333, "KWD", "33.30"),
        ("99999999999.9999", 1_000, "USD", "100000000000.00"),
    ],
)
def test_a_total_is_rounded_half_up_once_to_what_can_be_paid(price, quantity_kg, currency, total):
    computed = total_for(price_per_credit=Decimal(price), quantity_kg=quantity_kg, currency=currency)

    assert str(computed) == total


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("154.31", "EUR", 15_431), ("1252", "JPY", 1_252), ("33.30", "KWD", 33_300), ("500", "ISK", 50_000)],
)
def test_cards_are_charged_in_minor_units(amount, currency, minor):
    assert to_minor(Decimal(amount), currency) == minor
    assert from_minor(minor, currency) == Decimal(amount)


def test_shares_of_a_total_are_rounded_half_up():
    assert share_of(Decimal("0.05"), part_kg=500, whole_kg=1_000, currency="EUR") == Decimal("0.03")


# --- which price --------------------------------------------------------------------------------------


def test_tiers_hold_for_the_whole_quantity_from_their_own_on(project, set_price):
    set_price("12.5", tiers=[Tier(100_000, Decimal(11)), Tier(1_000_000, Decimal("9.9999"))])

    assert cost(project, 99_999) == (Decimal("12.5000"), Decimal("1249.99"))  # 1249.9875
    assert cost(project, 100_000) == (Decimal("11.0000"), Decimal("1100.00"))
    assert cost(project, 1_000_000) == (Decimal("9.9999"), Decimal("9999.90"))


def test_a_vintages_own_price_goes_first_and_then_the_vintage_must_be_named(project, set_price):
    set_price("10")
    assert cost(project) == (Decimal("10.0000"), Decimal("10.00"))
    set_price("20", vintage=2024)

    assert cost(project, vintage=2024)[0] == Decimal("20.0000")
    assert cost(project, vintage=2023)[0] == Decimal("10.0000")
    with pytest.raises(InvalidInput) as refusal:
        cost(project)
    assert "2024" in refusal.value.errors["vintage"][0]


def test_a_new_price_ends_the_former_and_the_past_stays_what_it_was(project, set_price):
    first = set_price("10")
    second = set_price("11")

    first.refresh_from_db()
    assert first.valid_to == second.valid_from
    assert cost(project)[0] == Decimal("11.0000")
    assert cost(project, at=first.valid_from)[0] == Decimal("10.0000")


def test_a_price_to_come_begins_when_it_is_due(project, set_price):
    tomorrow = timezone.now() + timedelta(days=1)
    set_price("10")
    set_price("12", valid_from=tomorrow)

    assert cost(project)[0] == Decimal("10.0000")
    assert cost(project, at=tomorrow - timedelta(microseconds=1))[0] == Decimal("10.0000")
    assert cost(project, at=tomorrow)[0] == Decimal("12.0000")


def test_without_a_price_there_is_no_sale(project, set_price):
    set_price("10", valid_to=timezone.now() + timedelta(days=1))

    with pytest.raises(PriceMissing):
        cost(project, currency="USD")
    with pytest.raises(PriceMissing):
        cost(project, at=timezone.now() + timedelta(days=2))


def test_a_sum_that_cannot_be_paid_is_refused(project, set_price):
    set_price("0.004")

    with pytest.raises(InvalidInput):
        cost(project)
    with pytest.raises(InvalidInput):
        set_price("99999999999") and cost(project, 10**12)


# --- the past -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        {"price": "0"},
        {"price": "-1"},
        {"price": "1.00001"},
        {"price": "NaN"},
        {"currency": "eur"},
        {"currency": "XXX"},
        {"valid_from": timezone.now() - timedelta(days=1)},
        {"valid_to": timezone.now() - timedelta(days=1)},
        {"tiers": [Tier(1, Decimal(1)), Tier(1, Decimal(2))]},
        {"tiers": [Tier(0, Decimal(1))]},
        {"tiers": [Tier(1, Decimal(0))]},
    ],
)
def test_a_price_that_cannot_be_is_refused(set_price, fields):
    with pytest.raises(InvalidInput):
        set_price(fields.pop("price", "10"), **fields)
    assert CreditPrice.objects.count() == 0


def test_a_price_is_ended_now_and_only_once(project, set_price):
    price = set_price("10")

    price_end(actor=person(TRANSACTIONS_OFFICER), pk=price.pk)

    with pytest.raises(PriceMissing):
        cost(project)
    with pytest.raises(PriceStands):
        price_end(actor=person(TRANSACTIONS_OFFICER), pk=price.pk)


def test_only_a_price_to_come_is_deleted(set_price):
    now, later = set_price("10"), set_price("11", valid_from=timezone.now() + timedelta(days=1))

    with pytest.raises(PriceStands):
        price_delete(actor=person(TRANSACTIONS_OFFICER), pk=now.pk)
    price_delete(actor=person(TRANSACTIONS_OFFICER), pk=later.pk)

    assert [*CreditPrice.objects.values_list("pk", flat=True)] == [now.pk]


def test_a_price_before_one_that_is_set_already_has_to_end_by_then(set_price):
    later = timezone.now() + timedelta(days=1)
    set_price("11", valid_from=later)

    with pytest.raises(PriceStands):
        set_price("10")
    set_price("10", valid_to=later)


SQL = {
    "changed": "UPDATE transactions_creditprice SET price_per_credit = 1",
    "ended in the past": "UPDATE transactions_creditprice SET valid_to = now() - interval '1 hour'",
    "deleted": "DELETE FROM transactions_creditprice",
    "tier changed": "UPDATE transactions_volumetier SET price_per_credit = 1",
    "two at a time": (
        "INSERT INTO transactions_creditprice (project_id, currency, price_per_credit, valid_from, created_by_id,"
        " created_at) SELECT project_id, currency, 1, now() + interval '1 day', created_by_id, now()"
        " FROM transactions_creditprice"
    ),
    "begun in the past": (
        "INSERT INTO transactions_creditprice (project_id, currency, price_per_credit, valid_from, created_by_id,"
        " created_at) SELECT project_id, 'USD', 1, now() - interval '1 day', created_by_id, now()"
        " FROM transactions_creditprice"
    ),
}
NAMED = {
    "tier changed": "transactions_tier_past_stands",
    "two at a time": "transactions_price_one_at_a_time",
}


@pytest.mark.parametrize("what", SQL)
def test_the_database_itself_lets_nobody_edit_the_past(set_price, what):
    set_price("10", tiers=[Tier(5_000, Decimal(9))])
    before = [*CreditPrice.objects.values_list(), *VolumeTier.objects.values_list()]

    with pytest.raises(IntegrityError) as refusal, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(SQL[what])

    assert refusal.value.__cause__.diag.constraint_name == NAMED.get(what, "transactions_price_past_stands")
    assert [*CreditPrice.objects.values_list(), *VolumeTier.objects.values_list()] == before


# --- over the API -------------------------------------------------------------------------------------


def test_the_five_verbs(desk, project):
    body = {
        "project_id": project.pk,
        "currency": "EUR",
        "price_per_credit": "12.50",
        "tiers": [{"from_quantity": 100, "price_per_credit": 11}],
    }
    made = desk.post(PRICES, body)
    assert (made.status_code, made.json()["success"]) == (201, True)
    path = made["Location"]

    read = desk.get(path).json()
    assert read["price_per_credit"] == 12.5
    assert read["tiers"] == [{"from_quantity": 100.0, "price_per_credit": 11.0}]
    assert [price["id"] for price in desk.get(f"{PRICES}?project_id={project.pk}&currency=eur").json()] == [read["id"]]
    assert desk.get(f"{PRICES}?currency=USD").json() == []
    assert desk.put(path, {"price_per_credit": 1}).status_code == 400
    assert desk.delete(path).json()["code"] == "price_stands"
    assert desk.patch(path, {"valid_to": None}).json() == {"success": True, "message": "Price ended"}
    assert desk.get(path).json()["valid_to"] is not None


def test_who_may_read_and_set_prices(api, staff, desk, project):
    body = {"project_id": project.pk, "currency": "EUR", "price_per_credit": "12.50"}

    assert [api.get(PRICES).status_code, api.post(PRICES, body).status_code] == [401, 401]
    viewer = staff("Viewer")
    assert [viewer.get(PRICES).status_code, viewer.post(PRICES, body).status_code] == [200, 403]
    assert CreditPrice.objects.count() == 0
    assert desk.post(PRICES, body).status_code == 201
