"""Refunds: the money by hand to the cent, only credits that are still held, and what was settled by a person."""

from dataclasses import replace
from decimal import Decimal

import pytest

from carboncore.common.errors import InvalidInput, StateConflict
from tests.factories import person
from tests.ledger_dumps import ledger_dump
from tests.ledger_factories import account, freeze, proceeds_of, unfreeze
from tests.purchase_factories import (
    assert_ledger_clean,
    blocks_of,
    held,
    payable_purchase,
    reserved_purchase,
    selling_batch,
    unaccounted_payments,
)
from tests.transactions.purchases.conftest import order_of
from transactions.errors import CreditsNotRefundable, PurchaseStateWrong
from transactions.models import PaymentIssue, PaymentRefund, Transaction
from transactions.payments import payment_provider
from transactions.services import RetirementDetails, Wanted, credits_retire, credits_transfer
from transactions.services.purchases import (
    guest_accounts_claim,
    payment_confirm,
    payment_issue_resolve,
    payments_reconcile,
    purchase_mark_paid,
    purchase_refund,
    purchase_settle,
    refunds_carry_out,
)

pytestmark = pytest.mark.django_db
DETAILS = RetirementDetails(beneficiary_name="North Pier", purpose="third_party")


@pytest.fixture
def clerk():
    return person("Transactions Officer")


def bought(stripe, batch, quantity_kg=10_000, **details):
    purchase = payable_purchase(batch, quantity_kg, **details)
    stripe.pay(purchase.stripe_payment_intent_id)
    payment_confirm(purchase=purchase, key="1")
    purchase.refresh_from_db()
    return purchase


def refund(clerk, purchase, quantity_kg=None):
    made = purchase_refund(actor=clerk, purchase_pk=purchase.pk, reason="a mistake", quantity_kg=quantity_kg)
    refunds_carry_out(purchase=purchase)
    purchase.refresh_from_db()
    return made


def test_a_full_refund_returns_credits_and_money(stripe, clerk):
    batch = selling_batch()
    purchase = bought(stripe, batch, 12_345)

    refund(clerk, purchase)

    assert (purchase.status, purchase.refund_amount, purchase.refund_reason) == (
        "refunded",
        Decimal("154.31"),
        "a mistake",
    )
    assert stripe.taken(purchase.stripe_payment_intent_id) == 0
    assert held(proceeds_of(batch.project)) == 100_000
    assert_ledger_clean()


def test_refunds_in_parts_add_up_to_the_total_to_the_cent(stripe, clerk):
    # 10 t at 1.2345 are 12.345, rounded 12.35. A third each: 3.333 t → 4.12 of 4.1163…; 6.666 t → 8.23 of 8.2325…;
    # the last part is what is left of 12.35: 4.12, 4.11, 4.12.
    batch = selling_batch(price=Decimal("1.2345"))
    purchase = bought(stripe, batch, 10_000, expected_price=Decimal("1.2345"))
    assert purchase.total_amount == Decimal("12.35")

    amounts = [refund(clerk, purchase, part).amount for part in (3_333, 3_333, 3_334)]

    assert amounts == [Decimal("4.12"), Decimal("4.11"), Decimal("4.12")]
    assert (purchase.status, purchase.refund_amount) == ("refunded", Decimal("12.35"))
    assert stripe.taken(purchase.stripe_payment_intent_id) == 0
    assert held(purchase.to_account) == 0


def test_a_partial_refund_takes_the_highest_serials_and_leaves_the_purchase_completed(stripe, clerk):
    batch = selling_batch()
    purchase = bought(stripe, batch)

    refund(clerk, purchase, 4_000)

    seller = proceeds_of(batch.project).pk
    assert blocks_of(batch) == [
        (0, 6_000, purchase.to_account_id, "active"),
        (6_000, 10_000, seller, "active"),
        (10_000, 100_000, seller, "active"),
    ]
    assert (purchase.status, purchase.refund_amount) == ("completed", Decimal("50.00"))


