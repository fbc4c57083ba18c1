"""A person's way through the registry, over the API alone: register, buy, retire, leave; and guests who register."""

import uuid

import pytest

from accounts.models import User
from accounts.roles import TRANSACTIONS_OFFICER
from carboncore.audit.models import Event
from tests.accounts.people.conftest import ANNA, signed_in
from tests.api_clients import Api
from tests.factories import PASSWORD, buyer
from tests.ledger_factories import account_with, issued_batch
from tests.mailbox import last_mail, token_mailed_to
from tests.purchase_factories import assert_ledger_clean, selling_batch
from tests.transactions.purchases.conftest import order_of
from transactions.models import HoldingAccount, Retirement, Transaction

pytestmark = pytest.mark.django_db


def once():
    return {"Idempotency-Key": str(uuid.uuid4())}


def register_and_confirm():
    assert Api().post("/users/register", ANNA).status_code == 201
    body = {"token": token_mailed_to(ANNA["email"]), "password": ANNA["password"]}
    assert Api().post("/users/confirm-email", body).status_code == 200


@pytest.fixture
def bought(by_invoice, staff):
    """Anna, signed in, with ten credits that she bought by invoice and staff marked as paid; and their batch."""
    batch = selling_batch()
    register_and_confirm()
    anna = signed_in()
    started = anna.post("/purchases", order_of(batch), **once())
    assert started.status_code == 201, started.content
    paid = staff(TRANSACTIONS_OFFICER).post(
        f"/purchases/{started.json()['id']}/mark-paid", {"reference": "Bank 17"}, **once()
    )
    assert paid.status_code == 200, paid.content
    return anna, batch, started.json()["id"]


def test_a_buyer_registers_buys_by_invoice_and_retires(bought):
    anna, batch, purchase = bought

    assert anna.get(f"/purchases/{purchase}").json()["status"] == "completed"
    (account,) = anna.get("/holding-accounts").json()
    held = anna.get(f"/holding-accounts/{account['id']}/balances").json()
    assert [(row["batch"], row["state"], row["quantity"]) for row in held["balances"]] == [
        (batch.serial_root, "active", "10.000")
    ]
    retired = anna.post(
        "/retirements",
        {
            "project_id": batch.project.pk, "quantity": "4", "account": account["id"],
            "beneficiary_name": "Anna", "purpose": "environmental_benefit",
        },
        **once(),
    )  # fmt: skip
    assert retired.status_code == 201, retired.content
    certificate = Api().get(f"/certificates/{retired.json()['retirement']}.json").json()
    assert (certificate["quantity"], certificate["beneficiary"], certificate["valid"]) == ("4.000", "Anna", True)
    rest = anna.get(f"/holding-accounts/{account['id']}/balances").json()["totals"]
    assert rest == {"active": "6.000", "retired": "4.000"}
    assert_ledger_clean()


def test_what_is_hers_is_nobody_else_s(bought):
    anna, batch, purchase = bought
    (account,) = anna.get("/holding-accounts").json()
    other = buyer(email="other@example.org")
    stranger = signed_in(other.email, PASSWORD)

    assert stranger.get("/holding-accounts").json() == []
    assert stranger.get(f"/holding-accounts/{account['id']}/balances").status_code == 404
    assert stranger.get(f"/purchases/{purchase}").status_code == 404
    body = {"project_id": batch.project.pk, "quantity": "1", "account": account["id"], "beneficiary_name": "X",
            "purpose": "environmental_benefit"}  # fmt: skip
    assert stranger.post("/retirements", body, **once()).status_code == 404
    assert Retirement.objects.count() == 0


def test_people_open_accounts_transfer_offer_and_enter_organisations():
    batch = issued_batch(quantity_kg=20_000)
    giver, taker = buyer(email="giver@example.org"), buyer(email="taker@example.org")
    held = account_with(batch, 10_000)
    HoldingAccount.objects.filter(pk=held.pk).update(owner=giver)
    giving, taking = signed_in(giver.email, PASSWORD), signed_in(taker.email, PASSWORD)

    opened = taking.post("/holding-accounts", {"name": "Mine"})
    assert opened.status_code == 201
    move = {"project_id": batch.project.pk, "quantity": "3", "from_account": str(held.public_id),
            "to_account": opened.json()["id"]}  # fmt: skip
    assert giving.post("/transfers", move, **once()).status_code == 201
    offered = giving.post("/transfer-offers", move, **once())
    assert offered.status_code == 201, offered.content
    assert taking.post(f"/transfer-offers/{offered.json()['id']}/accept", {}, **once()).status_code == 200
    totals = taking.get(f"/holding-accounts/{opened.json()['id']}/balances").json()["totals"]
    assert totals == {"active": "6.000"}
    entered = taking.post("/organisations", {"name": "Heron Ltd", "country": "GB"})
    assert entered.status_code == 201
    assert [row["name"] for row in taking.get("/organisations").json()] == ["Heron Ltd"]
    assert_ledger_clean()


