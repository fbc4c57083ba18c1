"""A process that is killed at any line: after the next round every payment has its credits or its refund, once.

`Killed` is no `Exception`, so no handler of the code under test runs for it, as none runs for a real kill; open
database transactions are rolled back, as the database does when a connection breaks.
"""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.roles import TRANSACTIONS_OFFICER
from tests.factories import person
from tests.ledger_factories import proceeds_of
from tests.purchase_factories import (
    PRICE,
    a_buyer,
    assert_ledger_clean,
    held,
    payable_purchase,
    selling_batch,
    unaccounted_payments,
)
from transactions.models import LedgerEntry, PaymentRefund, Retirement, StripeEvent, Transaction
from transactions.payments import event_verified
from transactions.services import RetirementDetails
from transactions.services.purchases import (
    event_process,
    event_receive,
    payment_begin,
    payment_confirm,
    payments_reconcile,
    purchase_expire,
    purchase_refund,
    purchase_start,
    refunds_carry_out,
    reservations_expire,
)

pytestmark = pytest.mark.django_db
NOW = timedelta(0)
PACKAGE = "transactions.services.purchases"


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def kill(monkeypatch):
    """Return a function that lets the process die just before, or just after, a function does its work; once."""

    def at(name, when):
        module_name, attribute = f"{PACKAGE}.{name}".rsplit(".", 1)
        module = __import__(module_name, fromlist=["_"])
        real = getattr(module, attribute)

        def dying(*args, **kwargs):
            monkeypatch.setattr(module, attribute, real)
            if when == "after":
                real(*args, **kwargs)
            raise Killed(name)

        monkeypatch.setattr(module, attribute, dying)

    return at


def next_rounds():
    """What the worker does after the restart; the second round must find nothing more to do to the ledger."""
    for _ in range(2):
        reservations_expire()
        payments_reconcile(wait=NOW)


def let_time_pass():
    Transaction.objects.filter(status="reserved").update(expires_at=timezone.now() - timedelta(seconds=1))


def assert_money_and_credits_agree(stripe, batch):
    """The provider's books against ours, payment by payment."""
    sold = 0
    for purchase in Transaction.objects.filter(transaction_type="purchase"):
        kept = stripe.taken(purchase.stripe_payment_intent_id) if purchase.stripe_payment_intent_id else 0
        assert kept == (12_500 if purchase.status == "completed" else 0), purchase.status
        sold += 10_000 if purchase.status == "completed" else 0
    assert held(proceeds_of(batch.project)) == 100_000 - sold
    assert unaccounted_payments() == []
    assert_ledger_clean()


@pytest.mark.parametrize(
    ("point", "when"),
    [
        ("starting.reserve", "after"),
        ("paying._intent_of", "before"),
        ("paying._intent_of", "after"),
        ("paying.payment_apply", "after"),
    ],
)
def test_killed_before_the_buyer_could_pay_nothing_is_kept(stripe, kill, point, when):
    batch = selling_batch()
    kill(point, when)

    with pytest.raises(Killed):
        payment_begin(
            purchase=purchase_start(
                buyer=a_buyer(), project=batch.project, quantity_kg=10_000, currency="EUR", expected_price=PRICE
            )
        )
    let_time_pass()
    next_rounds()

    assert held(proceeds_of(batch.project)) == 100_000
    assert [intent["status"] for intent in stripe.intents.values()] in ([], ["canceled"])
    assert_money_and_credits_agree(stripe, batch)