def test_what_is_retired_is_never_refunded_and_the_rest_can_be(stripe, clerk):
    batch = selling_batch()
    purchase = bought(stripe, batch)
    wanted = Wanted(project_id=batch.project_id, quantity_kg=4_000)
    credits_retire(actor=None, account=purchase.to_account, wanted=wanted, details=DETAILS)
    before = ledger_dump()

    with pytest.raises(CreditsNotRefundable, match=r"Only 6\.000 of these credits"):
        purchase_refund(actor=clerk, purchase_pk=purchase.pk, reason="a mistake")
    assert ledger_dump() == before
    assert PaymentRefund.objects.count() == 0

    assert refund(clerk, purchase, 6_000).amount == Decimal("75.00")
    assert held(purchase.to_account, "retired") == 4_000
    assert_ledger_clean()


def test_credits_bought_again_by_the_same_person_belong_to_the_later_purchase(stripe, clerk):
    batch = selling_batch(quantity_kg=10_000)
    first = bought(stripe, batch)
    refund(clerk, first, 5_000)
    later = bought(stripe, batch, 5_000, buyer=first.to_user)
    credits_transfer(
        actor=None,
        from_account=first.to_account,
        to_account=account(),
        wanted=Wanted(project_id=batch.project_id, quantity_kg=5_000),
    )

    with pytest.raises(CreditsNotRefundable):
        purchase_refund(actor=clerk, purchase_pk=first.pk, reason="a mistake")
    refund(clerk, later)

    assert (later.status, held(first.to_account)) == ("refunded", 0)


@pytest.mark.parametrize("quantity_kg", [0, -1, 10_001])
def test_no_more_is_refunded_than_was_bought(stripe, clerk, quantity_kg):
    purchase = bought(stripe, selling_batch())

    with pytest.raises(InvalidInput) as refusal:
        purchase_refund(actor=clerk, purchase_pk=purchase.pk, reason="a mistake", quantity_kg=quantity_kg)

    assert list(refusal.value.errors) == ["quantity"]


def test_a_refund_says_why(stripe, clerk):
    purchase = bought(stripe, selling_batch())

    with pytest.raises(InvalidInput):
        purchase_refund(actor=clerk, purchase_pk=purchase.pk, reason="  ")
    assert held(purchase.to_account) == 10_000


def test_an_unpaid_purchase_is_not_refunded(stripe, clerk):
    purchase = payable_purchase(selling_batch())

    with pytest.raises(PurchaseStateWrong, match="reserved"):
        purchase_refund(actor=clerk, purchase_pk=purchase.pk, reason="a mistake")


def test_a_refund_that_the_provider_cannot_make_now_is_made_later(stripe, clerk):
    purchase = bought(stripe, selling_batch())
    stripe.fail_next("lost", "POST /v1/refunds", times=2)

    refund(clerk, purchase)
    assert PaymentRefund.objects.get().state == "due"
    PaymentRefund.objects.update(updated_at="2026-01-01T00:00:00Z")
    payments_reconcile()

    assert PaymentRefund.objects.get().state == "succeeded"
    assert [made["amount"] for made in stripe.refunds.values()] == [12_500]


def test_a_refund_that_the_provider_refuses_becomes_a_persons_matter(stripe, clerk):
    purchase = bought(stripe, selling_batch())
    stripe.refund_in_dashboard(purchase.stripe_payment_intent_id, 12_500)

    refund(clerk, purchase)

    assert PaymentRefund.objects.get().state == "failed"
    assert PaymentIssue.objects.get().kind == "refund_failed"


def test_an_invoice_is_paid_back_by_hand_and_that_is_noted(by_invoice, clerk):
    purchase = reserved_purchase(selling_batch())
    purchase_mark_paid(actor=clerk, purchase_pk=purchase.pk, reference="B-1")

    made = purchase_refund(actor=clerk, purchase_pk=purchase.pk, reason="a mistake")

    assert (made.state, made.amount) == ("by_hand", Decimal("125.00"))


