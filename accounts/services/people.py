"""What people change about themselves, and the roles that staff grant them."""

from collections.abc import Collection, Mapping
from typing import Any

from django.db import transaction

from accounts.choices import GRANTED_ROLES, Role
from accounts.errors import PersonNotFound, UsernameTaken
from accounts.identifiers import username_fault
from accounts.mails import mail_roles_changed
from accounts.models import User
from accounts.rights import require_permission
from accounts.services.registration import username_is_taken, username_lock
from carboncore.audit.services import changes_since, event_record, state_of
from carboncore.common.errors import InvalidInput, NotAllowed

PERSON_FIELDS = frozenset({"username", "full_name"})
GRANTS_ROLES = "accounts.change_user"


def person_update(*, user: User, fields: Mapping[str, Any]) -> User:
    """Change the named `PERSON_FIELDS` of one's own account.

    Raises:
        InvalidInput: with every reason by field.
        UsernameTaken: somebody else has it.
    """
    values = _checked(fields)
    with transaction.atomic():
        if "username" in values:
            username_lock(values["username"])
        person = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        before = state_of(person)
        if "username" in values and username_is_taken(values["username"], email=person.email, user=person):
            raise UsernameTaken
        for name, value in values.items():
            setattr(person, name, value)
        person.save(update_fields=[*values])
        if changes := changes_since(before, person):
            event_record(action="user.changed", obj=person, actor=user, changes=changes)
    return person


def person_roles_set(*, actor: User, pk: int, roles: Collection[str]) -> User:
    """Give a person exactly these roles besides buyer, and tell them.

    Raises:
        NotAllowed: `actor` may not change users, or it is their own account.
        PersonNotFound: there is no such account, or it was erased.
        InvalidInput: on `roles`: one of them is none that is granted.
    """
    require_permission(actor, GRANTS_ROLES, "grant roles")
    if actor.pk == pk:
        raise NotAllowed("You cannot grant yourself a role; ask another super admin.")
    if unknown := set(roles) - set(GRANTED_ROLES):
        raise InvalidInput({"roles": [f"These are no roles that are granted: {', '.join(sorted(unknown))}."]})
    with transaction.atomic():
        person = User.objects.select_for_update(no_key=True).filter(pk=pk, erased_at__isnull=True).first()
        if person is None:
            raise PersonNotFound
        wanted = [Role.BUYER.value, *(role.value for role in GRANTED_ROLES if role in roles)]
        given = [role for role in wanted if role not in person.roles]
        taken = [role for role in person.roles if role not in wanted]
        person.roles = wanted
        person.save(update_fields=["roles"])
        for action, changed in (("user.role_given", given), ("user.role_taken", taken)):
            if changed:
                event_record(action=action, obj=person, actor=actor, note=", ".join(changed))
        if given or taken:
            mail_roles_changed(user=person, given=_labels(given), taken=_labels(taken))
    return person


def _checked(fields: Mapping[str, Any]) -> dict[str, str]:
    errors = {name: ["This cannot be set here."] for name in sorted(set(fields) - PERSON_FIELDS)}
    values = {name: str(value).strip() for name, value in fields.items()}
    if "username" in values and (fault := username_fault(values["username"])):
        errors["username"] = [fault]
    name = values.get("full_name", "")
    if len(name) > 150 or (name and not name.isprintable()):
        errors["full_name"] = ["Use at most 150 printable characters."]
    if errors:
        raise InvalidInput(errors)
    return values


def _labels(roles: list[str]) -> list[str]:
    return [str(Role(role).label) for role in roles]
