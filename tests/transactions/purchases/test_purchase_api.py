"""Buying over the API: what is answered, who may, and that every refusal moves nothing."""

from decimal import Decimal

import pytest

from registry.services import project_move
from tests.factories import person
from tests.ledger_dumps import ledger_dump
from tests.ledger_factories import account, freeze, proceeds_of
from tests.purchase_factories import assert_ledger_clean, blocks_of, held, selling_batch
from tests.transactions.purchases.conftest import order_of
from transactions.models import HoldingAccount, Transaction
from transactions.services.prices import price_set

pytestmark = pytest.mark.django_db
PURCHASES = "/api/v1/purchases"


def refused(answer, status, code):
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content
    assert answer.json()["message"]
    return answer.json()


# --- the way through ----------------------------------------------------------------------------------


def test_a_purchase_by_card_from_order_to_credits(stripe, trader):
    batch = selling_batch()

    ordered = trader.post(PURCHASES, order_of(batch, "12.345"))

    body = ordered.json()
    assert ordered.status_code == 201
    assert ordered["Location"] == f"{PURCHASES}/{body['id']}"
    (intent,) = stripe.intents.values()
    assert body["client_secret"] == intent["client_secret"]
    assert {name: body[name] for name in ("status", "quantity", "price_per_credit", "total_amount", "currency")} == {
        "status": "reserved",
        "quantity": "12.345",
        "price_per_credit": "12.5000",
        "total_amount": "154.31",
        "currency": "EUR",
    }
    assert body["serials"] == [f"{batch.serial_root}-1-13.345"]

    stripe.pay(intent["id"])
    confirmed = trader.post(f"{PURCHASES}/{body['id']}/confirm", {})

    assert (confirmed.status_code, confirmed.json()["status"]) == (200, "completed")
    assert "client_secret" not in confirmed.json()
    mine = HoldingAccount.objects.get(owner=trader.user)
    assert held(mine) == 12_345
    purchase = Transaction.objects.get(public_id=body["id"])
    assert (purchase.to_user, purchase.ip_address) == (trader.user, "127.0.0.1")
    assert_ledger_clean()


def test_a_guest_buys_by_e_mail_and_the_credits_wait(stripe, guest):
    batch = selling_batch()

    bought = [guest.post(PURCHASES, order_of(batch, guest_email=email)) for email in ("A@Example.org", "a@example.org")]

    assert [answer.status_code for answer in bought] == [201, 201]
    waiting = HoldingAccount.objects.get(claim_email="a@example.org")
    for intent_id in list(stripe.intents):
        stripe.pay(intent_id)
    for answer in bought:
        assert guest.post(f"{PURCHASES}/{answer.json()['id']}/confirm", {}).json()["status"] == "completed"
    assert (held(waiting), waiting.owner) == (20_000, None)


def test_without_keys_an_invoice_is_paid_when_staff_say_so(by_invoice, trader, desk):
    batch = selling_batch()
    body = trader.post(PURCHASES, order_of(batch)).json()
    assert (body["status"], body["payment_method"], body.get("client_secret")) == ("reserved", "invoice", None)

    refused(trader.post(f"{PURCHASES}/{body['id']}/confirm", {}), 409, "purchase_state_wrong")
    refused(trader.post(f"{PURCHASES}/{body['id']}/mark-paid", {"reference": "B-1"}), 403, "permission_denied")
    paid = desk.post(f"{PURCHASES}/{body['id']}/mark-paid", {"reference": "Bank 2026-77"})

    assert (paid.status_code, paid.json()["status"]) == (200, "completed")
    assert held(HoldingAccount.objects.get(owner=trader.user)) == 10_000
    refused(desk.post(f"{PURCHASES}/{body['id']}/mark-paid", {"reference": "again"}), 409, "purchase_state_wrong")


def test_buying_to_retire_answers_with_the_certificates_address(by_invoice, trader, desk):
    batch = selling_batch()
    retire = {"beneficiary_name": "Harbour Museum", "purpose": "third_party", "period_start": "2025-01-01"}
    body = trader.post(PURCHASES, order_of(batch, retire=retire)).json()
    assert body["retirement"] is None

    paid = desk.post(f"{PURCHASES}/{body['id']}/mark-paid", {"reference": "B-1"}).json()

    assert paid["retirement"]
    assert blocks_of(batch)[0][3] == "retired"


def test_the_same_key_orders_once_and_answers_alike(stripe, trader):
    batch = selling_batch()

    first, second = [trader.post(PURCHASES, order_of(batch), key="order-1") for _ in range(2)]

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert Transaction.objects.count() == 1
    refused(trader.post(PURCHASES, order_of(batch, "11"), key="order-1"), 409, "idempotency_key_reused")


