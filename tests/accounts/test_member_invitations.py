"""Invitations to organisations by e-mail: who sends, who may accept, and that each works once and for a time."""

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.errors import (
    AlreadyMember,
    InvitationExists,
    InvitationForAnother,
    InvitationOver,
    LinkRefused,
    OrganisationStateWrong,
)
from accounts.models import Membership, OrganisationInvitation
from accounts.organisation_selectors import invitation_by_digest, invitations_for
from accounts.roles import REGISTRY_OFFICER, VIEWER
from accounts.services import (
    member_invitation_accept,
    member_invitation_decline,
    member_invitation_revoke,
    member_invite,
    member_invite_again,
    membership_remove,
    organisation_create,
    organisation_reject,
    ownership_transfer,
    person_erase,
)
from accounts.services.links import token_digest
from carboncore.audit.models import Event
from carboncore.common.errors import InvalidInput, NotAllowed, NotFound
from tests.factories import PASSWORD, buyer, member_of, person
from tests.mailbox import last_mail, mails_to, token_mailed_to

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    return buyer(username="owner_1", full_name="Olga Owner")


@pytest.fixture
def bakery(owner):
    return organisation_create(actor=owner, name="Harbour Bakery", country="PT")


def invited(owner, bakery, email="new@example.org", role="trader"):
    return member_invite(actor=owner, organisation=bakery, email=email, role=role)


def test_an_invitation_is_mailed_and_whoever_has_the_email_joins(owner, bakery):
    invitation = invited(owner, bakery, email=" New@Example.org ")
    mail = last_mail("new@example.org")
    newcomer = buyer(email="new@example.org", username="newcomer")

    assert (mail.subject, invitation.email) == ("You are invited to Harbour Bakery", "new@example.org")
    assert "Olga Owner invites you to act for Harbour Bakery" in mail.body
    found = invitation_by_digest(token_digest(token_mailed_to("new@example.org")))
    assert found == invitation
    assert timedelta(days=6, hours=23) < invitation.expires_at - timezone.now() <= timedelta(days=7)
    assert invitations_for(newcomer) == [invitation]

    member = member_invitation_accept(actor=newcomer, pk=invitation.pk)

    assert (member.organisation, member.user, member.role) == (bakery, newcomer, "trader")
    assert last_mail(owner.email).subject == f"{newcomer.full_name} joined Harbour Bakery"
    told = Event.objects.filter(action__startswith="organisation.invit").order_by("pk")
    assert [event.action for event in told] == ["organisation.invited", "organisation.invitation_accepted"]
    with pytest.raises(LinkRefused):
        invitation_by_digest(token_digest(token_mailed_to("new@example.org")))
    with pytest.raises(InvitationOver):
        member_invitation_accept(actor=newcomer, pk=invitation.pk)


def test_only_the_owner_of_the_email_may_answer(owner, bakery):
    invitation = invited(owner, bakery)
    unproven = buyer(username="unproven", email="x@example.org", email_confirmed_at=None)
    others = [buyer(username="other"), owner, unproven, person(VIEWER)]

    for other in others:
        for answer in (member_invitation_accept, member_invitation_decline):
            with pytest.raises(InvitationForAnother):
                answer(actor=other, pk=invitation.pk)
        assert invitations_for(other) == []
    staff = person(VIEWER, email="new@example.org")
    with pytest.raises(InvitationForAnother):
        member_invitation_accept(actor=staff, pk=invitation.pk)
    assert Membership.objects.count() == 1


def test_who_may_invite_and_whom(owner, bakery):
    trader, stranger = buyer(username="trader_1"), buyer(username="stranger")
    member_of(bakery, trader, "trader")

    for actor in (trader, stranger, person(VIEWER)):
        with pytest.raises(NotAllowed):
            member_invite(actor=actor, organisation=bakery, email="a@example.org", role="viewer")
    for wrong in ({"email": "no e-mail"}, {"email": "a@b.org\nBcc: x@y.org"}, {"role": "boss"}):
        with pytest.raises(InvalidInput) as refused:
            invited(owner, bakery, **wrong)
        assert set(refused.value.errors) == set(wrong)
    with pytest.raises(AlreadyMember):
        invited(owner, bakery, email=trader.email)
    invited(owner, bakery)
    with pytest.raises(InvitationExists):
        invited(owner, bakery, role="viewer")
    assert member_invite(actor=person(REGISTRY_OFFICER), organisation=bakery, email="b@example.org", role="viewer")
    assert OrganisationInvitation.objects.count() == 2
    organisation_reject(actor=person(REGISTRY_OFFICER), pk=bakery.pk, note="No such company.")
    with pytest.raises(OrganisationStateWrong):
        invited(owner, bakery, email="c@example.org")


