"""Transfers, retirements and cancellations over the API: done once, by who may, and every refusal moves nothing."""

import pytest

from tests.ledger_dumps import ledger_dump
from tests.ledger_factories import account, account_with, freeze, issued_batch
from tests.purchase_factories import assert_ledger_clean, held
from transactions.models import Retirement, Transaction

pytestmark = pytest.mark.django_db
API = "/api/v1"
UNKNOWN = "8f14e45f-ceea-467f-a8b5-1a2b3c4d5e6f"


@pytest.fixture
def batch():
    return issued_batch(quantity_kg=50_000)


@pytest.fixture
def mine(batch, trader):
    """The trader's account with the batch's first ten tonnes."""
    holder = account_with(batch, 10_000)
    holder.owner = trader.user
    holder.save(update_fields=["owner"])
    return holder


def transfer_of(mine, batch, **fields):
    return {
        "from_account": str(mine.public_id),
        "to_account": str(fields.pop("to", None) or account().public_id),
        "project_id": batch.project_id,
        "quantity": "2.5",
        **fields,
    }


def retirement_of(mine, batch, **fields):
    return {
        "account": str(mine.public_id),
        "project_id": batch.project_id,
        "quantity": "2.5",
        "beneficiary_name": "North Pier",
        "purpose": "corporate_inventory",
        **fields,
    }


def cancellation_of(mine, batch, **fields):
    return {
        "account": str(mine.public_id),
        "project_id": batch.project_id,
        "quantity": "2.5",
        "reason": "not ours to sell",
        **fields,
    }


BODIES = {"transfers": transfer_of, "retirements": retirement_of, "cancellations": cancellation_of}


def test_a_transfer_moves_the_lowest_serials_once(trader, batch, mine):
    receiver = account()
    body = transfer_of(mine, batch, to=receiver.public_id, note="as agreed")

    answers = [trader.post(f"{API}/transfers", body, key="t1") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["serials"] == [f"{batch.serial_root}-1-3.500"]
    assert (held(mine), held(receiver)) == (7_500, 2_500)
    assert_ledger_clean()


def test_a_retirement_answers_with_the_certificates_address(trader, batch, mine):
    answer = trader.post(f"{API}/retirements", retirement_of(mine, batch, period_start="2025-01-01"))

    assert answer.status_code == 201
    retirement = Retirement.objects.get()
    assert answer.json()["retirement"] == str(retirement.public_id)
    assert (retirement.beneficiary_name, held(mine), held(mine, "retired")) == ("North Pier", 7_500, 2_500)


def test_a_cancellation_keeps_its_reason_in_the_ledger(trader, batch, mine):
    answer = trader.post(f"{API}/cancellations", cancellation_of(mine, batch))

    assert answer.status_code == 201
    made = Transaction.objects.get(public_id=answer.json()["id"])
    assert (made.entry_links.get().entry.reason, held(mine, "cancelled")) == ("not ours to sell", 2_500)


def test_named_serials_are_the_ones_that_move(trader, batch, mine):
    serial = f"{batch.serial_root}-4-6"

    answer = trader.post(f"{API}/retirements", retirement_of(mine, batch, quantity=3, serials=[serial]))

    assert answer.json()["serials"] == [serial]


@pytest.mark.parametrize("path", BODIES)
def test_who_may_move_credits(  # noqa: PLR0917 - six fixtures and a parameter
    guest, trader, other, desk, batch, mine, path
):
    body = BODIES[path](mine, batch)
    before = ledger_dump()

    assert guest.post(f"{API}/{path}", body).status_code == 401
    foreign = other.post(f"{API}/{path}", body)
    assert (foreign.status_code, foreign.json()["code"]) == (404, "account_not_found")
    body = BODIES[path](mine, batch)
    assert ledger_dump()["transactions_block"] == before["transactions_block"]

    assert [client.post(f"{API}/{path}", body).status_code for client in (trader, desk)] == [201, 201]
    assert held(mine) == 5_000


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"quantity": "0"}, 400),
        ({"quantity": "-1"}, 400),
        ({"quantity": "0.0001"}, 400),
        ({"quantity": "1,5"}, 400),
        ({"quantity": "10.001"}, 409),
        ({"serials": ["nonsense"]}, 400),
        ({"vintage": 1999}, 409),
        ({"project_id": 999_999}, 409),
        ({"colour": "green"}, 400),
    ],
)
def test_what_cannot_be_moved_is_refused_and_stays(  # noqa: PLR0917 - three fixtures and three parameters
    trader, batch, mine, path, change, status
):
    body = BODIES[path](mine, batch, **change)
    before = ledger_dump()

    answer = trader.post(f"{API}/{path}", body)

    assert (answer.status_code, ledger_dump()) == (status, before), answer.content


@pytest.mark.parametrize(
    ("path", "change", "status"),
    [
        ("transfers", {"to": UNKNOWN}, 404),
        ("retirements", {"purpose": "fun"}, 400),
        ("retirements", {"beneficiary_name": " "}, 400),
        ("retirements", {"period_start": "2025-02-01", "period_end": "2025-01-01"}, 400),
        ("cancellations", {"reason": " "}, 400),
    ],
)
def test_what_a_movement_lacks_is_told(  # noqa: PLR0917 - three fixtures and three parameters
    trader, batch, mine, path, change, status
):
    body = BODIES[path](mine, batch, **change)
    before = ledger_dump()

    assert trader.post(f"{API}/{path}", body).status_code == status
    assert ledger_dump() == before


@pytest.mark.parametrize("path", BODIES)
def test_a_frozen_account_gives_nothing(trader, batch, mine, path):
    body = BODIES[path](mine, batch)
    freeze(mine.pk)
    before = ledger_dump()

    answer = trader.post(f"{API}/{path}", body)

    assert (answer.status_code, answer.json()["code"]) == (409, "account_not_usable")
    assert ledger_dump() == before


def test_a_retired_block_moves_no_more(trader, batch, mine):
    serial = f"{batch.serial_root}-1-10"
    trader.post(f"{API}/retirements", retirement_of(mine, batch, quantity=10))

    answer = trader.post(f"{API}/transfers", transfer_of(mine, batch, quantity=10, serials=[serial]))

    assert (answer.status_code, answer.json()["code"]) == (409, "credits_not_movable")
