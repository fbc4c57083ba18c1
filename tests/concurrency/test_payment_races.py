"""Money and credits at the same moment, on separate connections: each guard, and the control in which it is missing."""

import uuid
from datetime import timedelta
from functools import partial

import pytest
from django.db import Error
from django.utils import timezone

from accounts.roles import TRANSACTIONS_OFFICER
from tests.api_clients import Api
from tests.concurrency.conftest import Meeting, at_once
from tests.factories import person
from tests.ledger_factories import proceeds_of
from tests.purchase_factories import (
    PRICE,
    a_buyer,
    assert_ledger_clean,
    held,
    payable_purchase,
    reserved_purchase,
    selling_batch,
)
from tests.transactions.purchases.conftest import client_of, order_of
from transactions.errors import CreditsNotMovable, CreditsNotRefundable, NotEnoughCredits
from transactions.models import CreditBatch, HoldingAccount, LedgerEntry, PaymentIssue, PaymentRefund, Transaction
from transactions.payments import payment_provider
from transactions.services import RetirementDetails, Wanted, credits_retire
from transactions.services.purchases import Settled, purchase_refund, purchase_settle, purchase_start
from transactions.services.purchases.guests import buyer_account, guest_account
from transactions.services.purchases.releasing import expired_release

pytestmark = pytest.mark.django_db(transaction=True)
SETTLING = "transactions.services.purchases.settling"
RELEASING = "transactions.services.purchases.releasing"
REFUNDS = "transactions.services.purchases.refunds"
BUYERS = 8


def unlocked_purchase(pk):
    return Transaction.objects.get(pk=pk)


def unlocked_batch(pk):
    return CreditBatch.objects.get(pk=pk)


def kinds(outcomes):
    return sorted(outcome if isinstance(outcome, str) else type(outcome).__name__ for outcome in outcomes)


def paid_purchase(stripe, batch):
    purchase = payable_purchase(batch)
    stripe.pay(purchase.stripe_payment_intent_id)
    return purchase, payment_provider().intent_read(purchase.stripe_payment_intent_id)


def meet_after_each(monkeypatch, *names, parties=2):
    """Let threads meet after whichever of these functions each of them calls."""
    meeting = Meeting(parties)
    for name in names:
        module, attribute = name.rsplit(".", 1)
        owner = __import__(module, fromlist=["_"])
        real = getattr(owner, attribute)

        def wrapped(*args, real=real, **kwargs):
            result = real(*args, **kwargs)
            meeting.join()
            return result

        monkeypatch.setattr(owner, attribute, wrapped)


# --- webhook against confirmation, and twice ----------------------------------------------------------


def settled_twice(stripe):
    batch = selling_batch()
    purchase, intent = paid_purchase(stripe, batch)
    outcomes = at_once(*[partial(purchase_settle, purchase_pk=purchase.pk, intent=intent) for _ in range(2)])
    return purchase, outcomes


def test_a_payment_that_two_hear_of_at_once_is_settled_by_one(stripe, monkeypatch):
    meet_after_each(monkeypatch, f"{SETTLING}.purchase_lock")

    purchase, outcomes = settled_twice(stripe)

    assert kinds(outcomes) == [Settled.DELIVERED, Settled.DONE_BEFORE]
    assert held(purchase.to_account) == 10_000
    assert PaymentIssue.objects.count() == 0
    assert_ledger_clean()


def test_control_without_the_lock_both_begin_and_only_the_database_stops_one(stripe, monkeypatch, without):
    without(f"{SETTLING}.purchase_lock", unlocked_purchase)
    meet_after_each(monkeypatch, f"{SETTLING}.purchase_lock")

    _, outcomes = settled_twice(stripe)

    assert kinds(outcomes) != [Settled.DELIVERED, Settled.DONE_BEFORE]


