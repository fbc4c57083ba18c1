"""Organisations at the same moment: an invitation answered twice or revoked meanwhile, a transfer approved twice,
two transfers below the limit that are above it together.

Each race has a control, in which the lock that decides it is taken away.
"""

import pytest

from accounts.errors import ConsentOver, InvitationForAnother, InvitationOver
from accounts.models import Membership, Organisation, OrganisationInvitation
from accounts.roles import REGISTRY_OFFICER
from accounts.services import (
    member_invitation_accept,
    member_invitation_revoke,
    member_invitations,
    member_invite,
    organisation_approve,
    organisation_create,
    organisation_limit_set,
)
from tests.factories import buyer, member_of, person
from tests.ledger_factories import account, issued_batch, proceeds_of, wanted
from tests.purchase_factories import assert_ledger_clean, held
from tests.races import at_once, meeting
from transactions.choices import ApprovedKind
from transactions.errors import NotEnoughCredits
from transactions.models import MovementApproval, Transaction
from transactions.services import (
    AskedTransfer,
    approvals,
    credits_transfer,
    holding_account_open,
    movement_approval_approve,
    movement_approval_reject,
    transfer_limits,
    transfer_or_ask,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def invitation():
    owner = buyer(username="owner_1")
    bakery = organisation_create(actor=owner, name="Harbour Bakery", country="PT")
    return member_invite(actor=owner, organisation=bakery, email="new@example.org", role="trader")


@pytest.fixture
def newcomer():
    return buyer(username="newcomer", email="new@example.org")


def names(outcomes):
    return sorted(type(outcome).__name__ for outcome in outcomes)


def test_of_two_acceptances_one_makes_a_member(invitation, newcomer):
    outcomes = at_once(*[lambda: member_invitation_accept(actor=newcomer, pk=invitation.pk)] * 2)

    assert names(outcomes) == ["InvitationOver", "Membership"]
    assert Membership.objects.filter(user=newcomer).count() == 1


def test_acceptance_against_revocation_has_one_winner_and_no_half(invitation, newcomer):
    outcomes = at_once(
        lambda: member_invitation_accept(actor=newcomer, pk=invitation.pk),
        lambda: member_invitation_revoke(actor=invitation.invited_by, pk=invitation.pk),
    )

    invitation.refresh_from_db()
    joined = Membership.objects.filter(user=newcomer).exists()
    assert sum(isinstance(outcome, InvitationOver) for outcome in outcomes) == 1
    assert joined == (invitation.state == "accepted")
    assert invitation.state in {"accepted", "revoked"}


def test_control_without_the_locks_a_revoked_invitation_lets_somebody_in(monkeypatch, invitation, newcomer):
    unlocked = meeting(
        lambda pk: OrganisationInvitation.objects.select_related("organisation", "invited_by").get(pk=pk),
        2,
        before=False,
    )
    monkeypatch.setattr(member_invitations, "_locked", unlocked)
    monkeypatch.setattr(member_invitations, "_check_open", meeting(member_invitations._check_open, 2, before=False))

    outcomes = at_once(
        lambda: member_invitation_accept(actor=newcomer, pk=invitation.pk),
        lambda: member_invitation_revoke(actor=invitation.invited_by, pk=invitation.pk),
    )

    assert names(outcomes) == ["Membership", "OrganisationInvitation"]
    assert not any(isinstance(outcome, InvitationForAnother) for outcome in outcomes)


@pytest.fixture
def mill():
    batch = issued_batch(quantity_kg=10_000)
    owner, trader, second = (buyer(username=name) for name in ("owner_1", "trader_1", "second_1"))
    mill = organisation_create(actor=owner, name="Mill", country="PT")
    organisation_approve(actor=person(REGISTRY_OFFICER), pk=mill.pk)
    for member in (trader, second):
        member_of(mill, member, "trader")
    stock, receiver = holding_account_open(organisation=mill, name="Stock"), account()
    credits_transfer(
        actor=None, from_account=proceeds_of(batch.project), to_account=stock, wanted=wanted(batch.project, 5_000)
    )
    organisation_limit_set(actor=owner, organisation=mill, limit_kg=1_000)

    def ask(quantity_kg):
        asked = AskedTransfer(
            kind=ApprovedKind.TRANSFER,
            from_account=stock,
            to_account=receiver,
            wanted=wanted(batch.project, quantity_kg),
        )
        return transfer_or_ask(actor=trader, asked=asked)

    return {"owner": owner, "second": second, "stock": stock, "receiver": receiver, "ask": ask}


def test_of_two_who_transfer_at_once_only_one_stays_below_the_limit(mill):
    outcomes = at_once(lambda: mill["ask"](600), lambda: mill["ask"](600))

    assert names(outcomes) == ["MovementApproval", "Transaction"]
    assert held(mill["receiver"]) == 600
    assert_ledger_clean()


def test_control_without_the_organisations_lock_both_pass(monkeypatch, mill):
    monkeypatch.setattr(transfer_limits, "organisation_lock", lambda *, pk: Organisation.objects.get(pk=pk))
    counted = meeting(transfer_limits._gone_alone_kg, 2, before=False)
    monkeypatch.setattr(transfer_limits, "_gone_alone_kg", counted)

    outcomes = at_once(lambda: mill["ask"](600), lambda: mill["ask"](600))

    assert names(outcomes) == ["Transaction", "Transaction"]
    assert held(mill["receiver"]) == 1_200


def test_two_who_approve_at_once_move_the_credits_once(mill):
    waiting = mill["ask"](2_000)

    outcomes = at_once(
        *[lambda who=who: movement_approval_approve(actor=mill[who], pk=waiting.pk) for who in ("owner", "second")]
    )

    assert names(outcomes) == ["ConsentOver", "MovementApproval"]
    assert (held(mill["stock"]), held(mill["receiver"])) == (3_000, 2_000)
    assert_ledger_clean()


def test_control_without_the_lock_they_move_twice(monkeypatch, mill):
    waiting = mill["ask"](2_000)
    unlocked = meeting(
        lambda pk: MovementApproval.objects.select_related(
            "from_account", "to_account", "asked_by", "organisation"
        ).get(pk=pk),
        2,
        before=False,
    )
    monkeypatch.setattr(approvals, "_locked", unlocked)

    at_once(*[lambda who=who: movement_approval_approve(actor=mill[who], pk=waiting.pk) for who in ("owner", "second")])

    assert held(mill["receiver"]) == 4_000


def test_approval_against_rejection_has_one_winner(mill):
    waiting = mill["ask"](2_000)

    outcomes = at_once(
        lambda: movement_approval_approve(actor=mill["owner"], pk=waiting.pk),
        lambda: movement_approval_reject(actor=mill["second"], pk=waiting.pk),
    )

    waiting.refresh_from_db()
    assert sum(isinstance(outcome, ConsentOver) for outcome in outcomes) == 1
    assert held(mill["receiver"]) == (2_000 if waiting.state == "approved" else 0)


def test_two_approvals_of_the_same_credits_move_them_once(mill):
    first, other = mill["ask"](3_000), mill["ask"](3_000)

    outcomes = at_once(
        lambda: movement_approval_approve(actor=mill["owner"], pk=first.pk),
        lambda: movement_approval_approve(actor=mill["second"], pk=other.pk),
    )

    assert names(outcomes) == ["MovementApproval", "NotEnoughCredits"]
    assert any(isinstance(outcome, NotEnoughCredits) for outcome in outcomes)
    assert sorted(MovementApproval.objects.values_list("state", flat=True)) == ["approved", "pending"]
    assert (held(mill["stock"]), held(mill["receiver"])) == (2_000, 3_000)
    assert Transaction.objects.filter(to_account=mill["receiver"]).count() == 1
    assert_ledger_clean()
