"""Payment issues over the API: the list, one issue, and a decision that is carried out once."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.ledger_dumps import ledger_dump
from tests.ledger_factories import proceeds_of
from tests.purchase_factories import assert_ledger_clean, held, payable_purchase, selling_batch, unaccounted_payments
from transactions.models import PaymentIssue, PaymentRefund
from transactions.services.purchases import payments_reconcile

pytestmark = pytest.mark.django_db


@pytest.fixture
def short(stripe):
    """A purchase of 10 t for 125.00 EUR of which the provider took 124.99, and the issue that came of it."""
    purchase = payable_purchase(selling_batch())
    stripe.intents[purchase.stripe_payment_intent_id]["amount"] = 12_499
    stripe.pay(purchase.stripe_payment_intent_id)
    payments_reconcile(wait=payments_reconcile.__kwdefaults__["wait"] * 0)
    return purchase, PaymentIssue.objects.get()


def address(issue):
    return f"/admin/payment-issues/{issue.pk}"


def test_the_list_tells_what_needs_somebody_and_is_narrowed(desk, short):
    purchase, issue = short
    PaymentIssue.objects.create(kind="dispute", subject="dp_1", details="Disputed.")

    rows = desk.get("/admin/payment-issues?kind=amount_differs").json()

    assert [(row["id"], row["transaction"], row["resolution"], row["resolved_by"]) for row in rows] == [
        (issue.pk, str(purchase.public_id), None, None)
    ]
    assert rows[0] == desk.get(address(issue)).json()
    assert [row["kind"] for row in desk.get("/admin/payment-issues?state=open").json()] == ["dispute", "amount_differs"]
    assert desk.get("/admin/payment-issues?state=decided").json() == []
    assert desk.get("/admin/payment-issues?state=lost").json()["errors"].keys() == {"state"}
    assert desk.get("/admin/payment-issues?kind=lost").status_code == 400
    assert desk.get("/admin/payment-issues/999999").status_code == 404


def test_money_is_given_back_once_however_often_it_is_sent(desk, stripe, short):
    purchase, issue = short
    decision = {"resolution": "refunded", "note": " Not what was agreed. "}

    answers = [desk.post(f"{address(issue)}/resolve", decision) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["resolution_note"] == "Not what was agreed."
    assert [refund.amount for refund in PaymentRefund.objects.all()] == [Decimal("124.99")]
    assert stripe.taken(purchase.stripe_payment_intent_id) == 0
    assert held(proceeds_of(purchase.project)) == 100_000
    assert unaccounted_payments() == []
    assert_ledger_clean()


def test_another_decision_or_another_person_after_it_is_told_that_it_is_closed(desk, staff, short):
    _, issue = short
    assert desk.post(f"{address(issue)}/resolve", {"resolution": "delivered", "note": "A cent."}).status_code == 200
    before = ledger_dump()

    other = desk.post(f"{address(issue)}/resolve", {"resolution": "refunded", "note": "A cent."})
    reworded = desk.post(f"{address(issue)}/resolve", {"resolution": "delivered", "note": "Another word."})
    somebody = staff("Super Admin").post(f"{address(issue)}/resolve", {"resolution": "delivered", "note": "A cent."})

    for refused in (other, reworded, somebody):
        assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert ledger_dump() == before


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"resolution": "refunded"}, "note"),
        ({"resolution": "refunded", "note": "  "}, "note"),
        ({"resolution": "refunded", "note": "x" * 1001}, "note"),
        ({"resolution": "forgotten", "note": "x"}, "resolution"),
        ({"note": "x"}, "resolution"),
        ({"resolution": "noted", "note": "x", "amount": 1}, "amount"),
    ],
)
def test_a_decision_that_is_none_is_refused_and_nothing_moves(desk, short, body, field):
    _, issue = short
    before = ledger_dump()

    refused = desk.post(f"{address(issue)}/resolve", body)

    assert (refused.status_code, field in refused.json()["errors"]) == (400, True)
    assert ledger_dump() == before
    issue.refresh_from_db()
    assert issue.resolved_at is None


def test_what_cannot_be_done_about_its_kind_is_refused(desk, short):
    purchase, _ = short
    issue = PaymentIssue.objects.create(kind="dispute", subject="dp_1", details="D", transaction=purchase)
    before = ledger_dump()

    refused = desk.post(f"{address(issue)}/resolve", {"resolution": "refunded", "note": "Give it."})

    assert refused.json()["errors"] == {"resolution": ["Choose one of: noted."]}
    assert desk.post(f"{address(issue)[:-1]}99999/resolve", {"resolution": "noted", "note": "x"}).status_code == 404
    assert ledger_dump() == before


def test_a_long_list_takes_no_more_queries(desk, short):
    def queries():
        with CaptureQueriesContext(connection) as caught:
            assert desk.get("/admin/payment-issues").status_code == 200
        return len(caught)

    queries()
    few = queries()
    PaymentIssue.objects.bulk_create(
        PaymentIssue(kind="dispute", subject=f"dp_{n}", details="D", transaction=short[0]) for n in range(100)
    )

    assert queries() == few