def test_credits_that_a_guest_bought_wait_for_whoever_proves_the_email(by_invoice, staff):
    batch = selling_batch()
    started = Api().post("/purchases", order_of(batch, guest_email=ANNA["email"].upper()), **once())
    staff(TRANSACTIONS_OFFICER).post(f"/purchases/{started.json()['id']}/mark-paid", {"reference": "x"}, **once())
    waiting = HoldingAccount.objects.get(claim_email=ANNA["email"])
    assert waiting.owner is None

    Api().post("/users/register", ANNA)
    assert HoldingAccount.objects.get(pk=waiting.pk).owner is None
    register_and_confirm()

    waiting.refresh_from_db()
    assert waiting.owner == User.objects.get(email=ANNA["email"])
    (account,) = signed_in().get("/holding-accounts").json()
    assert account["id"] == str(waiting.public_id)
    assert Event.objects.filter(action="purchases.claimed").count() == 1


# --- a copy of one's data, and erasure ----------------------------------------------------------------------


def test_the_e_mail_of_a_guest_has_the_form_of_an_account_s(by_invoice):
    batch = selling_batch()

    Api().post("/purchases", order_of(batch, guest_email=" Anna@пример.рф"), **once())

    assert HoldingAccount.objects.get(claim_email="anna@xn--e1afmkfd.xn--p1ai").owner is None


def test_the_copy_of_one_s_data_tells_what_the_ledger_holds(bought):
    anna, batch, purchase = bought

    answer = anna.get("/users/me/export")

    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"accounts", "data_sources", "ledger"}
    assert body["accounts"]["account"]["email"] == ANNA["email"]
    assert [row["kind"] for row in body["accounts"]["sessions"]] == ["api"]
    (account,) = body["ledger"]["holding_accounts"]
    assert account["balances"] == [{"batch": batch.serial_root, "state": "active", "quantity": "10.000"}]
    (row,) = body["ledger"]["transactions"]
    assert (row["id"], row["quantity"], row["total_amount"], row["ip_address"]) == (
        purchase, "10.000", "125.00", "127.0.0.1",
    )  # fmt: skip
    assert "argon2" not in answer.content.decode()


def erase(client, password=ANNA["password"]):
    return client.delete("/users/me", raw=f'{{"password": "{password}"}}'.encode())


def test_who_holds_credits_is_told_what_to_do_first(bought):
    anna, _, _ = bought

    answer = erase(anna)

    assert (answer.status_code, answer.json()["code"]) == (409, "erasure_hindered")
    assert answer.json()["message"] == "You still hold credits. Transfer or retire them first."
    assert anna.get("/users/me").json()["email"] == ANNA["email"]


def test_erasure_takes_the_person_and_leaves_the_ledger(bought, staff):
    anna, batch, purchase = bought
    anna.patch("/users/me", {"full_name": "Anna Heron"})
    (account,) = anna.get("/holding-accounts").json()
    certificates = [
        anna.post(
            "/retirements",
            {"project_id": batch.project.pk, "quantity": "5", "account": account["id"], "beneficiary_name": name,
             "purpose": "environmental_benefit", "note": "For 2026"},
            **once(),
        ).json()["retirement"]
        for name in ("Anna Heron", "Heron Ltd")
    ]  # fmt: skip

    assert erase(anna, "wrong").status_code == 400
    assert erase(anna).status_code == 200

    user = User.objects.get(erased_at__isnull=False)
    assert (user.email, user.username, user.full_name, user.roles, user.is_active) == (
        f"{user.public_id}@erased.invalid", "", "", [], False,
    )  # fmt: skip
    assert anna.get("/users/me").status_code == 401
    login = Api().post("/users/login", {"email": ANNA["email"], "password": ANNA["password"]})
    assert login.status_code == 401
    assert Api().get(f"/users/{user.public_id}").status_code == 404
    row = Transaction.objects.get(public_id=purchase)
    assert (row.to_user, row.quantity_kg, row.ip_address, row.user_agent) == (user, 10_000, None, "")
    kept = HoldingAccount.objects.get(public_id=account["id"])
    assert (kept.owner, kept.name, kept.state) == (user, "Name erased", "closed")
    shown = [Api().get(f"/certificates/{number}.json").json() for number in certificates]
    assert [(one["valid"], one["beneficiary"], one["quantity"]) for one in shown] == [
        (True, "Name erased", "5.000"), (True, "Heron Ltd", "5.000"),
    ]  # fmt: skip
    assert last_mail(ANNA["email"]).subject == "Your account is erased"
    event = Event.objects.get(action="user.erased")
    assert (event.actor_id, event.object_id) == (user.pk, str(user.pk))
    assert_ledger_clean()
    # and the e-mail is free for somebody new
    register_and_confirm()


def test_the_last_owner_of_an_organisation_hands_it_over_first():
    user = buyer(email="owner@example.org")
    client = signed_in(user.email, PASSWORD)
    client.post("/organisations", {"name": "Heron Ltd", "country": "GB"})

    answer = erase(client, PASSWORD)

    assert answer.status_code == 409
    assert answer.json()["message"] == ("You are the last owner of Heron Ltd. Make another member an owner first.")
    assert User.objects.get().email == "owner@example.org"
