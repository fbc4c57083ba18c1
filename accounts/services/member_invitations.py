"""Inviting people to an organisation by e-mail.

Whoever proves that the e-mail is theirs may accept, with the account they have or make for it; knowing the link is not
enough. The answers to whoever invites are the same whether the e-mail has an account or not.
"""

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.choices import InvitationState, MembershipRole, OrganisationState
from accounts.errors import (
    AlreadyMember,
    InvitationExists,
    InvitationForAnother,
    InvitationNotFound,
    InvitationOver,
    OrganisationStateWrong,
)
from accounts.identifiers import email_kept
from accounts.models import Membership, Organisation, OrganisationInvitation, User
from accounts.organisation_mails import mail_invitation, mail_invitation_answered
from accounts.services.links import new_token
from accounts.services.memberships import members_locked, require_manager
from accounts.services.organisations import DECIDES, organisation_lock
from carboncore.audit.services import event_record
from carboncore.common.errors import InvalidInput, StateConflict

LASTS = timedelta(days=7)
MOST_OPEN = 100


def member_invite(*, actor: User, organisation: Organisation, email: str, role: str) -> OrganisationInvitation:
    """Invite somebody to become a member; they get a link by mail, which works for seven days.

    Raises:
        InvalidInput: it is no e-mail, or there is no such role.
        NotAllowed: the actor is no owner of the organisation and may not decide about organisations.
        OrganisationStateWrong: staff have rejected the organisation.
        AlreadyMember: the e-mail is a member's.
        InvitationExists: the e-mail has an open invitation.
        StateConflict: the organisation has a hundred open invitations.
    """
    try:
        email = email_kept(email)
    except ValueError as error:
        raise InvalidInput({"email": [str(error)]}) from None
    if role not in MembershipRole.values:
        raise InvalidInput({"role": [f"Choose one of: {', '.join(MembershipRole.values)}."]})
    token = new_token(LASTS)
    with transaction.atomic():
        require_manager(actor, members_locked(organisation))
        organisation = organisation_lock(pk=organisation.pk)
        _check_alive(organisation)
        if Membership.objects.filter(organisation=organisation, user__email=email).exists():
            raise AlreadyMember
        open_ones = OrganisationInvitation.objects.filter(organisation=organisation, state=InvitationState.OPEN)
        if open_ones.filter(email=email).exists():
            raise InvitationExists
        if open_ones.count() >= MOST_OPEN:
            raise StateConflict(f"There are {MOST_OPEN} open invitations. Revoke those that nobody answers.")
        invitation = OrganisationInvitation.objects.create(
            organisation=organisation,
            email=email,
            role=role,
            invited_by=actor,
            digest=token.digest,
            expires_at=token.expires_at,
        )
        mail_invitation(invitation=invitation, token=token.text)
        _record("organisation.invited", invitation, actor)
    return invitation


def member_invite_again(*, actor: User, pk: int) -> OrganisationInvitation:
    """Send an open invitation again, with a new link for another seven days; the link before works no more.

    Raises:
        InvitationNotFound: there is none.
        NotAllowed: the actor is no owner of the organisation and may not decide about organisations.
        InvitationOver: it was accepted, declined or revoked.
    """
    token = new_token(LASTS)
    with transaction.atomic():
        invitation = _locked(pk)
        require_manager(actor, members_locked(invitation.organisation))
        _check_open(invitation)
        invitation.digest, invitation.expires_at, invitation.invited_by = token.digest, token.expires_at, actor
        invitation.save()
        mail_invitation(invitation=invitation, token=token.text)
        _record("organisation.invited_again", invitation, actor)
    return invitation


def member_invitation_revoke(*, actor: User, pk: int) -> OrganisationInvitation:
    """Take an open invitation back; its link works no more.

    Raises:
        InvitationNotFound, NotAllowed, InvitationOver: as for sending it again.
    """
    with transaction.atomic():
        invitation = _locked(pk)
        require_manager(actor, members_locked(invitation.organisation))
        _check_open(invitation)
        _decide(invitation, InvitationState.REVOKED, actor)
        _record("organisation.invitation_withdrawn", invitation, actor)
    return invitation


