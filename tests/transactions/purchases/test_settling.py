"""A purchase by card from its reservation to its end: money computed by hand, credits to the kilogram, exactly once."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.utils import timezone

from tests.ledger_factories import freeze, proceeds_of
from tests.purchase_factories import (
    assert_ledger_clean,
    blocks_of,
    held,
    payable_purchase,
    reserved_purchase,
    selling_batch,
    unaccounted_payments,
)
from transactions.errors import PaymentDeclined, PaymentIncomplete, PurchaseStateWrong
from transactions.models import LedgerEntry, PaymentIssue, PaymentRefund, Transaction
from transactions.payments import payment_provider
from transactions.services import RetirementDetails
from transactions.services.purchases import (
    Settled,
    payment_begin,
    payment_confirm,
    payments_reconcile,
    purchase_cancel,
    purchase_settle,
    reservations_expire,
)
from transactions.services.purchases.releasing import expired_release
from transactions.tasks import payments_round_job

pytestmark = pytest.mark.django_db
NOW = timedelta(0)


def expire(purchase):
    Transaction.objects.filter(pk=purchase.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    return purchase


def paid(stripe, purchase):
    stripe.pay(purchase.stripe_payment_intent_id)
    return payment_provider().intent_read(purchase.stripe_payment_intent_id)


def test_a_reservation_keeps_the_lowest_serials_and_states_the_price():
    batch = selling_batch(quantity_kg=100_000)

    purchase = reserved_purchase(batch, 12_345)

    seller = proceeds_of(batch.project).pk
    assert blocks_of(batch) == [(0, 12_345, seller, "reserved"), (12_345, 100_000, seller, "active")]
    assert purchase.status == "reserved"
    # 12.345 t at 12.50 are 154.3125.
    assert (purchase.price_per_credit, purchase.total_amount, purchase.currency) == (
        Decimal("12.5000"),
        Decimal("154.31"),
        "EUR",
    )
    assert_ledger_clean()


def test_the_payment_is_asked_for_in_cents_under_our_own_id(stripe):
    purchase = payable_purchase(selling_batch(), 12_345)

    (intent,) = stripe.intents.values()
    assert (intent["amount"], intent["currency"], intent["status"]) == (15_431, "eur", "requires_payment_method")
    assert intent["metadata"] == {"transaction": str(purchase.public_id)}
    assert intent["automatic_payment_methods"] == {"enabled": True}
    assert purchase.stripe_payment_intent_id == intent["id"]


def test_a_paid_purchase_gives_the_reserved_range_to_the_buyer_and_says_how_long_it_took(stripe):
    batch = selling_batch(quantity_kg=100_000)
    purchase = payable_purchase(batch, 12_345)

    assert purchase_settle(purchase_pk=purchase.pk, intent=paid(stripe, purchase)) == Settled.DELIVERED

    purchase.refresh_from_db()
    seller = proceeds_of(batch.project).pk
    assert blocks_of(batch) == [(0, 12_345, purchase.to_account_id, "active"), (12_345, 100_000, seller, "active")]
    assert purchase.status == "completed"
    expected = Decimal(str((purchase.completed_at - purchase.created_at).total_seconds())).quantize(Decimal("0.001"))
    assert purchase.processing_time_seconds == expected
    assert (purchase.payment.state, purchase.payment.amount_received) == ("taken", 15_431)
    assert_ledger_clean()


def test_settling_twice_delivers_once(stripe):
    batch = selling_batch()
    purchase = payable_purchase(batch)
    intent = paid(stripe, purchase)

    outcomes = [purchase_settle(purchase_pk=purchase.pk, intent=intent) for _ in range(3)]

    assert outcomes == [Settled.DELIVERED, Settled.DONE_BEFORE, Settled.DONE_BEFORE]
    assert held(purchase.to_account) == 10_000
    assert [*LedgerEntry.objects.order_by("pk").values_list("kind", flat=True)] == ["issuance", "reservation", "sale"]


def test_what_is_bought_to_be_retired_is_retired_with_the_payment(stripe):
    batch = selling_batch()
    details = RetirementDetails(beneficiary_name="Blue Ferry Line", purpose="third_party", note="Crossings of 2025")
    purchase = payable_purchase(batch, 7_001, retire=details)

    purchase_settle(purchase_pk=purchase.pk, intent=paid(stripe, purchase))

    purchase.refresh_from_db()
    retirement = purchase.planned_retirement.retirement
    assert (retirement.beneficiary_name, retirement.purpose) == ("Blue Ferry Line", "third_party")
    assert blocks_of(batch)[0] == (0, 7_001, purchase.to_account_id, "retired")
    assert retirement.transaction.quantity_kg == 7_001
    assert purchase.status == "completed"
    assert_ledger_clean()


@pytest.mark.parametrize(
    "change",
    [{"amount_received": 12_499}, {"amount_received": 12_501}, {"currency": "USD"}],
    ids=["a cent too little", "a cent too much", "another currency"],
)
def test_an_amount_that_is_not_ours_moves_nothing_and_asks_a_person(stripe, change):
    batch = selling_batch()
    purchase = payable_purchase(batch)
    before = blocks_of(batch)

    outcome = purchase_settle(purchase_pk=purchase.pk, intent=replace(paid(stripe, purchase), **change))

    assert outcome == Settled.NEEDS_ATTENTION
    assert blocks_of(batch) == before
    assert PaymentIssue.objects.get().kind == "amount_differs"
    # The money is here, so the credits stay kept for the buyer until somebody has decided.
    reservations_expire_now(purchase)
    assert expired_release(purchase_pk=purchase.pk) is False
    assert blocks_of(batch) == before
    assert unaccounted_payments() == []


def reservations_expire_now(purchase):
    expire(purchase)
    return reservations_expire()


def test_a_late_payment_is_settled_while_the_credits_are_there(stripe):
    batch = selling_batch()
    purchase = payable_purchase(batch)
    stripe.fail_next("down", "/cancel", times=2)  # so that the buyer can still pay after the time is over
    assert reservations_expire_now(purchase).expired == 1
    assert held(proceeds_of(batch.project)) == 100_000

    outcome = purchase_settle(purchase_pk=purchase.pk, intent=paid(stripe, purchase))

    assert outcome == Settled.DELIVERED
    purchase.refresh_from_db()
    assert (purchase.status, held(purchase.to_account)) == ("completed", 10_000)
    assert_ledger_clean()


def test_a_late_payment_goes_back_when_the_credits_are_gone(stripe):
    batch = selling_batch(quantity_kg=10_000)
    purchase = payable_purchase(batch)
    stripe.fail_next("down", "/cancel", times=2)
    reservations_expire_now(purchase)
    faster = payable_purchase(batch)
    purchase_settle(purchase_pk=faster.pk, intent=paid(stripe, faster))
    stripe.pay(purchase.stripe_payment_intent_id)

    payments_reconcile(wait=NOW)

    purchase.refresh_from_db()
    refund = PaymentRefund.objects.get()
    assert (purchase.status, purchase.refund_amount) == ("refunded", Decimal("125.00"))
    assert (refund.amount, refund.currency, refund.state) == (Decimal("125.00"), "EUR", "succeeded")
    assert stripe.taken(purchase.stripe_payment_intent_id) == 0
    assert stripe.taken(faster.stripe_payment_intent_id) == 12_500
    assert held(purchase.to_account) == 0
    assert_ledger_clean()


def test_expiry_ends_the_payment_first_and_frees_the_credits(stripe):
    batch = selling_batch()
    purchase = payable_purchase(batch)

    done = reservations_expire_now(purchase)

    purchase.refresh_from_db()
    assert (done.expired, purchase.status, purchase.payment.state) == (1, "expired", "closed")
    assert stripe.intents[purchase.stripe_payment_intent_id]["status"] == "canceled"
    assert stripe.pay(purchase.stripe_payment_intent_id) == "canceled"
    assert held(proceeds_of(batch.project)) == 100_000
    assert_ledger_clean()


def test_expiry_of_a_purchase_that_was_paid_unnoticed_settles_it(stripe):
    purchase = payable_purchase(selling_batch())
    stripe.pay(purchase.stripe_payment_intent_id)

    done = reservations_expire_now(purchase)

    purchase.refresh_from_db()
    assert (done.expired, purchase.status, held(purchase.to_account)) == (0, "completed", 10_000)


def test_a_reservation_whose_time_is_not_over_stays(stripe):
    purchase = payable_purchase(selling_batch())

    assert reservations_expire().expired == 0
    purchase.refresh_from_db()
    assert purchase.status == "reserved"


# --- paying -------------------------------------------------------------------------------------------


def test_a_declined_card_changes_nothing_and_another_one_pays(stripe):
    batch = selling_batch()
    purchase = payable_purchase(batch)
    before = blocks_of(batch)

    with pytest.raises(PaymentDeclined, match="declined"):
        payment_confirm(purchase=purchase, key="1", payment_method="pm_card_visa_chargeDeclined")
    assert blocks_of(batch) == before

    assert payment_confirm(purchase=purchase, key="2", payment_method="pm_card_visa") == Settled.DELIVERED
    assert held(purchase.to_account) == 10_000


def test_confirming_what_the_browser_had_declined_says_so(stripe):
    purchase = payable_purchase(selling_batch())
    stripe.pay(purchase.stripe_payment_intent_id, "pm_card_visa_chargeDeclined")

    with pytest.raises(PaymentDeclined, match="Your card was declined"):
        payment_confirm(purchase=purchase, key="1")


def test_a_bank_that_asks_for_a_further_step_gets_it(stripe):
    purchase = payable_purchase(selling_batch())
    stripe.pay(purchase.stripe_payment_intent_id, "pm_card_threeDSecure2Required")

    with pytest.raises(PaymentIncomplete, match="further step"):
        payment_confirm(purchase=purchase, key="1")
    assert held(purchase.to_account) == 0

    stripe.finish_action(purchase.stripe_payment_intent_id)
    assert payment_confirm(purchase=purchase, key="2") == Settled.DELIVERED


@pytest.mark.parametrize(("arrives", "status", "kilograms"), [(True, "completed", 10_000), (False, "reserved", 0)])
def test_a_slow_bank_is_waited_for(stripe, arrives, status, kilograms):
    purchase = payable_purchase(selling_batch())
    stripe.pay(purchase.stripe_payment_intent_id, "pm_sepaDebit")

    assert payment_confirm(purchase=purchase, key="1") == Settled.NOT_PAID
    stripe.finish_processing(purchase.stripe_payment_intent_id, paid=arrives)
    payments_reconcile(wait=NOW)

    purchase.refresh_from_db()
    assert (purchase.status, held(purchase.to_account)) == (status, kilograms)


def test_nothing_paid_yet_is_said_so(stripe):
    purchase = payable_purchase(selling_batch())

    with pytest.raises(PaymentIncomplete, match="not paid yet"):
        payment_confirm(purchase=purchase, key="1")


# --- cancelling ---------------------------------------------------------------------------------------


def test_the_buyer_cancels_and_can_no_longer_be_charged(stripe):
    batch = selling_batch()
    purchase = payable_purchase(batch)

    cancelled = purchase_cancel(actor=purchase.to_user, purchase=purchase)

    assert cancelled.status == "cancelled"
    assert stripe.pay(purchase.stripe_payment_intent_id) == "canceled"
    assert held(proceeds_of(batch.project)) == 100_000
    assert_ledger_clean()


@pytest.mark.parametrize(("method", "words"), [("pm_card_visa", "is paid"), ("pm_sepaDebit", "working on this")])
def test_what_is_paid_or_being_paid_is_not_cancelled(stripe, method, words):
    purchase = payable_purchase(selling_batch())
    stripe.pay(purchase.stripe_payment_intent_id, method)

    with pytest.raises(PurchaseStateWrong, match=words):
        purchase_cancel(actor=purchase.to_user, purchase=purchase)

    purchase.refresh_from_db()
    assert purchase.status == ("completed" if method == "pm_card_visa" else "reserved")


def test_a_second_payment_of_the_same_purchase_is_a_persons_matter(stripe):
    purchase = payable_purchase(selling_batch())
    other = replace(paid(stripe, purchase), id="pi_other")

    assert purchase_settle(purchase_pk=purchase.pk, intent=other) == Settled.NEEDS_ATTENTION

    issue = PaymentIssue.objects.get()
    assert (issue.kind, issue.subject) == ("second_payment", "pi_other")
    assert held(purchase.to_account) == 0


def test_beginning_twice_prepares_one_payment(stripe):
    purchase = reserved_purchase(selling_batch())

    first, second = payment_begin(purchase=purchase), payment_begin(purchase=purchase)

    assert first == second
    assert len(stripe.intents) == 1


# --- the worker's minute ------------------------------------------------------------------------------


def test_the_job_frees_what_is_over(stripe):
    purchase = expire(payable_purchase(selling_batch()))

    payments_round_job(0)

    purchase.refresh_from_db()
    assert purchase.status == "expired"


def test_the_command_says_what_it_did(stripe, capsys):
    batch = selling_batch()
    expire(payable_purchase(batch))

    call_command("expire_reservations")

    assert capsys.readouterr().out == (
        "1 reservations and 0 offers expired; 0 payments, 0 refunds and 0 events looked after; 0 left for the next"
        " round.\n"
    )
    assert held(proceeds_of(batch.project)) == 100_000


def test_one_purchase_that_cannot_be_freed_does_not_keep_the_others(by_invoice):
    stuck, free = [expire(reserved_purchase(selling_batch())) for _ in range(2)]
    freeze(stuck.from_account_id)

    done = reservations_expire()

    assert (done.expired, done.failed) == (1, 1)
    assert [*Transaction.objects.order_by("pk").values_list("status", flat=True)] == ["reserved", "expired"]
    assert free.pk > stuck.pk
