"""What arrives at the address for Stripe's events: genuine or not, twice, late, in the wrong order, about others."""

import json
import time

import pytest

from accounts.roles import TRANSACTIONS_OFFICER
from carboncore.audit.models import Event
from carboncore.audit.services import refusals
from tests.factories import person
from tests.ledger_dumps import ledger_dump
from tests.purchase_factories import held, payable_purchase, selling_batch
from transactions.models import PaymentIssue, PaymentRefund, StripeEvent
from transactions.services.purchases import payments_reconcile, purchase_refund, refunds_carry_out

pytestmark = pytest.mark.django_db
WEBHOOK = "/api/v1/webhooks/stripe"


def deliver(api, payload, signature):
    return api.post(WEBHOOK, raw=payload, **({} if signature is None else {"Stripe-Signature": signature}))


def arrive(api, stripe, event):
    return deliver(api, *stripe.signed(event))


@pytest.fixture
def paid(stripe):
    """Return a purchase that was paid, of which nobody here has heard yet."""
    purchase = payable_purchase(selling_batch())
    stripe.pay(purchase.stripe_payment_intent_id)
    return purchase


def test_the_event_of_a_payment_delivers_the_credits(stripe, api, paid):
    (event,) = stripe.events_of("payment_intent.succeeded")

    answer = arrive(api, stripe, event)

    assert (answer.status_code, answer.json()) == (200, {"received": True})
    paid.refresh_from_db()
    assert (paid.status, held(paid.to_account)) == ("completed", 10_000)
    assert StripeEvent.objects.get().outcome == "delivered"


def test_an_event_that_comes_three_times_counts_once(stripe, api, paid):
    (event,) = stripe.events_of("payment_intent.succeeded")

    answers = [arrive(api, stripe, event).status_code for _ in range(3)]

    assert answers == [200, 200, 200]
    assert held(paid.to_account) == 10_000
    assert StripeEvent.objects.count() == 1
    reads = [request for request in stripe.requests if request[0] == "GET"]
    assert len(reads) == 1


def test_events_in_the_wrong_order_end_the_same(stripe, api, paid):
    for event in reversed(stripe.events):
        assert arrive(api, stripe, event).status_code == 200

    paid.refresh_from_db()
    assert (paid.status, held(paid.to_account)) == ("completed", 10_000)
    assert StripeEvent.objects.filter(processed_at__isnull=True).count() == 0


def test_an_event_that_claims_more_than_is_true_is_not_believed(stripe, api):
    purchase = payable_purchase(selling_batch())
    lie = json.loads(json.dumps(stripe.events_of("payment_intent.created")[0]))
    lie |= {"id": "evt_lie", "type": "payment_intent.succeeded"}
    lie["data"]["object"] |= {"status": "succeeded", "amount_received": 12_500}

    assert arrive(api, stripe, lie).status_code == 200

    assert held(purchase.to_account) == 0
    assert StripeEvent.objects.get().outcome == "not_paid"


def test_what_is_not_signed_by_stripe_now_is_refused_and_moves_nothing(stripe, api, paid, caplog, monkeypatch):
    monkeypatch.setattr(refusals, "_looked", {})
    (event,) = stripe.events_of("payment_intent.succeeded")
    payload, signature = stripe.signed(event)
    forged = [
        (payload, None),
        (payload, ""),
        (payload, "t=1,v1=00"),
        (payload, "nonsense"),
        (payload, stripe.signed(event, secret="whsec_other")[1]),
        (payload.replace(b"12500", b"12501"), signature),
        (payload, stripe.signed(event, at=time.time() - 301)[1]),
        (b"\xff\xfe", signature),
    ]
    before = ledger_dump()

    answers = [deliver(api, *delivery) for delivery in forged]

    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(400, "webhook_refused")}
    assert ledger_dump() == before
    assert StripeEvent.objects.count() == 0
    assert caplog.text.count("webhook_refused") == len(forged)
    (event,) = Event.objects.filter(action="webhook.refused")
    assert (event.outcome, event.note) == (
        "refused", "stripe: The signature is missing, does not fit, or is too old.",
    )  # fmt: skip


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b"not json", b'{"id":1,"object":"event","type":"x","created":1,"data":{"object":{}}}']
)
def test_what_is_signed_but_no_event_is_refused(stripe, api, body):
    answer = deliver(api, *stripe.signed(body))

    assert (answer.status_code, answer.json()["code"]) == (400, "webhook_refused")


@pytest.mark.parametrize("known_to_stripe", [True, False])
def test_a_payment_that_is_not_ours_is_noted_and_left_alone(stripe, api, caplog, known_to_stripe):
    stripe._create_intent({"amount": "5000", "currency": "eur"})
    stripe.pay("pi_1")
    (event,) = stripe.events_of("payment_intent.succeeded")
    if not known_to_stripe:
        stripe.intents.clear()
    before = ledger_dump()

    assert arrive(api, stripe, event).status_code == 200

    assert ledger_dump() == before
    assert StripeEvent.objects.get().outcome == "unknown"
    assert "webhook_about_nothing_of_ours" in caplog.text


def test_an_event_larger_than_any_of_stripes_is_refused_unread(stripe, api):
    answer = deliver(api, *stripe.signed(b"x" * (256 * 1024 + 1)))

    assert answer.status_code == 413


def test_without_keys_nobody_listens(by_invoice, api):
    answer = deliver(api, b"{}", "t=1,v1=00")

    assert (answer.status_code, answer.json()["code"]) == (409, "payments_not_configured")


def test_an_event_that_cannot_be_looked_into_now_is_looked_into_later(stripe, api, paid):
    (event,) = stripe.events_of("payment_intent.succeeded")
    stripe.fail_next("down", "GET /v1/payment_intents", times=2)

    assert arrive(api, stripe, event).status_code == 200
    assert held(paid.to_account) == 0
    StripeEvent.objects.update(received_at="2026-01-01T00:00:00Z")
    done = payments_reconcile()

    assert (done.events, held(paid.to_account)) == (1, 10_000)


# --- refunds and disputes -----------------------------------------------------------------------------


@pytest.fixture
def settled(stripe, api, paid):
    arrive(api, stripe, stripe.events_of("payment_intent.succeeded")[0])
    paid.refresh_from_db()
    return paid


def test_a_refund_that_fails_later_becomes_a_persons_matter(stripe, api, settled):
    stripe.refund_status = "pending"
    purchase_refund(actor=person(TRANSACTIONS_OFFICER), purchase_pk=settled.pk, reason="changed their mind")
    refunds_carry_out(purchase=settled)
    (refund_id,) = stripe.refunds
    assert PaymentRefund.objects.get().state == "pending"

    stripe.finish_refund(refund_id, "failed")
    arrive(api, stripe, stripe.events_of("refund.failed")[0])

    refund = PaymentRefund.objects.get()
    assert (refund.state, refund.failure) == ("failed", "lost_or_stolen_card")
    assert PaymentIssue.objects.get().kind == "refund_failed"


def test_a_refund_made_elsewhere_is_a_persons_matter(stripe, api, settled):
    stripe.refund_in_dashboard(settled.stripe_payment_intent_id, 12_500)

    arrive(api, stripe, stripe.events_of("refund.created")[0])

    issue = PaymentIssue.objects.get()
    assert (issue.kind, issue.transaction) == ("foreign_refund", settled)
    assert held(settled.to_account) == 10_000


def test_a_dispute_is_a_persons_matter(stripe, api, settled):
    arrive(api, stripe, stripe.dispute(settled.stripe_payment_intent_id))

    assert PaymentIssue.objects.get().kind == "dispute"