@pytest.mark.parametrize(
    ("point", "when"),
    [
        ("paying.purchase_settle", "before"),
        ("settling._record_taken", "after"),
        ("settling.move_reserved", "before"),
        ("settling.move_reserved", "after"),
        ("settling.status_move", "after"),
        ("settling.credits_retire", "before"),
        ("settling.credits_retire", "after"),
        ("paying.purchase_settle", "after"),
    ],
)
@pytest.mark.parametrize("late", [False, True], ids=["in time", "after the reservation's time"])
def test_killed_while_settling_the_credits_are_delivered_once(stripe, kill, point, when, late):
    batch = selling_batch()
    details = RetirementDetails(beneficiary_name="North Pier", purpose="third_party")
    purchase = payable_purchase(batch, retire=details)
    stripe.pay(purchase.stripe_payment_intent_id)
    kill(point, when)

    with pytest.raises(Killed):
        payment_confirm(purchase=purchase, key="1")
    if late:
        let_time_pass()
    next_rounds()

    purchase.refresh_from_db()
    assert purchase.status == "completed"
    assert held(purchase.to_account, "retired") == 10_000
    assert Retirement.objects.count() == 1
    kinds = [*LedgerEntry.objects.order_by("pk").values_list("kind", flat=True)]
    assert kinds == ["issuance", "reservation", "sale", "retirement"]
    assert_money_and_credits_agree(stripe, batch)


@pytest.mark.parametrize(
    ("point", "when"), [("paying.expired_release", "before"), ("releasing.move_reserved", "after")]
)
def test_killed_while_expiring_the_credits_are_freed_once(stripe, kill, point, when):
    batch = selling_batch()
    purchase = payable_purchase(batch)
    let_time_pass()
    purchase.refresh_from_db()
    kill(point, when)

    with pytest.raises(Killed):
        purchase_expire(purchase=purchase)
    next_rounds()

    purchase.refresh_from_db()
    assert (purchase.status, purchase.payment.state) == ("expired", "closed")
    assert_money_and_credits_agree(stripe, batch)


def refund_4_t(purchase):
    purchase_refund(actor=person(TRANSACTIONS_OFFICER), purchase_pk=purchase.pk, reason="a mistake", quantity_kg=4_000)
    refunds_carry_out(purchase=purchase)


@pytest.mark.parametrize(
    ("point", "when"),
    [
        ("refunds.link_entries", "after"),
        ("refunds._owe", "after"),
        ("paying.refund_carry_out", "before"),
        ("paying.refund_record", "before"),
        ("paying.refund_record", "after"),
    ],
)
@pytest.mark.parametrize("forgotten", [False, True], ids=["key remembered", "key forgotten by the provider"])
def test_killed_while_refunding_the_money_goes_back_once(stripe, kill, point, when, forgotten):
    batch = selling_batch()
    purchase = payable_purchase(batch)
    stripe.pay(purchase.stripe_payment_intent_id)
    payment_confirm(purchase=purchase, key="1")
    kill(point, when)

    with pytest.raises(Killed):
        refund_4_t(purchase)
    if forgotten:
        stripe._answers.clear()
        PaymentRefund.objects.update(created_at=timezone.now() - timedelta(days=2))
    next_rounds()

    purchase.refresh_from_db()
    written = PaymentRefund.objects.count()
    assert [refund["amount"] for refund in stripe.refunds.values()] == [5_000] * written
    assert [*PaymentRefund.objects.values_list("state", flat=True)] == ["succeeded"] * written
    assert stripe.taken(purchase.stripe_payment_intent_id) == 12_500 - 5_000 * written
    assert held(purchase.to_account) == 10_000 - 4_000 * written
    assert_ledger_clean()


@pytest.mark.parametrize(
    ("point", "when"), [("events._outcome", "before"), ("events.payment_apply", "after"), ("events._outcome", "after")]
)
def test_killed_while_an_event_is_processed_it_is_processed_again(stripe, kill, point, when):
    batch = selling_batch()
    purchase = payable_purchase(batch)
    stripe.pay(purchase.stripe_payment_intent_id)
    payload, signature = stripe.signed(stripe.events_of("payment_intent.succeeded")[0])
    secret = "whsec_double_0123456789"
    kept, _ = event_receive(event=event_verified(payload=payload, signature=signature, secret=secret))
    kill(point, when)

    with pytest.raises(Killed):
        event_process(event=kept)
    next_rounds()

    assert StripeEvent.objects.get().outcome in {"delivered", "done_before"}
    purchase.refresh_from_db()
    assert held(purchase.to_account) == 10_000
    assert_money_and_credits_agree(stripe, batch)
