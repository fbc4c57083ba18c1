"""Freezing, unfreezing and closing an account: who may, from which state, and what history keeps of it."""

import pytest
from django.db import connection

from accounts.roles import REGISTRY_OFFICER, REVIEWER, TRANSACTIONS_OFFICER, VIEWER
from carboncore.common.errors import InvalidInput, NotAllowed, StateConflict
from tests.factories import UserFactory, person
from tests.ledger_dumps import ledger_dump
from tests.ledger_factories import account, account_with, buffer_pool, freeze, issued_batch, proceeds_of, wanted
from tests.purchase_factories import payable_purchase, selling_batch
from transactions.models import HoldingAccount
from transactions.selectors.admin_accounts import state_changes
from transactions.services import (
    holding_account_close,
    holding_account_freeze,
    holding_account_unfreeze,
    transfer_offer_create,
    transfer_offer_withdraw,
)
from transactions.services.purchases import purchase_cancel

pytestmark = pytest.mark.django_db

WHY = "A court's order."


def close(found, **fields):
    return holding_account_close(actor=person(TRANSACTIONS_OFFICER), pk=found.pk, **fields)


def states():
    return list(HoldingAccount.objects.order_by("pk").values_list("pk", "state")), HoldingAccount.history.count()


@pytest.mark.parametrize("role", [REGISTRY_OFFICER, REVIEWER, VIEWER, ""])
def test_only_who_works_transactions_changes_the_state_of_an_account(role):
    mine, frozen = account(), account()
    freeze(frozen.pk)
    before = states()

    for actor in (person(role), mine.owner):
        with pytest.raises(NotAllowed, match="You may not freeze, unfreeze or close accounts"):
            holding_account_freeze(actor=actor, pk=mine.pk, reason=WHY)
        with pytest.raises(NotAllowed):
            holding_account_unfreeze(actor=actor, pk=frozen.pk)
        with pytest.raises(NotAllowed):
            holding_account_close(actor=actor, pk=mine.pk)

    assert states() == before


@pytest.mark.parametrize("reason", ["", "  ", "x" * 1001, "half \ud800", "nul \x00"])
def test_freezing_needs_a_reason_that_can_be_kept(reason):
    mine, officer = account(), person(TRANSACTIONS_OFFICER)
    before = states()

    with pytest.raises(InvalidInput):
        holding_account_freeze(actor=officer, pk=mine.pk, reason=reason)

    assert states() == before


def test_each_change_is_possible_from_its_states_only():
    officer, mine = person(TRANSACTIONS_OFFICER), account()

    with pytest.raises(StateConflict, match="is open; only one that is frozen can become open"):
        holding_account_unfreeze(actor=officer, pk=mine.pk)
    freeze(mine.pk)
    with pytest.raises(StateConflict, match="is frozen; only one that is open can become frozen"):
        holding_account_freeze(actor=officer, pk=mine.pk, reason=WHY)
    close(mine)
    for change in (holding_account_freeze, holding_account_unfreeze, holding_account_close):
        with pytest.raises(StateConflict, match="is closed; only one that is"):
            change(actor=officer, pk=mine.pk, reason=WHY)

    mine.refresh_from_db()
    assert mine.state == "closed"


def test_the_registrys_own_accounts_are_frozen_but_never_closed():
    batch = issued_batch(quantity_kg=1_000, buffer=10)
    before = ledger_dump()

    for own in (buffer_pool(), proceeds_of(batch.project)):
        with pytest.raises(StateConflict, match="The registry itself needs account"):
            close(own)

    assert ledger_dump() == before
    assert freeze(buffer_pool().pk).state == "frozen"


def test_an_account_that_awaits_an_offer_or_a_purchase_is_not_closed():
    # given somebody to whom credits are offered, and somebody whose purchase is not paid yet
    batch = selling_batch()
    giver, receiver = account_with(batch, 4_000), account()
    offer = transfer_offer_create(
        actor=giver.owner, from_account=giver, to_account=receiver, wanted=wanted(batch.project, 1_000)
    )
    purchase = payable_purchase(batch)
    buyer = HoldingAccount.objects.get(pk=purchase.to_account_id)

    # then neither account closes
    for awaiting in (receiver, buyer):
        with pytest.raises(StateConflict, match="on their way into this account"):
            close(awaiting)

    # until it is over
    transfer_offer_withdraw(actor=giver.owner, pk=offer.pk)
    purchase_cancel(actor=person(TRANSACTIONS_OFFICER), purchase=purchase)
    assert (close(receiver).state, close(buyer).state) == ("closed", "closed")


def test_history_keeps_what_was_said_in_order_and_no_name_or_e_mail():
    mine, officer = account(owner=UserFactory(is_staff=False)), person(TRANSACTIONS_OFFICER)
    holding_account_freeze(actor=officer, pk=mine.pk, reason=f"  {WHY} ")
    holding_account_unfreeze(actor=officer, pk=mine.pk)
    close(mine, reason="Asked for by its owner.")

    told = state_changes(account=mine, count=10)

    assert [(row.state, row.reason) for row in told] == [
        ("closed", "Asked for by its owner."),
        ("open", ""),
        ("frozen", WHY),
    ]
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(h)::text FROM transactions_historicalholdingaccount h")
        kept = " ".join(row[0] for row in cursor.fetchall())
    assert "@" not in kept
    assert mine.name not in kept


def test_a_guests_e_mail_stands_in_the_account_and_nowhere_in_its_history():
    guest = HoldingAccount.objects.create(name="Guest purchases", claim_email="guest@example.org")
    freeze(guest.pk)

    columns = {field.name for field in HoldingAccount.history.model._meta.concrete_fields}

    assert guest.history.count() == 2
    assert columns & {"claim_email", "name"} == set()
