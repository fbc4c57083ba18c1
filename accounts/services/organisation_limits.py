"""How much members may transfer out of an organisation alone, all of them together, within 24 hours.

An owner makes the limit stricter at once. To raise it or take it away needs a second owner where there is one, else one
owner could lift the limit, transfer, and put it back.
"""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.choices import MOVING_ROLES, ConsentState, MembershipRole
from accounts.errors import ConsentOver, SecondMemberMissing, SecondMemberNeeded
from accounts.models import LimitRequest, Membership, Organisation, User
from accounts.organisation_mails import mail_limit_asked, mail_limit_decided
from accounts.services.memberships import members_locked
from accounts.services.organisations import organisation_lock
from carboncore.audit.services import event_record
from carboncore.common.errors import InvalidInput, NotAllowed, NotFound
from carboncore.common.quantities import MAX_QUANTITY_KG

ANSWERED_WITHIN = timedelta(days=7)


def organisation_limit_set(
    *, actor: User, organisation: Organisation, limit_kg: int | None
) -> tuple[Organisation, LimitRequest | None]:
    """Set the quantity (kg) that members may transfer alone within 24 hours; None is any quantity.

    Returns the organisation and, where another owner has to agree first, what waits for them.

    Raises:
        InvalidInput: the limit is not positive, or absurdly large.
        NotAllowed: the actor is no owner of the organisation.
        SecondMemberMissing: nobody else owns or trades, so that nothing above a limit could ever be approved.
        OrganisationNotFound: the organisation is gone.
    """
    if limit_kg is not None and not 0 < limit_kg <= MAX_QUANTITY_KG:
        raise InvalidInput({"limit": ["Give tonnes, more than 0, or null for no limit."]})
    with transaction.atomic():
        members = members_locked(organisation)
        _require_owner(actor, members)
        locked = organisation_lock(pk=organisation.pk)
        _cancel_waiting(locked, actor)
        if not _is_looser(limit_kg, than=locked.transfer_limit_kg):
            if limit_kg is not None and sum(member.role in MOVING_ROLES for member in members.values()) < 2:
                raise SecondMemberMissing(
                    "Nobody else could approve what is above the limit. Invite a second owner or trader first."
                )
            _set(locked, limit_kg, actor)
            return locked, None
        if not _has_other_owner(actor, locked):
            _set(locked, limit_kg, actor)
            return locked, None
        request = LimitRequest.objects.create(
            organisation=locked, limit_kg=limit_kg, asked_by=actor, expires_at=timezone.now() + ANSWERED_WITHIN
        )
        mail_limit_asked(request=request)
        told = {"limit_kg": [locked.transfer_limit_kg, limit_kg]}
        event_record(action="organisation.limit_asked", obj=locked, actor=actor, changes=told)
    return locked, request


def organisation_limit_approve(*, actor: User, organisation: Organisation) -> Organisation:
    """Agree to the higher limit that another owner asked for; it holds at once.

    Raises:
        NotAllowed: the actor is no owner of the organisation.
        NotFound: nothing waits.
        SecondMemberNeeded: the actor asked for it.
        ConsentOver: its time is over, or whoever asked is no owner any more.
        OrganisationNotFound: the organisation is gone.
    """
    with transaction.atomic():
        members = members_locked(organisation)
        _require_owner(actor, members)
        locked = organisation_lock(pk=organisation.pk)
        request = _waiting(locked)
        if request.asked_by_id == actor.pk:
            raise SecondMemberNeeded
        asker = members.get(request.asked_by_id)
        if request.expires_at <= timezone.now() or asker is None or asker.role != MembershipRole.OWNER:
            raise ConsentOver("This was asked too long ago, or by somebody who is no owner any more. Ask anew.")
        _decide(request, ConsentState.APPROVED, actor)
        _set(locked, request.limit_kg, actor)
        mail_limit_decided(request=request, decided_by=actor)
    return locked


def organisation_limit_reject(*, actor: User, organisation: Organisation) -> Organisation:
    """Refuse the higher limit that waits; whoever asked for it takes it back so.

    Raises:
        NotAllowed, NotFound, OrganisationNotFound: as for agreeing.
    """
    with transaction.atomic():
        members = members_locked(organisation)
        _require_owner(actor, members)
        locked = organisation_lock(pk=organisation.pk)
        request = _waiting(locked)
        own = request.asked_by_id == actor.pk
        _decide(request, ConsentState.WITHDRAWN if own else ConsentState.REJECTED, actor)
        if not own:
            mail_limit_decided(request=request, decided_by=actor)
        told = {"limit_kg": request.limit_kg, "state": request.state}
        event_record(action="organisation.limit_refused", obj=locked, actor=actor, changes=told)
    return locked


def _is_looser(limit_kg: int | None, *, than: int | None) -> bool:
    return than is not None and (limit_kg is None or limit_kg > than)


def _has_other_owner(actor: User, organisation: Organisation) -> bool:
    owners = Membership.objects.filter(organisation=organisation, role=MembershipRole.OWNER, user__is_active=True)
    return owners.exclude(user=actor).exists()


def _require_owner(actor: User, members: dict[int, Membership]) -> None:
    own = members.get(actor.pk)
    if own is None or own.role != MembershipRole.OWNER:
        raise NotAllowed("Only an owner of the organisation sets its limit.")


def _waiting(organisation: Organisation) -> LimitRequest:
    waiting = LimitRequest.objects.filter(organisation=organisation, state=ConsentState.PENDING)
    request = waiting.select_related("asked_by", "organisation").first()
    if request is None:
        raise NotFound("No change of the limit waits for a second owner.")
    return request


def _cancel_waiting(organisation: Organisation, actor: User) -> None:
    waiting = LimitRequest.objects.filter(organisation=organisation, state=ConsentState.PENDING)
    waiting.update(state=ConsentState.WITHDRAWN, decided_by=actor, decided_at=timezone.now())


def _decide(request: LimitRequest, state: ConsentState, actor: User) -> None:
    request.state, request.decided_by, request.decided_at = state, actor, timezone.now()
    request.save()


def _set(organisation: Organisation, limit_kg: int | None, actor: User) -> None:
    before, organisation.transfer_limit_kg = organisation.transfer_limit_kg, limit_kg
    organisation.save(update_fields=["transfer_limit_kg"])
    told = {"transfer_limit_kg": [before, limit_kg]}
    event_record(action="organisation.limit_set", obj=organisation, actor=actor, changes=told)
