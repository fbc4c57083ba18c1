"""Administrators as the contract's clients know them: a role, switches for what they may do, and limits."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction

from accounts.limits import Limits, limits_of
from accounts.models import User
from accounts.roles import CLIENT_PERMISSIONS, PERMISSION_SETS, ROLE_NAMES, USERS_PERMISSION
from accounts.services.invitations import staff_invite
from accounts.services.staff import staff_limits_set, staff_update
from accounts.services.staff_rights import permission_codes
from carboncore.common.errors import InvalidInput

_FLAGS = CLIENT_PERMISSIONS | {"users": USERS_PERMISSION}


def administrator_invite(
    *, actor: User, email: str, full_name: str, role: str, permissions: Mapping[str, bool], limits: Limits
) -> User:
    """Invite somebody with a role (a built-in group's name without blanks, or empty) and switches (flag: on or off).

    Raises:
        NotAllowed, ReauthenticationRequired, InvalidInput: as for `staff_invite`, and on `role` or `permissions`.
    """
    groups = _groups(set(), role, permissions)
    return staff_invite(actor=actor, email=email, full_name=full_name, groups=groups, limits=limits)


def administrator_change(*, actor: User, pk: int, changes: Mapping[str, Any]) -> User:
    """Change what is named: `full_name`, `is_active`, `role`, `permissions`, `countries`, `standards`.

    A role replaces the one before; a switch that is not named stays as it is.

    Raises:
        NotFound, NotAllowed, ReauthenticationRequired, StateConflict, InvalidInput: as for `staff_update` and
            `staff_limits_set`, and on `role` or `permissions`.
    """
    with transaction.atomic():
        fields = {name: changes[name] for name in ("full_name", "is_active") if name in changes}
        groups = None
        if "role" in changes or "permissions" in changes:
            held = set(Group.objects.filter(user=pk))
            groups = _groups(held, changes.get("role"), changes.get("permissions") or {})
        user = staff_update(actor=actor, pk=pk, fields=fields, groups=groups)
        if "countries" in changes or "standards" in changes:
            before = limits_of(user)
            limits = Limits(
                frozenset(changes.get("countries", before.countries)),
                frozenset(changes.get("standards", before.standards)),
            )
            if limits != before:
                user = staff_limits_set(actor=actor, pk=pk, limits=limits)
    return User.objects.get(pk=user.pk)


def administrator_deactivate(*, actor: User, pk: int) -> User:
    """Put an account out of action; its sessions and tokens end at once.

    Raises:
        NotFound, NotAllowed, ReauthenticationRequired, StateConflict: as for `staff_update`.
    """
    return staff_update(actor=actor, pk=pk, fields={"is_active": False})


def _groups(held: set[Group], role: str | None, permissions: Mapping[str, bool]) -> set[Group]:
    """Return the groups that give this role and these switches; groups of the registry's own making stay."""
    named = {group.name: group for group in Group.objects.prefetch_related("permissions__content_type")}
    chosen = {group.name for group in held}
    if role is not None:
        chosen = (chosen - set(ROLE_NAMES)) | _role_group(role)
    for flag, on in permissions.items():
        chosen.discard(PERMISSION_SETS[flag])
        others = {_FLAGS[flag]} & {code for name in chosen for code in permission_codes(named[name].permissions.all())}
        if others and not on:
            raise InvalidInput({"permissions": [f"“{flag}” comes with a role or another group; take that away."]})
        if on and not others:
            chosen.add(PERMISSION_SETS[flag])
    return {named[name] for name in chosen}


def _role_group(role: str) -> set[str]:
    if not role:
        return set()
    names = {name.replace(" ", ""): name for name in ROLE_NAMES}
    if role not in names:
        raise InvalidInput({"role": [f"There is no role {role[:30]}. There are: {', '.join(names)}."]})
    return {names[role]}