def test_the_same_key_of_another_person_is_another_order(stripe, trader, other):
    batch = selling_batch()

    answers = [client.post(PURCHASES, order_of(batch), key="order-1") for client in (trader, other)]

    assert len({answer.json()["id"] for answer in answers}) == 2


# --- refusals: bad input ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "quantity", [0, -1, "0.0001", "1e30", "NaN", "1,5", "", None, True, [], "１", "1_0", 10**40, "Infinity"]
)
def test_a_quantity_that_is_none_is_refused(by_invoice, trader, quantity):
    batch = selling_batch()
    before = ledger_dump()

    body = refused(trader.post(PURCHASES, order_of(batch, quantity)), 400, "invalid")

    assert list(body["errors"]) == ["quantity"]
    assert ledger_dump() == before


def test_a_quantity_as_a_number_is_exact(by_invoice, trader):
    batch = selling_batch()

    raw = f'{{"project_id": {batch.project_id}, "quantity": 0.003e3, "price_per_credit": 12.5, "currency": "eur"}}'

    assert trader.post(PURCHASES, raw=raw.encode()).json()["quantity"] == "3.000"


def another_price(batch):
    price_set(
        actor=person("Super Admin"),
        project=batch.project,
        vintage=None,
        currency="EUR",
        price_per_credit=Decimal("13.1"),
    )


def suspended(batch):
    project_move(actor=person("Super Admin"), pk=batch.project_id, move="suspend", comment="a doubt")


def frozen_seller(batch):
    freeze(proceeds_of(batch.project).pk)


def nothing(batch):
    pass


@pytest.mark.parametrize(
    ("prepare", "order", "refusal"),
    [
        (nothing, {"quantity": "100.001"}, (409, "not_enough_credits")),
        (nothing, {"quantity": "0.999"}, (400, "quantity_invalid")),
        (another_price, {}, (409, "price_changed")),
        (nothing, {"price_per_credit": "12.4999"}, (409, "price_changed")),
        (nothing, {"currency": "USD"}, (409, "price_missing")),
        (nothing, {"currency": "XXX"}, (400, "invalid")),
        (nothing, {"vintage": 1999}, (409, "not_enough_credits")),
        (nothing, {"project_id": 999_999}, (404, "project_not_found")),
        (nothing, {"guest_email": "a@example.org"}, (400, "invalid")),
        (nothing, {"retire": {"beneficiary_name": "X", "purpose": "fun"}}, (400, "invalid")),
        (nothing, {"colour": "green"}, (400, "invalid")),
        (nothing, {"to_account": "8f14e45f-ceea-467f-a8b5-1a2b3c4d5e6f"}, (404, "account_not_found")),
        (suspended, {}, (409, "project_closed")),
        (frozen_seller, {}, (409, "account_not_usable")),
    ],
)
def test_what_cannot_be_bought_is_refused_and_moves_nothing(by_invoice, trader, prepare, order, refusal):
    batch = selling_batch()
    prepare(batch)
    before = ledger_dump()

    refused(trader.post(PURCHASES, order_of(batch, **order)), *refusal)

    assert ledger_dump() == before


def test_a_changed_price_is_told_in_numbers(by_invoice, trader):
    batch = selling_batch()
    another_price(batch)

    body = refused(trader.post(PURCHASES, order_of(batch, "3")), 409, "price_changed")

    assert body["details"] == {"price_per_credit": "13.1000", "total_amount": "39.30", "currency": "EUR"}


def test_somebody_elses_account_is_not_found(by_invoice, trader):
    batch, foreign = selling_batch(), account()

    refused(trader.post(PURCHASES, order_of(batch, to_account=str(foreign.public_id))), 404, "account_not_found")


def test_a_frozen_account_of_ones_own_is_refused(by_invoice, trader):
    batch, mine = selling_batch(), account(owner=trader.user)
    freeze(mine.pk)

    refused(trader.post(PURCHASES, order_of(batch, to_account=str(mine.public_id))), 409, "account_not_usable")


@pytest.mark.parametrize("email", ["", "nobody", "a@b", "x" * 250 + "@example.org", "a b@example.org"])
def test_a_guest_without_an_e_mail_is_refused(by_invoice, guest, email):
    batch = selling_batch()
    before = ledger_dump()

    assert guest.post(PURCHASES, order_of(batch, guest_email=email or ...)).status_code == 400
    assert ledger_dump() == before


def test_a_guest_may_not_reserve_without_end(by_invoice, guest, settings):
    settings.GUEST_OPEN_PURCHASES = 2
    batch = selling_batch()
    bodies = [guest.post(PURCHASES, order_of(batch, guest_email="a@example.org")) for _ in range(3)]

    assert [answer.status_code for answer in bodies] == [201, 201, 429]
    assert bodies[2]["Retry-After"] == "300"


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\there"])
def test_without_a_proper_key_nothing_is_done(by_invoice, trader, key):
    batch = selling_batch()
    before = ledger_dump()

    body = refused(trader.post(PURCHASES, order_of(batch), key=key), 400, "invalid")

    assert "Idempotency-Key" in body["errors"]
    assert ledger_dump() == before


