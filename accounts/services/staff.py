"""Staff accounts: making, changing and giving rights; the rules about whose are in `staff_rights`."""

from collections.abc import Collection, Mapping
from typing import Any

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from accounts.choices import KeyEnd, LinkPurpose, SessionEnd
from accounts.limits import NO_LIMITS, Limits, known_countries, known_standards, limits_of
from accounts.models import StaffScope, User
from accounts.password_rules import MAX_PASSWORD_LENGTH, is_storable
from accounts.rights import require_permission
from accounts.roles import SUPER_ADMIN
from accounts.services.api_keys import api_keys_end
from accounts.services.links import links_cancel
from accounts.services.sessions import sessions_end
from accounts.services.staff_rights import (
    lock_super_admins,
    require_a_super_admin,
    require_groups_givable,
    require_limits_givable,
    require_not_above,
    require_not_own_standing,
    require_still_working,
    staff_locked,
)
from carboncore.audit.services import changes_since, event_record, state_of
from carboncore.common.errors import InvalidInput, NotAllowed
from carboncore.common.fresh import require_fresh

STAFF_FIELDS = frozenset({"email", "full_name", "is_active", "is_staff"})


def staff_create(
    *,
    actor: User,
    email: str,
    full_name: str = "",
    groups: Collection[Group] = (),
    password: str | None = None,
    limits: Limits = NO_LIMITS,
) -> User:
    """Create an active staff account; without a password it cannot sign in until one is set.

    Raises:
        NotAllowed: `actor` may not add users, or does not hold all that a group gives.
        ReauthenticationRequired: `actor` showed who they are too long ago.
        InvalidInput: the e-mail is none or is taken, or the password is too weak.
    """
    require_permission(actor, "accounts.add_user", "add staff accounts")
    require_groups_givable(actor, groups)
    require_limits_givable(actor, limits)
    require_fresh()
    _check_limits(limits)
    user = User(email=_checked_email(email), full_name=full_name.strip(), is_staff=True)
    if password is None:
        user.second_factor_grace_from = None  # whoever comes by a link sets a factor up right away
    else:
        check_staff_password(password, user)
    with transaction.atomic():
        if User.objects.filter(email=user.email).exists():
            raise InvalidInput({"email": ["An account with this e-mail already exists."]})
        user.set_password(password)
        _save(user)
        user.groups.set(groups)
        told = {**changes_since({}, user), "groups": [[], _names(groups)]}
        event_record(action="staff.created", obj=user, actor=actor, changes=told)
        if limits:
            _write_limits(actor, user, limits)
    return user


def staff_update(*, actor: User, pk: int, fields: Mapping[str, Any], groups: Collection[Group] | None = None) -> User:
    """Change the named `STAFF_FIELDS` of an account, and its groups unless `groups` is None.

    Raises:
        NotFound: there is no such account.
        NotAllowed: `actor` may not change users, or a rule of `staff_rights` forbids this change.
        ReauthenticationRequired: rights or activity are to change, and `actor` showed who they are too long ago.
        StateConflict: it would leave no active super admin.
        InvalidInput: with every reason by field.
    """
    require_permission(actor, "accounts.change_user", "change staff accounts")
    unknown = sorted(set(fields) - STAFF_FIELDS)
    if unknown:
        raise InvalidInput({name: ["This cannot be set here."] for name in unknown})
    if groups is not None or {"is_active", "is_staff", "email"} & set(fields):
        require_fresh()
    with transaction.atomic():
        lock_super_admins()
        require_still_working(actor)
        user = staff_locked(pk)
        require_not_above(actor, user)
        require_not_own_standing(actor, user, fields, groups)
        before, groups_before = state_of(user), set(user.groups.all())
        if groups is not None:
            require_groups_givable(actor, set(groups) ^ groups_before)
        for name, value in fields.items():
            setattr(user, name, value.strip() if isinstance(value, str) else value)
        user.email = _checked_email(user.email)
        if user.is_staff and not before["is_staff"]:
            user.second_factor_grace_from = timezone.now()
        _save(user)
        told: dict[str, Any] = changes_since(before, user)
        if groups is not None and groups_before != set(groups):
            user.groups.set(groups)
            told["groups"] = [_names(groups_before), _names(groups)]
        require_a_super_admin()
        event_record(action=_action(before, user), obj=user, actor=actor, changes=told)
        _end_what_is_over(before, user)
    return user


