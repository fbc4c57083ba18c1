"""Transfers that wait for the receiver: what is reserved, who decides, and what each end leaves behind."""

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.roles import TRANSACTIONS_OFFICER
from carboncore.common.errors import InvalidInput, NotAllowed
from tests.api_clients import Api
from tests.factories import person, staff_token
from tests.ledger_dumps import ledger_dump
from tests.ledger_factories import account, account_with, issued_batch, wanted
from tests.purchase_factories import assert_ledger_clean, blocks_of, held
from transactions.errors import NotEnoughCredits, OfferNotFound, OfferOver
from transactions.models import LedgerEntry, Transaction
from transactions.services import (
    credits_transfer,
    entry_reverse,
    reservations_expire,
    transfer_offer_accept,
    transfer_offer_create,
    transfer_offer_decline,
    transfer_offer_withdraw,
    transfer_offers_expire,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    """A batch of 10 t, of which the giver holds the lowest 4 t, and a receiver."""
    batch = issued_batch(quantity_kg=10_000)
    return batch, account_with(batch, 4_000), account()


def offered(world, quantity_kg=1_500, **details):
    batch, giver, receiver = world
    return transfer_offer_create(
        actor=giver.owner, from_account=giver, to_account=receiver, wanted=wanted(batch.project, quantity_kg), **details
    )


def kinds_of(offer):
    return list(LedgerEntry.objects.filter(transaction_link__transaction=offer).values_list("kind", "reason"))


def test_an_offer_reserves_the_exact_credits(world):
    batch, giver, receiver = world
    before = timezone.now()

    offer = offered(world, note=" For the mill ")

    assert (offer.status, offer.transaction_type, offer.quantity_kg, offer.note) == (
        "reserved",
        "transfer",
        1_500,
        "For the mill",
    )
    assert before + timedelta(days=7) <= offer.expires_at <= timezone.now() + timedelta(days=7)
    assert blocks_of(batch)[0] == (0, 1_500, giver.pk, "reserved")
    assert (held(giver), held(giver, "reserved"), held(receiver)) == (2_500, 1_500, 0)
    with pytest.raises(NotEnoughCredits):
        credits_transfer(actor=None, from_account=giver, to_account=receiver, wanted=wanted(batch.project, 2_501))
    assert_ledger_clean()


def test_accepting_gives_exactly_what_was_offered_and_can_be_reversed(world):
    batch, giver, receiver = world
    offer = offered(world)

    accepted = transfer_offer_accept(actor=receiver.owner, pk=offer.pk)

    assert accepted.status == "completed"
    assert accepted.processing_time_seconds > 0
    assert kinds_of(offer) == [("reservation", ""), ("release", ""), ("transfer", "")]
    assert blocks_of(batch)[0] == (0, 1_500, receiver.pk, "active")
    assert_ledger_clean()

    wrong = LedgerEntry.objects.get(transaction_link__transaction=offer, kind="transfer")
    entry_reverse(requested_by=person(), approved_by=person(), entry_pk=wrong.pk, reason="Wrong mill")
    assert (held(giver), held(receiver)) == (4_000, 0)
    assert_ledger_clean()


def test_staff_who_withdraw_for_the_giver_say_why_and_the_ledger_keeps_it(world):
    _, giver, _ = world
    offer, officer = offered(world), person(TRANSACTIONS_OFFICER)
    before = ledger_dump()

    for said in ("", "  ", "x" * 1001):
        with pytest.raises(InvalidInput):
            transfer_offer_withdraw(actor=officer, pk=offer.pk, reason=said)
    assert ledger_dump() == before
    transfer_offer_withdraw(actor=officer, pk=offer.pk, reason=" The wrong receiver. ")

    assert kinds_of(offer) == [("reservation", ""), ("release", "The wrong receiver.")]
    assert (held(giver), held(giver, "reserved")) == (4_000, 0)
    assert_ledger_clean()


@pytest.mark.parametrize(
    ("end", "by", "reason"),
    [
        (transfer_offer_decline, "receiver", "Declined by the receiver."),
        (transfer_offer_withdraw, "giver", "Withdrawn by the giver."),
    ],
)
def test_declined_or_withdrawn_the_giver_has_it_back(world, end, by, reason):
    _, giver, receiver = world
    offer, people = offered(world), {"giver": giver.owner, "receiver": receiver.owner}
    before = ledger_dump()

    other = next(user for name, user in people.items() if name != by)
    for stranger in (other, person()):
        with pytest.raises(NotAllowed):
            end(actor=stranger, pk=offer.pk)
    assert ledger_dump() == before
    ended = end(actor=people[by], pk=offer.pk)

    assert ended.status == "cancelled"
    assert kinds_of(offer) == [("reservation", ""), ("release", reason)]
    assert (held(giver), held(giver, "reserved")) == (4_000, 0)
    for again in (transfer_offer_accept, transfer_offer_decline):
        with pytest.raises(OfferOver, match="cancelled already"):
            again(actor=receiver.owner, pk=offer.pk)
    assert_ledger_clean()


def test_only_the_receiver_accepts_and_only_in_time(world):
    _, giver, receiver = world
    offer = offered(world, expires_at=timezone.now() + timedelta(hours=1))

    with pytest.raises(NotAllowed):
        transfer_offer_accept(actor=giver.owner, pk=offer.pk)
    with pytest.raises(OfferNotFound):
        transfer_offer_accept(actor=giver.owner, pk=0)
    assert transfer_offers_expire() == 0
    with time_machine.travel(timezone.now() + timedelta(hours=2), tick=False):
        with pytest.raises(OfferOver, match="time is over"):
            transfer_offer_accept(actor=receiver.owner, pk=offer.pk)
        assert reservations_expire().expired == 0
        assert (transfer_offers_expire(), transfer_offers_expire()) == (1, 0)

    offer.refresh_from_db()
    assert (offer.status, held(giver), held(receiver)) == ("expired", 4_000, 0)
    assert kinds_of(offer)[1] == ("release", "Not accepted in time.")


def test_refused_offers_change_nothing(world):
    batch, giver, _ = world
    before = ledger_dump()

    for details in (
        {"expires_at": timezone.now()},
        {"expires_at": timezone.now() + timedelta(days=91)},
        {"note": "x" * 1_001},
    ):
        with pytest.raises(InvalidInput):
            offered(world, **details)
    with pytest.raises(InvalidInput):
        offered((batch, giver, giver))
    with pytest.raises(NotEnoughCredits):
        offered(world, 4_001)

    assert ledger_dump() == before
    assert not Transaction.objects.filter(expires_at__isnull=False).exists()


# --- over the API -------------------------------------------------------------------------------------


def client_of(user):
    """Sign somebody in as the API lets staff sign in today."""
    user.is_staff = True
    user.save()
    return Api(str(staff_token(user)))


def keyed(client, path, body, key=None):
    return client.post(path, body, **{"Idempotency-Key": key or str(uuid.uuid4())})


def test_offer_and_acceptance_over_the_api(world):
    batch, giver, receiver = world
    sender, taker, stranger = client_of(giver.owner), client_of(receiver.owner), client_of(person())
    body = {
        "project_id": batch.project_id,
        "quantity": "1.500",
        "from_account": str(giver.public_id),
        "to_account": str(receiver.public_id),
    }

    made = [keyed(sender, "/api/v1/transfer-offers", body, key="one click") for _ in range(2)]
    address = f"/api/v1/transfer-offers/{made[0].json()['id']}"

    assert [answer.status_code for answer in made] == [201, 201]
    assert made[0].json() == made[1].json()
    assert (made[0].json()["status"], made[0].json()["serials"]) == ("reserved", [f"{batch.serial_root}-1-2.500"])
    assert keyed(stranger, "/transfer-offers", body).status_code == 404
    assert Api().get(address).status_code == 401
    assert stranger.get(address).status_code == 404
    assert keyed(stranger, f"{address}/accept", {}).status_code == 404
    assert keyed(sender, f"{address}/accept", {}).status_code == 403
    (listed,) = taker.get("/transfer-offers?status=reserved").json()
    assert listed["id"] == made[0].json()["id"]
    assert stranger.get("/transfer-offers").json() == []

    accepted = [keyed(taker, f"{address}/accept", {}, key="yes") for _ in range(2)]

    assert [answer.status_code for answer in accepted] == [200, 200]
    assert accepted[0].json() == accepted[1].json() == taker.get(address).json()
    assert (accepted[0].json()["status"], held(receiver)) == ("completed", 1_500)
    assert keyed(sender, f"{address}/withdraw", {}).json()["code"] == "offer_over"
    assert Transaction.objects.filter(expires_at__isnull=False).count() == 1
    assert_ledger_clean()
