"""Wallets over the API: opened, named, listed with balances, closed when empty; their history; nobody else's."""

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.roles import TRANSACTIONS_OFFICER, VIEWER
from tests.api_clients import buyer_client
from tests.ledger_factories import account, issued_batch, proceeds_of, wanted
from tests.purchase_factories import assert_ledger_clean
from transactions.models import HoldingAccount
from transactions.services import (
    RetirementDetails,
    credits_retire,
    credits_transfer,
    transfer_offer_create,
    transfer_offer_decline,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana():
    client = buyer_client(username="ana")
    client.wallets = f"/api/v1/users/{client.user.public_id}/wallets"
    client.notifications = f"/users/{client.user.public_id}/notifications"
    return client


def opened(client, name="Savings"):
    answer = client.post(client.wallets, {"name": name})
    assert answer.status_code == 201, answer.content
    return HoldingAccount.objects.get(public_id=answer.json()["id"])


def give(batch, wallet, quantity_kg):
    return credits_transfer(
        actor=None,
        from_account=proceeds_of(batch.project),
        to_account=wallet,
        wanted=wanted(batch.project, quantity_kg),
    )


def test_a_wallet_is_a_holding_account(ana):
    answer = ana.post(ana.wallets, {"name": " Savings "})

    wallet = HoldingAccount.objects.get(public_id=answer.json()["id"])
    assert (answer.status_code, answer["Location"]) == (201, f"{ana.wallets}/{wallet.public_id}")
    assert (wallet.owner, wallet.name, wallet.kind) == (ana.user, "Savings", "holding")
    assert answer.json() == {
        "id": str(wallet.public_id),
        "number": wallet.number,
        "name": "Savings",
        "state": "open",
        "created_at": answer.json()["created_at"],
        "totals": {},
        "balances": [],
    }
    assert ana.post(ana.wallets, {}).json()["name"] == "Wallet"
    assert [row["id"] for row in ana.get("/holding-accounts").json()] == [
        row["id"] for row in ana.get(ana.wallets).json()
    ]


def test_balances_are_the_ledgers_by_project_and_vintage(ana):
    wallet, batch = opened(ana), issued_batch(quantity_kg=10_000)
    other = issued_batch(quantity_kg=3_000, project=batch.project, year=2023)
    for given in (other, batch):
        credits_transfer(
            actor=None,
            from_account=proceeds_of(batch.project),
            to_account=wallet,
            wanted=wanted(batch.project, 2_500, vintage=given.vintage),
        )
    credits_retire(
        actor=ana.user,
        account=wallet,
        wanted=wanted(batch.project, 1_250, vintage=2024),
        details=RetirementDetails(beneficiary_name="Ana's Mill", purpose="other"),
    )

    (row,) = ana.get(ana.wallets).json()

    line = {"project_id": batch.project_id, "project": batch.project.project_name}
    assert row["totals"] == {"active": "3.750", "retired": "1.250"}
    assert row["balances"] == [
        {**line, "vintage": 2023, "state": "active", "quantity": "2.500"},
        {**line, "vintage": 2024, "state": "active", "quantity": "1.250"},
        {**line, "vintage": 2024, "state": "retired", "quantity": "1.250"},
    ]
    assert ana.get(f"{ana.wallets}/{wallet.public_id}").json() == row
    assert_ledger_clean()


def test_renaming_by_address_and_by_body(ana):
    wallet = opened(ana)

    by_address = ana.put(f"{ana.wallets}/{wallet.public_id}", {"name": "Rainy days"})
    by_body = ana.put(ana.wallets, {"id": str(wallet.public_id), "name": "Sunny days"})

    assert (by_address.json()["name"], by_body.json()["name"]) == ("Rainy days", "Sunny days")
    wallet.refresh_from_db()
    assert wallet.name == "Sunny days"
    for body in (
        {},
        {"name": ""},
        {"name": "x" * 256},
        {"name": "a\u0000"},
        {"name": 5},
        {"name": "A", "balance": "9"},
    ):
        assert ana.put(f"{ana.wallets}/{wallet.public_id}", body).status_code == 400
    assert ana.put(ana.wallets, {"name": "A"}).status_code == 400
    assert ana.put(ana.wallets, {"id": str(uuid.uuid4()), "name": "A"}).status_code == 404
    wallet.refresh_from_db()
    assert wallet.name == "Sunny days"


def test_only_an_empty_wallet_is_closed_and_for_good(ana):
    wallet, batch = opened(ana), issued_batch(quantity_kg=10_000)
    address = f"{ana.wallets}/{wallet.public_id}"
    give(batch, wallet, 1_000)

    refused = ana.delete(address)
    assert (refused.status_code, refused.json()["message"]) == (
        409, "This account still holds credits. Transfer or retire them first.",
    )  # fmt: skip
    credits_transfer(actor=ana.user, from_account=wallet, to_account=account(), wanted=wanted(batch.project, 1_000))
    assert ana.delete(address).status_code == 200

    assert (ana.get(address).json()["state"], ana.get(ana.wallets).json()[0]["state"]) == ("closed", "closed")
    assert ana.get(f"{ana.wallets}?state=open").json() == []
    assert ana.delete(address).status_code == 409
    assert ana.put(address, {"name": "Again"}).status_code == 409
    assert len(ana.get(f"{address}/transactions").json()) == 2


def test_other_peoples_wallets_are_not_there(ana, api, staff):
    wallet, bob = opened(ana), buyer_client(username="bob")
    address = f"{ana.wallets}/{wallet.public_id}"
    calls = [
        ("GET", ana.wallets, None),
        ("POST", ana.wallets, {"name": "Mine"}),
        ("PUT", ana.wallets, {"id": str(wallet.public_id), "name": "Mine"}),
        ("GET", address, None),
        ("PUT", address, {"name": "Mine"}),
        ("DELETE", address, None),
        ("GET", f"{address}/transactions", None),
        ("GET", ana.notifications, None),
    ]
    own_address = f"/users/{bob.user.public_id}/wallets/{wallet.public_id}"

    for method, path, body in calls:
        assert api.request(method, path, body).status_code == 401
        for stranger in (bob, staff(VIEWER)):
            assert stranger.request(method, path, body).status_code == 404, (method, path)
    for method, body in (("GET", None), ("PUT", {"name": "Mine"}), ("DELETE", None)):
        assert bob.request(method, own_address, body).status_code == 404
    wallet.refresh_from_db()
    assert (wallet.name, wallet.state, HoldingAccount.objects.filter(owner=ana.user).count()) == ("Savings", "open", 1)

    desk = staff(TRANSACTIONS_OFFICER)
    assert [row["id"] for row in desk.get(ana.wallets).json()] == [str(wallet.public_id)]
    assert desk.put(address, {"name": "Named by staff"}).status_code == 200
    assert desk.get(f"/users/{uuid.uuid4()}/wallets").status_code == 404


def test_the_history_of_a_wallet_is_paged_and_filtered(ana):
    wallet, batch = opened(ana), issued_batch(quantity_kg=10_000)
    giver = account()
    give(batch, giver, 5_000)
    moved = [give(batch, wallet, 1_000)]
    moved += [
        credits_transfer(actor=None, from_account=giver, to_account=wallet, wanted=wanted(batch.project, kg))
        for kg in (100, 200)
    ]
    moved.append(
        credits_transfer(
            actor=ana.user, from_account=wallet, to_account=giver, wanted=wanted(batch.project, 50), note="Back"
        )
    )
    history = f"{ana.wallets}/{wallet.public_id}/transactions"

    first = ana.get(f"{history}?limit=3&count=true")
    rest = ana.get(first["Link"].split(";")[0].strip("<>"))

    rows = first.json() + rest.json()
    assert first["X-Total-Count"] == "4"
    assert [row["id"] for row in rows] == [str(row.public_id) for row in reversed(moved)]
    assert {key: rows[0][key] for key in ("transaction_type", "status", "note", "from_account", "to_account")} == {
        "transaction_type": "transfer",
        "status": "completed",
        "note": "Back",
        "from_account": str(wallet.public_id),
        "to_account": str(giver.public_id),
    }
    assert not {"ip_address", "user_agent", "guest_email"} & set(rows[0])
    assert ana.get(f"{history}?type=purchase").json() == []
    assert ana.get(f"{history}?account={giver.public_id}").status_code == 400


def test_notifications_tell_each_change_once_the_newest_first(ana):
    wallet, batch = opened(ana), issued_batch(quantity_kg=10_000)
    giver = account()
    give(batch, giver, 5_000)
    start = timezone.now()
    with time_machine.travel(start + timedelta(minutes=1), tick=False):
        done = give(batch, wallet, 1_000)
    with time_machine.travel(start + timedelta(minutes=2), tick=False):
        offer = transfer_offer_create(
            actor=giver.owner, from_account=giver, to_account=wallet, wanted=wanted(batch.project, 500)
        )
    with time_machine.travel(start + timedelta(minutes=3), tick=False):
        transfer_offer_decline(actor=ana.user, pk=offer.pk)

    rows = ana.get(ana.notifications).json()

    assert [(row["transaction"], row["status"]) for row in rows] == [
        (str(offer.public_id), "cancelled"),
        (str(offer.public_id), "reserved"),
        (str(done.public_id), "completed"),
    ]
    assert (
        rows[1]["message"]
        == f"The transfer of 0.5 t CO2e ({batch.project.project_name}) waits; its credits are reserved."
    )
    assert len({row["id"] for row in rows}) == 3
    first = ana.get(f"{ana.notifications}?limit=2")
    last = ana.get(first["Link"].split(";")[0].strip("<>"))
    assert first.json() + last.json() == rows
    assert not last.has_header("Link")
    since = rows[1]["at"].replace("+", "%2B")
    assert ana.get(f"{ana.notifications}?since={since}").json() == rows[:1]
    for wrong in ("limit=0", "limit=1001", "cursor=x", "since=yesterday", "unknown=1"):
        assert ana.get(f"{ana.notifications}?{wrong}").status_code == 400
