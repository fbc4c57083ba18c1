"""The analytics of transactions against figures worked out by hand."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.roles import TRANSACTIONS_OFFICER, VIEWER
from tests.admin.pages import text_of
from tests.factories import person
from tests.ledger_factories import account_with
from tests.purchase_factories import payable_purchase, selling_batch
from transactions.selectors.admin_analytics import transaction_analytics
from transactions.services.prices import price_set
from transactions.services.purchases import purchase_mark_paid, purchase_refund

pytestmark = pytest.mark.django_db


def _paid(purchase):
    purchase_mark_paid(actor=person(TRANSACTIONS_OFFICER), purchase_pk=purchase.pk, reference="R")
    return purchase


def test_volume_value_and_average_price_add_up():
    # given sales of 10 t and 6 t at 12.50 EUR, of which 4 t are refunded, 5 t at 20 USD, and a transfer of 7 t
    batch = selling_batch()
    _paid(payable_purchase(batch, 10_000))
    refunded = _paid(payable_purchase(batch, 6_000))
    purchase_refund(actor=person(TRANSACTIONS_OFFICER), purchase_pk=refunded.pk, reason="Too many.", quantity_kg=4_000)
    price_set(
        actor=person(TRANSACTIONS_OFFICER),
        project=batch.project,
        vintage=None,
        currency="USD",
        price_per_credit=Decimal(20),
    )
    _paid(payable_purchase(batch, 5_000, currency="USD", expected_price=Decimal(20)))
    account_with(batch, 7_000)
    payable_purchase(batch, 1_000)

    # when the figures in euros are asked for
    found = transaction_analytics(since=datetime(2020, 1, 1, tzinfo=UTC), currency="EUR", most_projects=10)

    # then 16 t were paid with 200.00 EUR, of which 50.00 went back
    rows = {row.transaction_type: row for row in found.months}
    sold = rows["purchase"]
    assert (sold.quantity_kg, sold.paid, sold.value, sold.paid_kg) == (
        21_000,
        Decimal("200.00"),
        Decimal("150.00"),
        16_000,
    )
    assert (rows["transfer"].quantity_kg, rows["transfer"].value) == (7_000, Decimal(0))
    assert [(row.quantity_kg, row.value) for row in found.projects] == [(28_000, Decimal("150.00"))]
    assert [(row.payment_method, row.count) for row in found.settling] == [("invoice", 3)]
    assert found.statuses == {"completed": 4, "reserved": 1}
    assert all(row.month == timezone.localdate().replace(day=1) for row in found.months)


def test_the_page_tells_the_average_and_changes_its_currency(as_role):
    batch = selling_batch()
    _paid(payable_purchase(batch, 10_000))
    viewer = as_role(VIEWER)
    address = "/staff/transactions/transaction/analytics/"

    assert "12.50 EUR a credit on average" in text_of(viewer.get(address))
    assert "125.00 EUR received and kept" in text_of(viewer.get(address, {"currency": "nonsense", "period": "9"}))


def test_before_the_first_transaction_the_page_says_so(as_role):
    page = text_of(as_role(VIEWER).get("/staff/transactions/transaction/analytics/", {"period": "all"}))

    assert "0 transactions asked for" in page
    assert "Nothing in these months." in page
