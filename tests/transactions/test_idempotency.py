"""Idempotency keys: the same request is done once, another one is told so, and what failed leaves no key."""

import pytest

from carboncore.common.errors import InvalidInput
from tests.ledger_dumps import ledger_dump
from tests.ledger_factories import account, account_with, issued_batch, wanted
from transactions.errors import IdempotencyKeyReused, NotEnoughCredits
from transactions.models import IdempotencyKey, Transaction
from transactions.services import answer_once, credits_transfer
from transactions.services.idempotency import request_digest

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """Stands for a process that ends between two statements: no handler of ours sees it."""


@pytest.fixture
def send():
    """Send a transfer under a key; returns the answer."""
    batch = issued_batch(quantity_kg=10_000)
    giver, receiver = account_with(batch, 5_000), account()

    def send(key, quantity_kg=1_000, *, scope="user 1", end=lambda: None):
        def action():
            moved = credits_transfer(
                actor=None, from_account=giver, to_account=receiver, wanted=wanted(batch.project, quantity_kg)
            )
            end()
            return 201, {"id": str(moved.public_id), "quantity": f"{quantity_kg}"}

        return answer_once(scope=scope, key=key, request={"quantity_kg": quantity_kg}, action=action)

    return send


def test_the_same_key_and_body_get_the_first_answer_and_move_nothing_more(send):
    first = send("a")
    before = ledger_dump()

    assert send("a") == first
    assert first == (201, {"id": str(Transaction.objects.latest("pk").public_id), "quantity": "1000"})
    assert ledger_dump() == before


def test_the_same_key_with_another_body_is_refused(send):
    send("a")
    before = ledger_dump()

    with pytest.raises(IdempotencyKeyReused) as refused:
        send("a", 999)

    assert (refused.value.code, refused.value.http_status) == ("idempotency_key_reused", 409)
    assert ledger_dump() == before


def test_two_callers_may_choose_the_same_key(send):
    assert send("a")[1]["id"] != send("a", scope="user 2")[1]["id"]
    assert IdempotencyKey.objects.count() == 2


def test_what_was_refused_leaves_no_key_and_may_be_sent_again(send):
    before = ledger_dump()

    with pytest.raises(NotEnoughCredits):
        send("a", 5_001)

    assert ledger_dump() == before
    assert send("a", 5_000)[0] == 201


def test_what_was_killed_after_the_credits_moved_leaves_nothing_and_may_be_sent_again(send):
    before = ledger_dump()

    def die():
        raise Killed

    with pytest.raises(Killed):
        send("a", end=die)

    assert ledger_dump() == before
    assert send("a")[0] == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "two\nlines", "nu\x00l", "\ud800"])
def test_a_key_that_is_none(send, key):
    before = ledger_dump()

    with pytest.raises(InvalidInput):
        send(key)

    assert ledger_dump() == before


def test_a_digest_does_not_depend_on_the_order_of_fields_but_on_their_values():
    assert request_digest({"a": 1, "b": "x"}) == request_digest({"b": "x", "a": 1})
    assert request_digest({"a": 1}) != request_digest({"a": "1"})
    # sha256 of {"a":1}, by sha256sum
    assert request_digest({"a": 1}) == "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"
