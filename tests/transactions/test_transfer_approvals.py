"""Transfers above an organisation's limit: what waits, who decides, and what each decision leaves."""

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.errors import ConsentOver, SecondMemberMissing, SecondMemberNeeded
from accounts.roles import REGISTRY_OFFICER, TRANSACTIONS_OFFICER
from accounts.services import (
    membership_remove,
    organisation_approve,
    organisation_create,
    organisation_limit_set,
    organisation_suspend,
)
from carboncore.common.errors import InvalidInput, NotAllowed
from tests.factories import buyer, member_of, person
from tests.ledger_dumps import ledger_dump
from tests.ledger_factories import account, issued_batch, proceeds_of, wanted
from tests.mailbox import mails_to
from tests.purchase_factories import assert_ledger_clean, held
from transactions.choices import ApprovedKind
from transactions.errors import ApprovalNeeded, ApprovalNotFound, NotEnoughCredits
from transactions.models import MovementApproval, Transaction
from transactions.services import (
    AskedTransfer,
    credits_transfer,
    holding_account_open,
    movement_approval_approve,
    movement_approval_reject,
    movement_approval_withdraw,
    movement_approvals_expire,
    transfer_offer_create,
    transfer_offer_withdraw,
    transfer_or_ask,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def bakery():
    """An approved organisation with an owner, two traders and a viewer, 5 t in its account and a limit of 1 t."""
    batch = issued_batch(quantity_kg=10_000)
    people = {name: buyer(username=name) for name in ("owner", "trader", "second", "viewer")}
    organisation = organisation_create(actor=people["owner"], name="Harbour Bakery", country="PT")
    organisation_approve(actor=person(REGISTRY_OFFICER), pk=organisation.pk)
    for name, role in (("trader", "trader"), ("second", "trader"), ("viewer", "viewer")):
        member_of(organisation, people[name], role)
    stock = holding_account_open(organisation=organisation, name="Stock")
    credits_transfer(
        actor=None, from_account=proceeds_of(batch.project), to_account=stock, wanted=wanted(batch.project, 5_000)
    )
    organisation_limit_set(actor=people["owner"], organisation=organisation, limit_kg=1_000)
    organisation.refresh_from_db()
    people |= {"organisation": organisation, "stock": stock, "batch": batch, "receiver": account()}
    return people


def asked(bakery, quantity_kg=2_000, *, kind=ApprovedKind.TRANSFER, by="trader", to=None, **details):
    return transfer_or_ask(
        actor=bakery[by],
        asked=AskedTransfer(
            kind=kind,
            from_account=bakery["stock"],
            to_account=to or bakery["receiver"],
            wanted=wanted(bakery["batch"].project, quantity_kg),
            **details,
        ),
    )


def test_up_to_the_limit_one_member_transfers_alone(bakery):
    done = asked(bakery, 1_000)

    assert isinstance(done, Transaction)
    assert (done.status, held(bakery["stock"]), held(bakery["receiver"])) == ("completed", 4_000, 1_000)


def test_the_limit_holds_for_all_that_left_alone_within_24_hours(bakery):
    # given 0.9 t that left by two members, from two accounts, once at once and once offered
    other = holding_account_open(organisation=bakery["organisation"], name="Second stock")
    asked(bakery, 1_000, to=other)
    start = timezone.now()
    with time_machine.travel(start, tick=False):
        assert asked(bakery, 500).status == "completed"
        assert asked({**bakery, "stock": other}, 400, by="second", kind=ApprovedKind.OFFER).status == "reserved"

    with time_machine.travel(start + timedelta(hours=24) - timedelta(seconds=1), tick=False):
        assert isinstance(asked(bakery, 101, by="owner"), MovementApproval)
        assert asked(bakery, 100, by="owner").status == "completed"
        with pytest.raises(ApprovalNeeded, match=r"0\.001 t, after 1 t in the last 24 hours, are above the 1 t"):
            credits_transfer(
                actor=bakery["owner"],
                from_account=other,
                to_account=bakery["receiver"],
                wanted=wanted(bakery["batch"].project, 1),
            )
    with time_machine.travel(start + timedelta(hours=24), tick=False):
        assert isinstance(asked(bakery, 901), MovementApproval)
        assert asked(bakery, 900).status == "completed"

    assert held(bakery["receiver"]) == 500 + 100 + 900


def test_what_came_back_and_what_a_second_member_approved_leaves_the_limit_as_it_was(bakery):
    offer = asked(bakery, 1_000, kind=ApprovedKind.OFFER)
    transfer_offer_withdraw(actor=bakery["owner"], pk=offer.pk)
    movement_approval_approve(actor=bakery["second"], pk=asked(bakery, 2_000).pk)
    # what comes in, and what another organisation lets go, is not what left this one
    credits_transfer(
        actor=None,
        from_account=bakery["receiver"],
        to_account=bakery["stock"],
        wanted=wanted(bakery["batch"].project, 500),
    )

    assert asked(bakery, 1_000).status == "completed"
    assert isinstance(asked(bakery, 1), MovementApproval)


def test_above_the_limit_it_waits_and_nothing_moves_or_is_reserved(bakery):
    before = ledger_dump()

    waiting = asked(bakery, 1_001, note=" For the mill ")

    assert isinstance(waiting, MovementApproval)
    assert (waiting.state, waiting.quantity_kg, waiting.note) == ("pending", 1_001, "For the mill")
    assert ledger_dump() == before
    assert not Transaction.objects.filter(to_account=bakery["receiver"]).exists()
    for member in ("owner", "second"):
        assert "a transfer waits for you" in mails_to(bakery[member].email)[-1].subject
    assert not any("waits for you" in mail.subject for mail in mails_to(bakery["trader"].email))


def test_no_way_around_through_the_services_themselves(bakery):
    common = {"from_account": bakery["stock"], "to_account": bakery["receiver"]}
    before = ledger_dump()

    for service in (credits_transfer, transfer_offer_create):
        for actor in (bakery["owner"], person(TRANSACTIONS_OFFICER)):
            with pytest.raises(ApprovalNeeded):
                service(actor=actor, wanted=wanted(bakery["batch"].project, 1_001), **common)
    assert ledger_dump() == before


def test_what_stays_in_the_organisation_is_not_limited(bakery):
    other = holding_account_open(organisation=bakery["organisation"], name="Second stock")

    done = asked(bakery, 5_000, to=other)

    assert (done.status, held(other)) == ("completed", 5_000)


def test_approving_carries_out_exactly_that(bakery):
    waiting = asked(bakery, 2_000, note="For the mill")

    approved = movement_approval_approve(actor=bakery["second"], pk=waiting.pk)

    moved = approved.transaction
    assert (approved.state, approved.decided_by) == ("approved", bakery["second"])
    assert (moved.transaction_type, moved.status, moved.quantity_kg, moved.note) == (
        "transfer", "completed", 2_000, "For the mill",
    )  # fmt: skip
    assert (held(bakery["stock"]), held(bakery["receiver"])) == (3_000, 2_000)
    assert "your transfer was approved" in mails_to(bakery["trader"].email)[-1].subject
    assert_ledger_clean()
    with pytest.raises(ConsentOver):
        movement_approval_approve(actor=bakery["owner"], pk=waiting.pk)
    assert held(bakery["receiver"]) == 2_000


def test_an_offer_above_the_limit_waits_as_well_and_becomes_an_offer(bakery):
    until = timezone.now() + timedelta(days=30)
    waiting = asked(bakery, 2_000, kind=ApprovedKind.OFFER, offer_expires_at=until)
    assert held(bakery["stock"], "reserved") == 0

    approved = movement_approval_approve(actor=bakery["owner"], pk=waiting.pk)

    assert (approved.transaction.status, approved.transaction.expires_at) == ("reserved", until)
    assert (held(bakery["stock"]), held(bakery["stock"], "reserved")) == (3_000, 2_000)
    assert_ledger_clean()


def test_who_decides_is_another_owner_or_trader(bakery):
    waiting = asked(bakery)

    with pytest.raises(SecondMemberNeeded):
        movement_approval_approve(actor=bakery["trader"], pk=waiting.pk)
    for stranger in (bakery["viewer"], buyer(), person(TRANSACTIONS_OFFICER)):
        with pytest.raises(NotAllowed):
            movement_approval_approve(actor=stranger, pk=waiting.pk)
        with pytest.raises(NotAllowed):
            movement_approval_reject(actor=stranger, pk=waiting.pk)
    with pytest.raises(NotAllowed):
        movement_approval_withdraw(actor=bakery["owner"], pk=waiting.pk)
    with pytest.raises(ApprovalNotFound):
        movement_approval_approve(actor=bakery["owner"], pk=0)
    waiting.refresh_from_db()
    assert (waiting.state, held(bakery["stock"])) == ("pending", 5_000)
    with pytest.raises(IntegrityError, match="transactions_approval_second_person"), transaction.atomic():
        MovementApproval.objects.update(state="rejected", decided_by=bakery["trader"], decided_at=timezone.now())


def test_credits_that_are_gone_meanwhile_are_refused_and_it_still_waits(bakery):
    waiting = asked(bakery, 4_500)
    asked(bakery, 1_000)
    before = ledger_dump()

    with pytest.raises(NotEnoughCredits):
        movement_approval_approve(actor=bakery["second"], pk=waiting.pk)

    waiting.refresh_from_db()
    assert (waiting.state, waiting.transaction, ledger_dump()) == ("pending", None, before)


def test_what_could_not_be_carried_out_now_is_not_asked_for(bakery):
    with pytest.raises(NotEnoughCredits):
        asked(bakery, 5_001)
    with pytest.raises(InvalidInput):
        asked(bakery, note="x" * 1_001)
    with pytest.raises(InvalidInput):
        asked(bakery, to=bakery["stock"])

    assert not MovementApproval.objects.exists()


def test_rejecting_withdrawing_and_time(bakery):
    rejected, withdrawn, late = asked(bakery), asked(bakery), asked(bakery)

    movement_approval_reject(actor=bakery["owner"], pk=rejected.pk, note=" Too much. ")
    movement_approval_withdraw(actor=bakery["trader"], pk=withdrawn.pk)
    with time_machine.travel(timezone.now() + timedelta(days=7, seconds=1)):
        with pytest.raises(ConsentOver):
            movement_approval_approve(actor=bakery["owner"], pk=late.pk)
        assert movement_approvals_expire() == 1
        assert movement_approvals_expire() == 0

    states = dict(MovementApproval.objects.values_list("pk", "state"))
    assert states == {rejected.pk: "rejected", withdrawn.pk: "withdrawn", late.pk: "expired"}
    assert MovementApproval.objects.get(pk=rejected.pk).decision_note == "Too much."
    assert held(bakery["stock"]) == 5_000
    for over in (rejected, withdrawn, late):
        with pytest.raises(ConsentOver):
            movement_approval_approve(actor=bakery["owner"], pk=over.pk)


def test_whoever_asked_and_left_has_asked_for_nothing(bakery):
    waiting = asked(bakery)
    membership_remove(actor=bakery["owner"], organisation=bakery["organisation"], user=bakery["trader"])

    with pytest.raises(ConsentOver):
        movement_approval_approve(actor=bakery["owner"], pk=waiting.pk)
    assert movement_approval_reject(actor=bakery["owner"], pk=waiting.pk).state == "rejected"


def test_a_suspended_organisation_approves_nothing(bakery):
    waiting = asked(bakery)
    organisation_suspend(actor=person(REGISTRY_OFFICER), pk=bakery["organisation"].pk, note="Under inquiry.")

    with pytest.raises(NotAllowed):
        movement_approval_approve(actor=bakery["owner"], pk=waiting.pk)
    assert held(bakery["stock"]) == 5_000


def test_nobody_asks_where_nobody_else_could_approve(bakery):
    for name in ("trader", "second"):
        membership_remove(actor=bakery["owner"], organisation=bakery["organisation"], user=bakery[name])

    with pytest.raises(SecondMemberMissing):
        asked(bakery, by="owner")
    assert held(bakery["stock"]) == 5_000