def test_sending_again_replaces_the_link_and_revoking_ends_it(owner, bakery):
    invitation = invited(owner, bakery)
    first = token_mailed_to("new@example.org")
    newcomer = buyer(email="new@example.org", username="newcomer")

    with time_machine.travel(timezone.now() + timedelta(days=7, seconds=1)):
        for over in (lambda: member_invitation_accept(actor=newcomer, pk=invitation.pk),):
            with pytest.raises(InvitationOver):
                over()
        with pytest.raises(LinkRefused):
            invitation_by_digest(token_digest(first))
        member_invite_again(actor=owner, pk=invitation.pk)
        second = token_mailed_to("new@example.org")
        assert invitation_by_digest(token_digest(second)) == invitation
        with pytest.raises(LinkRefused):
            invitation_by_digest(token_digest(first))

        with pytest.raises(NotAllowed):
            member_invitation_revoke(actor=newcomer, pk=invitation.pk)
        member_invitation_revoke(actor=owner, pk=invitation.pk)
        with pytest.raises(LinkRefused):
            invitation_by_digest(token_digest(second))
        for service in (member_invite_again, member_invitation_revoke):
            with pytest.raises(InvitationOver):
                service(actor=owner, pk=invitation.pk)
        with pytest.raises(InvitationOver):
            member_invitation_accept(actor=newcomer, pk=invitation.pk)
    assert Membership.objects.count() == 1


def test_one_email_gets_five_invitations_a_day(owner, bakery):
    invitation = invited(owner, bakery)

    for _ in range(9):
        member_invite_again(actor=owner, pk=invitation.pk)

    assert len(mails_to("new@example.org")) == 5


def test_declining_tells_the_owner_and_lets_them_invite_anew(owner, bakery):
    invitation = invited(owner, bakery)
    newcomer = buyer(email="new@example.org", username="newcomer")

    member_invitation_decline(actor=newcomer, pk=invitation.pk)

    assert last_mail(owner.email).subject == "An invitation to Harbour Bakery was declined"
    with pytest.raises(InvitationOver):
        member_invitation_accept(actor=newcomer, pk=invitation.pk)
    assert member_invitation_accept(actor=newcomer, pk=invited(owner, bakery).pk).role == "trader"


def test_an_owner_who_was_removed_lets_nobody_in_afterwards(owner, bakery):
    second = buyer(username="second_owner")
    member_of(bakery, second, "owner")
    invitation = invited(second, bakery)
    membership_remove(actor=owner, organisation=bakery, user=second)
    newcomer = buyer(email="new@example.org", username="newcomer")

    with pytest.raises(InvitationOver):
        member_invitation_accept(actor=newcomer, pk=invitation.pk)

    member_invite_again(actor=owner, pk=invitation.pk)
    assert member_invitation_accept(actor=newcomer, pk=invitation.pk).role == "trader"


def test_the_database_keeps_one_open_invitation_for_each_email(owner, bakery):
    first = invited(owner, bakery)

    with pytest.raises(IntegrityError, match="accounts_invitation_open_once"), transaction.atomic():
        OrganisationInvitation.objects.create(
            organisation=bakery,
            email=first.email,
            role="viewer",
            invited_by=owner,
            digest="0" * 64,
            expires_at=first.expires_at,
        )


def test_handing_over_in_one_step(owner, bakery):
    trader, stranger = buyer(username="trader_1"), buyer(username="stranger")
    member_of(bakery, trader, "trader")

    with pytest.raises(NotAllowed):
        ownership_transfer(actor=trader, organisation=bakery, user=owner, own_role="viewer")
    with pytest.raises(NotFound):
        ownership_transfer(actor=owner, organisation=bakery, user=stranger, own_role="viewer")
    for wrong in ({"user": owner}, {"own_role": "owner"}, {"own_role": ""}):
        with pytest.raises(InvalidInput):
            ownership_transfer(actor=owner, organisation=bakery, **{"user": trader, "own_role": "viewer", **wrong})
    ownership_transfer(actor=owner, organisation=bakery, user=trader, own_role="viewer")

    assert dict(Membership.objects.values_list("user__username", "role")) == {"owner_1": "viewer", "trader_1": "owner"}
    assert last_mail(trader.email).subject == "Harbour Bakery is handed over to you"


def test_erasing_a_person_forgets_their_invitations(owner, bakery):
    accepted, declined = (organisation_create(actor=owner, name=name, country="PT") for name in ("Mill", "Farm"))
    newcomer = buyer(email="new@example.org", username="newcomer")
    member_invitation_accept(actor=newcomer, pk=invited(owner, accepted).pk)
    member_invitation_decline(actor=newcomer, pk=invited(owner, declined).pk)
    invited(owner, bakery)

    person_erase(user=newcomer, password=PASSWORD)

    assert list(OrganisationInvitation.objects.values_list("email", "state")) == [("", "accepted")]
