"""An offer that several people decide at the same moment: one decision counts, with and without the offer's lock."""

import threading

import pytest

from tests.ledger_factories import account, account_with, issued_batch, wanted
from tests.purchase_factories import held
from tests.races import at_once, meeting
from transactions.errors import OfferOver
from transactions.models import Transaction
from transactions.services import (
    offers,
    transfer_offer_accept,
    transfer_offer_create,
    transfer_offer_decline,
    transfer_offer_withdraw,
)
from transactions.services.verification import ledger_verify

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def offer():
    batch = issued_batch(quantity_kg=10_000)
    giver, receiver = account_with(batch, 4_000), account()
    return transfer_offer_create(
        actor=giver.owner, from_account=giver, to_account=receiver, wanted=wanted(batch.project, 1_500)
    )


def decisions(offer):
    """Accept, decline, withdraw and expire (whose clock is ahead, as a worker's may be) at once."""
    taker, giver = offer.to_account.owner, offer.from_account.owner
    return [
        lambda: transfer_offer_accept(actor=taker, pk=offer.pk),
        lambda: transfer_offer_decline(actor=taker, pk=offer.pk),
        lambda: transfer_offer_withdraw(actor=giver, pk=offer.pk),
        lambda: offers.transfer_offer_expire(pk=offer.pk),
    ]


def assert_one_end(offer):
    offer.refresh_from_db()
    gone = 1_500 if offer.status == "completed" else 0
    assert (held(offer.from_account), held(offer.from_account, "reserved")) == (4_000 - gone, 0)
    assert held(offer.to_account) == gone
    result, _ = ledger_verify()
    assert result.problems == 0


@pytest.fixture(autouse=True)
def clocks_apart(monkeypatch):
    """For the expiry the time is over, for whoever accepts it is not: the moment itself, drawn out."""
    expiring = threading.local()
    expire = offers.transfer_offer_expire

    def ahead(*, pk):
        expiring.now = True
        return expire(pk=pk)

    monkeypatch.setattr(offers, "transfer_offer_expire", ahead)
    monkeypatch.setattr(offers, "_is_over", lambda _offer: getattr(expiring, "now", False))


def test_of_four_decisions_at_once_one_counts(offer):
    outcomes = at_once(*decisions(offer))

    done = [o for o in outcomes if o is True or isinstance(o, Transaction)]
    assert len(done) == 1
    assert all(o is False or isinstance(o, OfferOver) for o in outcomes if o not in done)
    assert_one_end(offer)


def test_control_without_the_lock_all_four_believe_that_it_is_theirs_to_decide(monkeypatch, offer):
    """The batch's lock and the blocks' states turn three away then: nothing is given twice, but nobody is told why."""
    unlocked = meeting(lambda pk: Transaction.objects.get(pk=pk), 4, before=False)
    monkeypatch.setattr(offers, "offer_lock", unlocked)

    outcomes = at_once(*decisions(offer))

    assert not any(isinstance(outcome, OfferOver) for outcome in outcomes)
    assert (
        sorted(type(o).__name__ for o in outcomes if o is not True and not isinstance(o, Transaction))
        == ["CreditsNotMovable"] * 3
    )
    assert_one_end(offer)