def test_webhook_and_confirmation_over_http_deliver_once(stripe):
    batch, trader = selling_batch(), client_of(person())
    bought = trader.post("/api/v1/purchases", order_of(batch)).json()
    (intent_id,) = stripe.intents
    stripe.pay(intent_id)
    payload, signature = stripe.signed(stripe.events_of("payment_intent.succeeded")[0])
    deliver = partial(Api().post, "/api/v1/webhooks/stripe", raw=payload, **{"Stripe-Signature": signature})
    confirm = partial(client_of(trader.user).post, f"/api/v1/purchases/{bought['id']}/confirm", {})

    answers = at_once(deliver, confirm, deliver, confirm)

    assert [answer.status_code for answer in answers] == [200] * 4
    assert held(HoldingAccount.objects.get(owner=trader.user)) == 10_000
    assert LedgerEntry.objects.filter(kind="sale").count() == 1


# --- expiry against payment ---------------------------------------------------------------------------


def expiry_beside_payment(stripe):
    batch = selling_batch()
    purchase, intent = paid_purchase(stripe, batch)
    Transaction.objects.filter(pk=purchase.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    outcomes = at_once(
        partial(purchase_settle, purchase_pk=purchase.pk, intent=intent),
        partial(expired_release, purchase_pk=purchase.pk),
    )
    purchase.refresh_from_db()
    return purchase, outcomes


def test_expiry_and_payment_at_once_end_with_the_credits_delivered(stripe, monkeypatch):
    meet_after_each(monkeypatch, f"{SETTLING}.purchase_lock", f"{RELEASING}.purchase_lock")

    purchase, (settled, _) = expiry_beside_payment(stripe)

    assert settled == Settled.DELIVERED
    assert (purchase.status, held(purchase.to_account)) == ("completed", 10_000)
    assert held(purchase.from_account, "reserved") == 0
    assert PaymentIssue.objects.count() + PaymentRefund.objects.count() == 0
    assert_ledger_clean()


def test_control_without_the_lock_expiry_and_payment_both_take_the_credits_for_theirs(stripe, monkeypatch, without):
    without(f"{SETTLING}.purchase_lock", unlocked_purchase)
    without(f"{RELEASING}.purchase_lock", unlocked_purchase)
    meet_after_each(monkeypatch, f"{SETTLING}.purchase_lock", f"{RELEASING}.purchase_lock")

    _, (settled, released) = expiry_beside_payment(stripe)

    clean = settled == Settled.DELIVERED and released in (True, False)
    assert not clean


# --- refund against retirement ------------------------------------------------------------------------


def refund_beside_retirement(stripe):
    batch = selling_batch()
    purchase, intent = paid_purchase(stripe, batch)
    purchase_settle(purchase_pk=purchase.pk, intent=intent)
    details = RetirementDetails(beneficiary_name="North Pier", purpose="third_party")
    outcomes = at_once(
        partial(purchase_refund, actor=person(TRANSACTIONS_OFFICER), purchase_pk=purchase.pk, reason="a mistake"),
        partial(
            credits_retire,
            actor=None,
            account=purchase.to_account,
            wanted=Wanted(project_id=batch.project_id, quantity_kg=10_000),
            details=details,
        ),
    )
    return purchase, outcomes


def test_credits_are_refunded_or_retired_never_both(stripe, monkeypatch):
    meet_after_each(monkeypatch, f"{REFUNDS}._still_held", "transactions.services.taking._lowest_of_batch")

    purchase, (refunded, retired) = refund_beside_retirement(stripe)

    refund_lost, retire_lost = isinstance(refunded, Exception), isinstance(retired, Exception)
    assert refund_lost != retire_lost
    loser = refunded if refund_lost else retired
    assert isinstance(loser, CreditsNotRefundable | NotEnoughCredits | CreditsNotMovable)
    assert held(purchase.to_account, "retired") == (10_000 if refund_lost else 0)
    assert PaymentRefund.objects.count() == (0 if refund_lost else 1)
    assert_ledger_clean()


def test_control_without_the_lock_only_the_database_keeps_refund_and_retirement_apart(stripe, monkeypatch, without):
    without(f"{REFUNDS}.batch_lock", unlocked_batch)
    without("transactions.services.taking.batch_lock", unlocked_batch)
    meet_after_each(monkeypatch, f"{REFUNDS}._still_held", "transactions.services.taking._lowest_of_batch")

    # On a busy machine one may be through before the other begins, which is no race; then they try again.
    losers = []
    while len(losers) < 5 and all(isinstance(loser, CreditsNotRefundable | NotEnoughCredits) for loser in losers):
        _, outcomes = refund_beside_retirement(stripe)
        losers += [outcome for outcome in outcomes if isinstance(outcome, Exception)]

    assert isinstance(losers[-1], Error), losers


# --- the last credits ---------------------------------------------------------------------------------


def last_credits_bought_by_eight():
    batch = selling_batch(quantity_kg=10_000)
    orders = [
        partial(
            purchase_start,
            buyer=a_buyer(),
            project=batch.project,
            quantity_kg=10_000,
            currency="EUR",
            expected_price=PRICE,
        )
        for _ in range(BUYERS)
    ]
    return batch, at_once(*orders)


def test_of_eight_who_buy_the_last_credits_at_once_one_gets_them(by_invoice):
    batch, outcomes = last_credits_bought_by_eight()

    assert kinds(outcomes) == ["NotEnoughCredits"] * (BUYERS - 1) + ["Transaction"]
    assert held(proceeds_of(batch.project), "reserved") == 10_000
    assert Transaction.objects.count() == 1
    assert_ledger_clean()


def test_control_without_the_lock_several_take_the_last_credits_as_far_as_the_database(
    by_invoice, monkeypatch, without
):
    without("transactions.services.taking.batch_lock", unlocked_batch)
    meet_after_each(monkeypatch, "transactions.services.taking._lowest_of_batch", parties=BUYERS)

    _, outcomes = last_credits_bought_by_eight()

    assert kinds(outcomes) != ["NotEnoughCredits"] * (BUYERS - 1) + ["Transaction"]


# --- the same key, the same guest, the same new buyer -------------------------------------------------


def test_the_same_key_from_eight_at_once_is_one_order(stripe):
    batch, user = selling_batch(), person()
    key = str(uuid.uuid4())
    posts = [partial(client_of(user).post, "/api/v1/purchases", order_of(batch), key=key) for _ in range(BUYERS)]

    answers = at_once(*posts)

    assert [answer.status_code for answer in answers] == [201] * BUYERS
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(stripe.intents) == 1
    assert held(proceeds_of(batch.project), "reserved") == 10_000


def test_purchases_of_one_guest_at_once_wait_in_one_account(by_invoice, settings):
    settings.GUEST_OPEN_PURCHASES = 3
    batch = selling_batch()
    orders = [partial(reserved_purchase, batch, 1_000, guest_email="a@example.org") for _ in range(BUYERS)]

    outcomes = at_once(*orders)

    assert kinds(outcomes) == ["TooManyOpenPurchases"] * 5 + ["Transaction"] * 3
    assert HoldingAccount.objects.filter(claim_email="a@example.org").count() == 1
    assert guest_account(email="a@example.org").pk == outcomes_account(outcomes)


def outcomes_account(outcomes):
    (account,) = {outcome.to_account_id for outcome in outcomes if isinstance(outcome, Transaction)}
    return account


def test_first_purchases_of_one_person_at_once_open_one_account(by_invoice):
    batch, user = selling_batch(), a_buyer()
    orders = [partial(reserved_purchase, batch, 1_000, buyer=user) for _ in range(BUYERS)]

    outcomes = at_once(*orders)

    assert kinds(outcomes) == ["Transaction"] * BUYERS
    assert HoldingAccount.objects.filter(owner=user).count() == 1
    assert buyer_account(user=user).pk == outcomes_account(outcomes)