def test_a_refund_over_the_api_is_made_once_for_its_key(stripe, desk, trader):
    batch = selling_batch()
    body = trader.post("/api/v1/purchases", order_of(batch)).json()
    path = f"/api/v1/purchases/{body['id']}"
    trader.post(f"{path}/confirm", {"payment_method": "pm_card_visa"})

    answers = [desk.post(f"{path}/refund", {"reason": "a mistake", "quantity": "4"}, key="r1") for _ in range(2)]

    assert [(answer.status_code, answer.json()["refund_amount"]) for answer in answers] == [(200, "50.00")] * 2
    assert [made["amount"] for made in stripe.refunds.values()] == [5_000]


# --- what a person decides ----------------------------------------------------------------------------


def paid_a_cent_too_little(stripe, batch):
    purchase = payable_purchase(batch)
    stripe.intents[purchase.stripe_payment_intent_id]["amount"] = 12_499
    stripe.pay(purchase.stripe_payment_intent_id)
    intent = payment_provider().intent_read(purchase.stripe_payment_intent_id)
    purchase_settle(purchase_pk=purchase.pk, intent=intent)
    return purchase, PaymentIssue.objects.get()


def test_staff_deliver_all_the_same(stripe, clerk):
    purchase, issue = paid_a_cent_too_little(stripe, selling_batch())

    payment_issue_resolve(actor=clerk, pk=issue.pk, resolution="delivered", note="a rounding of the bank")

    purchase.refresh_from_db()
    assert (purchase.status, held(purchase.to_account)) == ("completed", 10_000)
    issue.refresh_from_db()
    assert (issue.resolution, issue.resolved_by) == ("delivered", clerk)
    with pytest.raises(StateConflict, match="closed already"):
        payment_issue_resolve(actor=clerk, pk=issue.pk, resolution="refunded", note="twice")


def test_staff_give_the_money_back(stripe, clerk):
    batch = selling_batch()
    purchase, issue = paid_a_cent_too_little(stripe, batch)

    payment_issue_resolve(actor=clerk, pk=issue.pk, resolution="refunded", note="not what was agreed")

    purchase.refresh_from_db()
    assert (purchase.status, purchase.refund_amount) == ("refunded", Decimal("124.99"))
    assert stripe.taken(purchase.stripe_payment_intent_id) == 0
    assert held(proceeds_of(batch.project)) == 100_000
    assert unaccounted_payments() == []
    assert_ledger_clean()


def test_money_for_an_account_that_cannot_receive_waits_for_a_person(stripe, clerk):
    purchase = payable_purchase(selling_batch())
    freeze(purchase.to_account_id)
    stripe.pay(purchase.stripe_payment_intent_id)

    payments_reconcile(wait=payments_reconcile.__kwdefaults__["wait"] * 0)

    issue = PaymentIssue.objects.get()
    assert (issue.kind, held(purchase.to_account)) == ("not_deliverable", 0)
    unfreeze(purchase.to_account_id)
    payment_issue_resolve(actor=clerk, pk=issue.pk, resolution="delivered", note="unfrozen")
    assert held(purchase.to_account) == 10_000


def test_a_second_payment_can_only_be_noted(stripe, clerk):
    purchase = bought(stripe, selling_batch())
    intent = payment_provider().intent_read(purchase.stripe_payment_intent_id)
    purchase_settle(purchase_pk=purchase.pk, intent=replace(intent, id="pi_other"))
    issue = PaymentIssue.objects.get()

    with pytest.raises(InvalidInput):
        payment_issue_resolve(actor=clerk, pk=issue.pk, resolution="delivered", note="no")
    payment_issue_resolve(actor=clerk, pk=issue.pk, resolution="noted", note="given back at the provider")

    assert held(purchase.to_account) == 10_000


# --- guests -------------------------------------------------------------------------------------------


def test_who_owns_the_e_mail_claims_what_waited_for_it(stripe):
    batch = selling_batch()
    purchase = bought(stripe, batch, guest_email="a@example.org")
    stranger, owner = person(), person(email="a@example.org")

    assert guest_accounts_claim(user=stranger) == []
    assert guest_accounts_claim(user=owner) == [purchase.to_account]
    assert guest_accounts_claim(user=owner) == []

    purchase.to_account.refresh_from_db()
    assert (purchase.to_account.owner, held(purchase.to_account)) == (owner, 10_000)
    assert Transaction.objects.get(pk=purchase.pk).guest_email == "a@example.org"