def staff_limits_set(*, actor: User, pk: int, limits: Limits) -> User:
    """Limit an account to some countries and standards; empty limits take them away.

    Raises:
        NotFound: there is no such account.
        NotAllowed: `actor` may not change users, it is their own account, or the limits are wider than theirs.
        ReauthenticationRequired: `actor` showed who they are too long ago.
        InvalidInput: on `countries` or `standards`: a code that there is not.
    """
    require_permission(actor, "accounts.change_user", "set limits")
    require_fresh()
    _check_limits(limits)
    with transaction.atomic():
        user = staff_locked(pk)
        if actor.pk == user.pk:
            raise NotAllowed("You cannot change your own limits; ask somebody else.")
        require_not_above(actor, user)
        require_limits_givable(actor, limits)
        if limits and (user.is_superuser or user.groups.filter(name=SUPER_ADMIN).exists()):
            raise InvalidInput({"countries": ["A super admin has no limits. Give another role first."]})
        _write_limits(actor, user, limits)
    return user


def staff_password_set(*, actor: User, pk: int, password: str) -> User:
    """Give an account a password, which ends its sessions and tokens; one's own is always allowed.

    Raises:
        NotFound: there is no such account.
        NotAllowed: `actor` may not change users, or the account holds a permission they lack.
        InvalidInput: the password is too weak.
    """
    with transaction.atomic():
        user = staff_locked(pk)
        if actor.pk != user.pk:
            require_permission(actor, "accounts.change_user", "set passwords")
            require_not_above(actor, user)
            require_fresh()
        check_staff_password(password, user)
        user.set_password(password)
        user.save(update_fields=["password"])
        sessions_end(user=user, reason=SessionEnd.PASSWORD)
        event_record(action="staff.password_set", obj=user, actor=actor)
    return user


def check_staff_password(password: str, user: User) -> None:
    """Check a new password of a staff account.

    Raises:
        InvalidInput: on `password`: it is too weak or too long.
    """
    if len(password) > MAX_PASSWORD_LENGTH or not is_storable(password):
        raise InvalidInput({"password": [f"Use up to {MAX_PASSWORD_LENGTH:,} characters that can be typed."]})
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidInput({"password": error.messages}) from None


def _action(before: Mapping[str, Any], user: User) -> str:
    if before["is_active"] == user.is_active:
        return "staff.changed"
    return "staff.reactivated" if user.is_active else "staff.deactivated"


def _end_what_is_over(before: Mapping[str, Any], user: User) -> None:
    works = user.is_active and user.is_staff
    if not works or not before["is_staff"]:  # what somebody opened as a person is not for staff, either
        sessions_end(user=user, reason=SessionEnd.REVOKED if works else SessionEnd.DEACTIVATED)
        api_keys_end(user=user, reason=KeyEnd.DEACTIVATED if not user.is_active else KeyEnd.STAFF)
        links_cancel(user=user, purposes=list(LinkPurpose))


def _check_limits(limits: Limits) -> None:
    errors = {}
    if unknown := limits.countries - {code for code, _ in known_countries()}:
        errors["countries"] = [
            f"There is no country {code[:10]}. Use ISO codes such as BR." for code in sorted(unknown)
        ]
    if unknown := limits.standards - set(known_standards()):
        errors["standards"] = [f"There is no standard {code[:20]}." for code in sorted(unknown)]
    if errors:
        raise InvalidInput(errors)


def _write_limits(actor: User, user: User, limits: Limits) -> None:
    before = limits_of(User.objects.get(pk=user.pk)).told()
    if limits:
        StaffScope.objects.update_or_create(user=user, defaults=limits.told())
    else:
        StaffScope.objects.filter(user=user).delete()
    told = {name: [before[name], codes] for name, codes in limits.told().items() if before[name] != codes}
    event_record(action="staff.limits_set", obj=user, actor=actor, changes=told)


def _names(groups: Any) -> list[str]:
    return sorted(group.name for group in groups)


def _checked_email(email: str) -> str:
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise InvalidInput({"email": error.messages}) from None
    return email


def _save(user: User) -> None:
    try:
        user.full_clean(exclude=["password"])
    except ValidationError as error:
        raise InvalidInput(
            {field: [str(r) for r in reasons] for field, reasons in error.message_dict.items()}
        ) from None
    user.save()
