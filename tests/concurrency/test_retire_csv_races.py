"""Two lists of retirements over the same batches in opposite order: neither waits for the other in a circle."""

import pytest
from django.db import OperationalError

from tests.ledger_factories import account, issued_batch, proceeds_of, wanted
from tests.purchase_factories import held
from tests.races import at_once, meeting
from transactions.services import bulk_retirements, credits_retire_csv, credits_transfer
from transactions.services.verification import ledger_verify

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 10


@pytest.fixture
def world():
    """Two projects' batches, of each of which two people hold 5 t."""
    batches, holders = [issued_batch(quantity_kg=10_000) for _ in range(2)], [account(), account()]
    for batch in batches:
        for holder in holders:
            credits_transfer(
                actor=None,
                from_account=proceeds_of(batch.project),
                to_account=holder,
                wanted=wanted(batch.project, 5_000),
            )
    return batches, holders


def lists(batches, holders):
    """Each retires 0.001 t of both, one in the order of the batches, the other against it."""
    for holder, order in zip(holders, (batches, batches[::-1]), strict=True):
        rows = "".join(f"{batch.project_id},0.001,Ferry,other\n" for batch in order)
        text = f"project_id,quantity,beneficiary_name,purpose\n{rows}"
        yield lambda holder=holder, text=text: credits_retire_csv(actor=None, account=holder, text=text)


def assert_retired(holders, kg):
    assert sum(held(holder, "retired") for holder in holders) == kg
    result, _ = ledger_verify()
    assert result.problems == 0


def test_lists_in_opposite_order_both_go_through(world):
    batches, holders = world

    def ten_times(action):
        return lambda: [action() for _ in range(ROUNDS)]

    outcomes = at_once(*map(ten_times, lists(batches, holders)))

    assert [len(outcome) for outcome in outcomes] == [ROUNDS, ROUNDS]
    assert_retired(holders, 2 * ROUNDS * 2)


def test_control_without_locking_ahead_one_of_two_is_turned_away(monkeypatch, world):
    """PostgreSQL finds the circle; nothing is lost, but somebody has to send their list again."""
    batches, holders = world
    monkeypatch.setattr(bulk_retirements, "_lock_batches", lambda *_: None)
    monkeypatch.setattr(bulk_retirements, "retirement_post", meeting(bulk_retirements.retirement_post, 2, before=False))

    outcomes = at_once(*lists(batches, holders))

    (turned_away,) = [outcome for outcome in outcomes if isinstance(outcome, OperationalError)]
    assert "deadlock" in str(turned_away)
    assert_retired(holders, 2)