def member_invitation_accept(*, actor: User, pk: int) -> Membership:
    """Become the member that one was invited to be.

    Raises:
        InvitationNotFound: there is none.
        InvitationForAnother: it went to another e-mail than the actor has proved to be theirs.
        InvitationOver: it was decided, its time is over, or whoever invited may do so no more.
        OrganisationStateWrong: staff have rejected the organisation.
        AlreadyMember: the actor is one.
    """
    with transaction.atomic():
        person, invitation = _for_person(actor, pk)
        _check_open(invitation)
        if invitation.expires_at <= timezone.now() or not _still_stands(invitation):
            raise InvitationOver("This invitation's time is over. Ask an owner of the organisation to send it again.")
        _check_alive(invitation.organisation)
        try:
            with transaction.atomic():
                member: Membership = Membership.objects.create(
                    organisation=invitation.organisation, user=person, role=invitation.role
                )
        except IntegrityError:
            raise AlreadyMember("You are a member of this organisation already.") from None
        _decide(invitation, InvitationState.ACCEPTED, person)
        mail_invitation_answered(invitation=invitation, person=person, accepted=True)
        _record("organisation.invitation_accepted", invitation, person)
    return member


def member_invitation_decline(*, actor: User, pk: int) -> OrganisationInvitation:
    """Say no to an invitation.

    Raises:
        InvitationNotFound, InvitationForAnother: as for accepting.
        InvitationOver: it was decided before.
    """
    with transaction.atomic():
        person, invitation = _for_person(actor, pk)
        _check_open(invitation)
        _decide(invitation, InvitationState.DECLINED, person)
        mail_invitation_answered(invitation=invitation, person=person, accepted=False)
        _record("organisation.invitation_declined", invitation, person)
    return invitation


def _locked(pk: int) -> OrganisationInvitation:
    """Return the invitation after its organisation, which every change of members and invitations waits for."""
    organisation_id = OrganisationInvitation.objects.filter(pk=pk).values_list("organisation_id", flat=True).first()
    if organisation_id is None:
        raise InvitationNotFound
    organisation = organisation_lock(pk=organisation_id)
    invitation = OrganisationInvitation.objects.select_related("invited_by").get(pk=pk)
    invitation.organisation = organisation
    return invitation


def _for_person(actor: User, pk: int) -> tuple[User, OrganisationInvitation]:
    # The person first, as an erasure does: whoever is being erased joins nothing.
    person = User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    invitation = _locked(pk)
    proven = person.is_active and not person.is_staff and person.email_confirmed_at is not None
    if not proven or person.email != invitation.email:
        raise InvitationForAnother
    return person, invitation


def _check_open(invitation: OrganisationInvitation) -> None:
    if invitation.state != InvitationState.OPEN:
        raise InvitationOver(f"This invitation was {invitation.get_state_display().lower()} already.")


def _check_alive(organisation: Organisation) -> None:
    if organisation.state == OrganisationState.REJECTED:
        raise OrganisationStateWrong("Staff have rejected this organisation; it takes no members.")


def _still_stands(invitation: OrganisationInvitation) -> bool:
    """Whoever was removed, or is an owner no more, lets nobody in by a link they sent before."""
    inviter = invitation.invited_by
    owners = Membership.objects.filter(organisation=invitation.organisation, role=MembershipRole.OWNER)
    return inviter.is_active and (owners.filter(user=inviter).exists() or inviter.has_perm(DECIDES))


def _decide(invitation: OrganisationInvitation, state: InvitationState, actor: User) -> None:
    invitation.state, invitation.decided_by, invitation.decided_at = state, actor, timezone.now()
    invitation.save()


def _record(action: str, invitation: OrganisationInvitation, actor: User) -> None:
    told = {"invitation": str(invitation.public_id), "role": invitation.role, "state": invitation.state}
    event_record(action=action, obj=invitation.organisation, actor=actor, changes=told)