# --- who may ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["", "/confirm", "/cancel"])
def test_another_persons_purchase_is_not_there(stripe, trader, other, guest, action):
    path = f"{PURCHASES}/{trader.post(PURCHASES, order_of(selling_batch())).json()['id']}{action}"
    before = ledger_dump()

    for client in (other, guest):
        answer = client.post(path, {}) if action else client.get(path)
        refused(answer, 404, "purchase_not_found")
    assert ledger_dump() == before


def test_who_works_transactions_may_look(stripe, trader, desk):
    path = f"{PURCHASES}/{trader.post(PURCHASES, order_of(selling_batch())).json()['id']}"

    assert [client.get(path).status_code for client in (trader, desk)] == [200, 200]


@pytest.mark.parametrize("action", ["refund", "mark-paid"])
def test_only_who_works_transactions_refunds_and_marks_paid(by_invoice, trader, guest, action):
    path = f"{PURCHASES}/{trader.post(PURCHASES, order_of(selling_batch())).json()['id']}/{action}"
    before = ledger_dump()

    refused(guest.post(path, {"reason": "x"}), 401, "not_authenticated")
    refused(trader.post(path, {"reason": "x"}), 403, "permission_denied")
    assert ledger_dump() == before


# --- payment trouble ----------------------------------------------------------------------------------


def test_an_answer_of_the_provider_that_was_lost_is_fetched_with_the_same_key(stripe, trader):
    batch = selling_batch()
    stripe.fail_next("lost", "POST /v1/payment_intents", times=2)

    lost = trader.post(PURCHASES, order_of(batch), key="order-1")
    refused(lost, 503, "payment_provider_unavailable")
    again = trader.post(PURCHASES, order_of(batch), key="order-1")

    assert (again.status_code, again.json()["status"]) == (201, "reserved")
    assert len(stripe.intents) == 1
    assert Transaction.objects.count() == 1


@pytest.mark.parametrize("fault", ["down", "hang"])
def test_while_the_provider_is_silent_the_credits_stay_reserved(stripe, trader, fault):
    batch = selling_batch()
    stripe.fail_next(fault, "POST /v1/payment_intents", times=2)

    refused(trader.post(PURCHASES, order_of(batch), key="order-1"), 503, "payment_provider_unavailable")

    assert Transaction.objects.get().status == "reserved"
    assert held(proceeds_of(batch.project), "reserved") == 10_000


def test_an_error_of_the_provider_that_is_repeated_for_its_key_is_got_round(stripe, trader):
    stripe.fail_next("500", "POST /v1/payment_intents", times=1)

    answer = trader.post(PURCHASES, order_of(selling_batch()))

    assert (answer.status_code, answer.json()["status"]) == (201, "reserved")
    assert len(stripe.intents) == 1


def test_what_the_provider_will_not_take_fails_and_frees_the_credits(stripe, trader):
    batch = selling_batch(price=Decimal("0.1"))

    body = refused(
        trader.post(PURCHASES, order_of(batch, "1", price_per_credit="0.1"), key="k"), 409, "payment_refused"
    )

    assert "at least 50 cents" in body["message"]
    assert Transaction.objects.get().status == "failed"
    assert held(proceeds_of(batch.project)) == 100_000
    refused(trader.post(PURCHASES, order_of(batch, "1", price_per_credit="0.1"), key="k"), 409, "payment_refused")
    assert_ledger_clean()


def test_a_card_that_is_declined_is_told_and_nothing_moves(stripe, trader):
    batch = selling_batch()
    body = trader.post(PURCHASES, order_of(batch)).json()
    before = blocks_of(batch)

    answer = trader.post(f"{PURCHASES}/{body['id']}/confirm", {"payment_method": "pm_card_visa_chargeDeclined"})

    refused(answer, 409, "payment_declined")
    assert blocks_of(batch) == before


def test_an_expired_reservation_cannot_be_paid(stripe, trader):
    body = trader.post(PURCHASES, order_of(selling_batch())).json()
    Transaction.objects.update(expires_at="2026-01-01T00:00:00Z")

    answer = trader.post(f"{PURCHASES}/{body['id']}/confirm", {"payment_method": "pm_card_visa"})

    refused(answer, 409, "reservation_expired")
    assert [intent["status"] for intent in stripe.intents.values()] == ["requires_payment_method"]


def test_cancelling_twice_is_cancelling_once(stripe, trader):
    body = trader.post(PURCHASES, order_of(selling_batch())).json()

    answers = [trader.post(f"{PURCHASES}/{body['id']}/cancel", {}) for _ in range(2)]

    assert [(answer.status_code, answer.json()["status"]) for answer in answers] == [(200, "cancelled")] * 2
