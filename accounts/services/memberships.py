"""Who acts for an organisation. It always has an owner: every change of its members waits for the one before."""

from django.db import transaction

from accounts.choices import MembershipRole
from accounts.errors import LastOwner
from accounts.models import Membership, Organisation, User
from accounts.organisation_mails import mail_ownership
from accounts.services.organisations import DECIDES, organisation_lock
from carboncore.audit.services import event_record
from carboncore.common.errors import InvalidInput, NotAllowed, NotFound


def membership_set(*, actor: User, organisation: Organisation, user: User, role: str) -> Membership:
    """Give a member another role. Nobody becomes a member here: that begins with an invitation that they accept.

    Raises:
        InvalidInput: there is no such role, or the person's account is not active.
        NotAllowed: the actor is no owner of the organisation and may not decide about organisations.
        NotFound: the person is no member.
        LastOwner: its last owner would stop being one.
        OrganisationNotFound: the organisation is gone.
    """
    if role not in MembershipRole.values:
        raise InvalidInput({"role": [f"Choose one of: {', '.join(MembershipRole.values)}."]})
    if not user.is_active:
        raise InvalidInput({"user": ["This account is not active."]})
    with transaction.atomic():
        members = members_locked(organisation)
        require_manager(actor, members)
        found = members.get(user.pk)
        if found is None:
            raise NotFound("This person is no member of the organisation. Invite them by their e-mail first.")
        if role != MembershipRole.OWNER:
            _keep_an_owner(members, without=user)
        before, found.role = found.role, role
        found.save()
        _record("membership.set", actor, organisation, user, [before, role])
    return found


def membership_remove(*, actor: User, organisation: Organisation, user: User) -> None:
    """End a membership; everybody may end their own.

    Raises:
        NotFound: the person is no member.
        NotAllowed: the actor is somebody else, no owner, and may not decide about organisations.
        LastOwner: the organisation would be left without an owner.
        OrganisationNotFound: the organisation is gone.
    """
    with transaction.atomic():
        members = members_locked(organisation)
        if actor.pk != user.pk:
            require_manager(actor, members)
        if user.pk not in members:
            raise NotFound("This person is no member of the organisation.")
        _keep_an_owner(members, without=user)
        _record("membership.ended", actor, organisation, user, [members[user.pk].role, None])
        members[user.pk].delete()


def ownership_transfer(*, actor: User, organisation: Organisation, user: User, own_role: str) -> Membership:
    """Hand an organisation over to another member, who becomes an owner; the actor goes on in `own_role`.

    Nobody has to accept: the new owner is a member already, is told by mail, and may hand it on or step down.

    Raises:
        InvalidInput: the role is none that one steps down to, or the person is the actor or not active.
        NotAllowed: the actor is no owner of the organisation.
        NotFound: the person is no member.
        OrganisationNotFound: the organisation is gone.
    """
    if own_role not in (MembershipRole.TRADER, MembershipRole.VIEWER):
        raise InvalidInput({"own_role": ["Choose what you will be: trader or viewer."]})
    if user.pk == actor.pk or not user.is_active:
        raise InvalidInput({"user": ["Name another member, whose account is active."]})
    with transaction.atomic():
        members = members_locked(organisation)
        own, other = members.get(actor.pk), members.get(user.pk)
        if own is None or own.role != MembershipRole.OWNER:
            raise NotAllowed("Only an owner of the organisation may hand it over.")
        if other is None:
            raise NotFound("This person is no member of the organisation.")
        came_from, other.role, own.role = other.role, MembershipRole.OWNER, own_role
        other.save()
        own.save()
        mail_ownership(organisation=organisation, giver=actor, receiver=user)
        roles = {"member": user.pk, "role": [came_from, other.role], "own_role": [MembershipRole.OWNER, own_role]}
        event_record(action="organisation.ownership_transferred", obj=organisation, actor=actor, changes=roles)
    return other


def members_locked(organisation: Organisation) -> dict[int, Membership]:
    """Return the members by person, with the organisation locked, so that no other change of them is under way."""
    organisation_lock(pk=organisation.pk)
    return {member.user_id: member for member in Membership.objects.filter(organisation=organisation)}


def require_manager(actor: User, members: dict[int, Membership]) -> None:
    """Refuse whoever is neither an owner nor decides about organisations.

    Raises:
        NotAllowed: the actor is neither.
    """
    own = members.get(actor.pk)
    if (own is None or own.role != MembershipRole.OWNER) and not actor.has_perm(DECIDES):
        raise NotAllowed("Only an owner of the organisation may change its members.")


def _record(action: str, actor: User, organisation: Organisation, user: User, role: list[str | None]) -> None:
    event_record(action=action, obj=organisation, actor=actor, changes={"member": user.pk, "role": role})


def _keep_an_owner(members: dict[int, Membership], *, without: User) -> None:
    owners = {pk for pk, member in members.items() if member.role == MembershipRole.OWNER}
    if owners == {without.pk}:
        raise LastOwner
