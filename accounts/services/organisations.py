"""Organisations: entered by anybody who is signed in, decided about by staff who are another person."""

from django.db import IntegrityError, transaction
from django.utils import timezone
from psycopg import errors as postgres

from accounts.choices import MembershipRole, OrganisationState
from accounts.errors import OrganisationNotFound, OrganisationStateWrong, OrganisationTaken, OwnOrganisation
from accounts.models import Membership, Organisation, User
from accounts.querysets import DECIDES
from accounts.rights import require_permission
from carboncore.audit.services import changes_since, event_record, state_of
from carboncore.common.countries import country_code_of
from carboncore.common.errors import InvalidInput

MAX_NOTE = 1_000
# What the audit trail calls each decision.
_EVENTS = {
    (OrganisationState.PENDING, OrganisationState.APPROVED): "organisation.approved",
    (OrganisationState.PENDING, OrganisationState.REJECTED): "organisation.rejected",
    (OrganisationState.APPROVED, OrganisationState.SUSPENDED): "organisation.suspended",
    (OrganisationState.SUSPENDED, OrganisationState.APPROVED): "organisation.reinstated",
}


def organisation_create(*, actor: User, name: str, country: str, registration_number: str = "") -> Organisation:
    """Enter an organisation, which waits for approval; the actor becomes its first owner.

    `country` is an ISO 3166-1 code or a country's name.

    Raises:
        InvalidInput: the name or number is empty, too long or not text, or the country is none.
        OrganisationTaken: the country's registration number belongs to another organisation here, or the actor
            entered the very same before and it waits still.
    """
    name, registration_number = name.strip(), registration_number.strip()
    code = country_code_of(country)
    errors: dict[str, list[str]] = {}
    if not name or len(name) > 255 or not name.isprintable():
        errors["name"] = ["Give the organisation's full name, of at most 255 printable characters."]
    if code is None:
        errors["country"] = ["Give a country by its ISO 3166-1 code or its name."]
    if len(registration_number) > 100 or not registration_number.isprintable():
        errors["registration_number"] = ["Use at most 100 printable characters."]
    if errors or code is None:
        raise InvalidInput(errors)
    given = {"name": name, "country_code": code, "registration_number": registration_number, "created_by": actor}
    with transaction.atomic():
        _lock_actor(actor)
        if Organisation.objects.filter(**given, state=OrganisationState.PENDING).exists():
            raise OrganisationTaken(own=True)
        try:
            with transaction.atomic():
                organisation: Organisation = Organisation.objects.create(**given)
        except IntegrityError as error:
            if not isinstance(error.__cause__, postgres.UniqueViolation):
                raise
            raise OrganisationTaken from None
        Membership.objects.create(organisation=organisation, user=actor, role=MembershipRole.OWNER)
        event_record(
            action="organisation.created", obj=organisation, actor=actor, changes=changes_since({}, organisation)
        )
    return organisation


def organisation_approve(*, actor: User, pk: int, note: str = "") -> Organisation:
    """Approve a pending organisation, so that it may hold and move credits.

    Raises:
        OrganisationNotFound: there is none.
        NotAllowed: the actor may not decide about organisations.
        OwnOrganisation: the actor entered it.
        OrganisationStateWrong: it was decided before.
        InvalidInput: the note is too long.
    """
    return _decide(actor, pk, OrganisationState.PENDING, OrganisationState.APPROVED, note)


def organisation_reject(*, actor: User, pk: int, note: str) -> Organisation:
    """Refuse a pending organisation, saying why.

    Raises:
        OrganisationNotFound, NotAllowed, OwnOrganisation, OrganisationStateWrong: as for an approval.
        InvalidInput: no reason was given, or one that is too long.
    """
    return _decide(actor, pk, OrganisationState.PENDING, OrganisationState.REJECTED, note, reason_needed=True)


def organisation_suspend(*, actor: User, pk: int, note: str) -> Organisation:
    """Stop an approved organisation's members from moving what it holds; they may still look.

    Raises:
        OrganisationNotFound, NotAllowed, OwnOrganisation, OrganisationStateWrong: as for an approval.
        InvalidInput: no reason was given, or one that is too long.
    """
    return _decide(actor, pk, OrganisationState.APPROVED, OrganisationState.SUSPENDED, note, reason_needed=True)


def organisation_reinstate(*, actor: User, pk: int, note: str = "") -> Organisation:
    """Let a suspended organisation act again.

    Raises:
        OrganisationNotFound, NotAllowed, OwnOrganisation, OrganisationStateWrong, InvalidInput: as for an approval.
    """
    return _decide(actor, pk, OrganisationState.SUSPENDED, OrganisationState.APPROVED, note)


def organisation_lock(*, pk: int) -> Organisation:
    """Return the organisation with its row locked, so that one change of it or of its members happens at a time.

    Raises:
        OrganisationNotFound: there is none.
    """
    found: Organisation | None = Organisation.objects.select_for_update(of=("self",), no_key=True).filter(pk=pk).first()
    if found is None:
        raise OrganisationNotFound
    return found


def _lock_actor(actor: User) -> None:
    """Have whoever enters organisations do so one at a time: a form that is sent twice finds what the first entered."""
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)


def _decide(
    actor: User,
    pk: int,
    came_from: OrganisationState,
    to: OrganisationState,
    note: str,
    *,
    reason_needed: bool = False,
) -> Organisation:
    require_permission(actor, DECIDES, "decide about organisations")
    note = note.strip()
    if (reason_needed and not note) or not _is_text(note):
        raise InvalidInput({"note": [f"Say why, in up to {MAX_NOTE:,} characters."]})
    with transaction.atomic():
        organisation = organisation_lock(pk=pk)
        if organisation.created_by_id == actor.pk:
            raise OwnOrganisation
        if organisation.state != came_from:
            raise OrganisationStateWrong(
                f"This organisation is {organisation.get_state_display().lower()}; only one that is"
                f" {came_from.label.lower()} can become {to.label.lower()}."
            )
        before = state_of(organisation)
        organisation.state, organisation.decision_note = to, note
        organisation.decided_by, organisation.decided_at = actor, timezone.now()
        organisation.save()
        event_record(
            action=_EVENTS[came_from, to],
            obj=organisation,
            actor=actor,
            changes=changes_since(before, organisation),
            note=note,
        )
    return organisation


def _is_text(note: str) -> bool:
    """Return whether PostgreSQL can store it: not too long, no null character and no half character."""
    return len(note) <= MAX_NOTE and all(character.isprintable() or character in "\n\r\t" for character in note)
