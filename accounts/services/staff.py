"""Staff accounts: making, changing and giving rights, so that nobody gives what they do not hold.

Three rules stand behind every function here: a person gives only groups whose every permission they hold;
they change only accounts that hold no permission they lack; and never their own groups or activity. The last
active super admin cannot be put out of action, or nobody could repair anything.
"""

from collections.abc import Collection, Mapping
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection, transaction
from django.db.models import Q

from accounts.models import User
from accounts.roles import ROLE_NAMES, SUPER_ADMIN
from carboncore.audit.services import changes_since, event_record, state_of
from carboncore.common.errors import InvalidInput, NotAllowed, NotFound, StateConflict

STAFF_FIELDS = frozenset({"email", "full_name", "is_active", "is_staff"})
_SUPER_ADMINS_KEY = 7_301_002


def staff_create(
    *, actor: User, email: str, full_name: str = "", groups: Collection[Group] = (), password: str | None = None
) -> User:
    """Create an active staff account; without a password it cannot sign in until one is set.

    Raises:
        NotAllowed: `actor` may not add users, or does not hold all that a group gives.
        InvalidInput: the e-mail is none or is taken, or the password is too weak.
    """
    _require(actor, "accounts.add_user", "add staff accounts")
    _require_groups_givable(actor, groups)
    user = User(email=_checked_email(email), full_name=full_name.strip(), is_staff=True)
    if password is not None:
        _check_password(password, user)
    with transaction.atomic():
        if User.objects.filter(email=user.email).exists():
            raise InvalidInput({"email": ["An account with this e-mail already exists."]})
        user.set_password(password)
        _save(user)
        user.groups.set(groups)
        told = {**changes_since({}, user), "groups": [[], _names(groups)]}
        event_record(action="staff.created", obj=user, actor=actor, changes=told)
    return user


def staff_update(*, actor: User, pk: int, fields: Mapping[str, Any], groups: Collection[Group] | None = None) -> User:
    """Change the named `STAFF_FIELDS` of an account, and its groups unless `groups` is None.

    Raises:
        NotFound: there is no such account.
        NotAllowed: `actor` may not change users, or one of the module's rules forbids this change.
        StateConflict: it would leave no active super admin.
        InvalidInput: with every reason by field.
    """
    _require(actor, "accounts.change_user", "change staff accounts")
    unknown = sorted(set(fields) - STAFF_FIELDS)
    if unknown:
        raise InvalidInput({name: ["This cannot be set here."] for name in unknown})
    with transaction.atomic():
        _lock_super_admins()
        user = _locked(pk)
        _require_not_above(actor, user)
        _require_not_own_standing(actor, user, fields, groups)
        before, groups_before = state_of(user), _names(user.groups.all())
        if groups is not None:
            _require_groups_givable(actor, set(groups) ^ set(user.groups.all()))
        for name, value in fields.items():
            setattr(user, name, value.strip() if isinstance(value, str) else value)
        user.email = _checked_email(user.email)
        _save(user)
        told: dict[str, Any] = changes_since(before, user)
        if groups is not None:
            user.groups.set(groups)
            if groups_before != _names(groups):
                told["groups"] = [groups_before, _names(groups)]
        _require_a_super_admin()
        event_record(action="staff.changed", obj=user, actor=actor, changes=told)
    return user


def staff_password_set(*, actor: User, pk: int, password: str) -> User:
    """Give an account a password, which ends its sessions and tokens; one's own is always allowed.

    Raises:
        NotFound: there is no such account.
        NotAllowed: `actor` may not change users, or the account holds a permission they lack.
        InvalidInput: the password is too weak.
    """
    with transaction.atomic():
        user = _locked(pk)
        if actor.pk != user.pk:
            _require(actor, "accounts.change_user", "set passwords")
            _require_not_above(actor, user)
        _check_password(password, user)
        user.set_password(password)
        user.save(update_fields=["password"])
        event_record(action="staff.password_set", obj=user, actor=actor)
    return user


def group_save(*, actor: User, pk: int | None, name: str, permissions: Collection[Permission]) -> Group:
    """Create (`pk=None`) or change a group that is none of the built-in ones.

    Raises:
        NotFound: there is no such group.
        NotAllowed: `actor` may not, does not hold a permission given, or the group is built in.
        InvalidInput: the name is empty or taken.
    """
    _require(actor, "auth.add_group" if pk is None else "auth.change_group", "change groups")
    name = name.strip()
    with transaction.atomic():
        group = Group() if pk is None else Group.objects.select_for_update().filter(pk=pk).first()
        if group is None:
            raise NotFound("Group not found.")
        if group.name in ROLE_NAMES:
            raise NotAllowed("The built-in groups belong to the program. Make another group instead.")
        if not name or Group.objects.filter(name__iexact=name).exclude(pk=group.pk).exists():
            raise InvalidInput({"name": ["Give the group a name that no other group has."]})
        if missing := _codes(permissions) - _held(actor):
            raise NotAllowed(f"You cannot give a permission that you do not hold: {', '.join(sorted(missing)[:5])}.")
        held = set() if pk is None else _codes(group.permissions.select_related("content_type"))
        told = {
            "name": [group.name, name],
            "permissions_given": sorted(_codes(permissions) - held),
            "permissions_taken": sorted(held - _codes(permissions)),
        }
        group.name = name
        group.save()
        group.permissions.set(permissions)
        event_record(action="group.created" if pk is None else "group.changed", obj=group, actor=actor, changes=told)
    return group


def groups_givable_by(actor: User) -> list[Group]:
    """Return the groups whose every permission `actor` holds."""
    held = _held(actor)
    groups = Group.objects.prefetch_related("permissions__content_type").order_by("name")
    return [group for group in groups if _codes(group.permissions.all()) <= held]


def _require(actor: User, permission: str, deed: str) -> None:
    if not actor.has_perm(permission):
        raise NotAllowed(f"You may not {deed}. A super admin can, or can give you the right.")


def _require_groups_givable(actor: User, groups: Collection[Group]) -> None:
    held = _held(actor)
    with_permissions = Group.objects.filter(pk__in=[group.pk for group in groups]).prefetch_related(
        "permissions__content_type"
    )
    for group in with_permissions:
        if not _codes(group.permissions.all()) <= held:
            raise NotAllowed(f"You cannot give or take the group “{group.name}”: it holds permissions that you lack.")


def _require_not_above(actor: User, user: User) -> None:
    if actor.pk != user.pk and not _standing(user) <= _held(actor):
        raise NotAllowed(
            "This account holds permissions that you lack, so only somebody with all of them may change it."
        )


def _require_not_own_standing(
    actor: User, user: User, fields: Mapping[str, Any], groups: Collection[Group] | None
) -> None:
    if actor.pk != user.pk:
        return
    if groups is not None and set(groups) != set(user.groups.all()):
        raise NotAllowed("You cannot change your own groups; ask another super admin.")
    if not fields.get("is_active", True) or not fields.get("is_staff", True):
        raise NotAllowed("You cannot lock yourself out; ask another super admin.")


def _require_a_super_admin() -> None:
    super_admin = Q(is_superuser=True) | Q(groups__name=SUPER_ADMIN)
    if not User.objects.filter(super_admin, is_active=True, is_staff=True).exists():
        raise StateConflict("This is the last active super admin. Make another one first.")


def _lock_super_admins() -> None:
    """Let one such change at a time go on: two super admins deactivating each other would both see the other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_SUPER_ADMINS_KEY])


def _held(actor: User) -> set[str]:
    if actor.is_active and actor.is_superuser:
        return _codes(Permission.objects.select_related("content_type"))
    return set(actor.get_all_permissions())


def _standing(user: User) -> set[str]:
    """What the account gives whoever uses it, a deactivated one included: it could be given life again."""
    if user.is_superuser:
        return _codes(Permission.objects.select_related("content_type"))
    given = Permission.objects.filter(Q(group__user=user) | Q(user=user))
    return _codes(given.select_related("content_type"))


def _names(groups: Any) -> list[str]:
    return sorted(group.name for group in groups)


def _codes(permissions: Any) -> set[str]:
    return {f"{p.content_type.app_label}.{p.codename}" for p in permissions}


def _checked_email(email: str) -> str:
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise InvalidInput({"email": error.messages}) from None
    return email


def _check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidInput({"password": error.messages}) from None


def _save(user: User) -> None:
    try:
        user.full_clean(exclude=["password"])
    except ValidationError as error:
        raise InvalidInput(
            {field: [str(r) for r in reasons] for field, reasons in error.message_dict.items()}
        ) from None
    user.save()


def _locked(pk: int) -> User:
    user = User.objects.select_for_update().filter(pk=pk).first()
    if user is None:
        raise NotFound("Account not found.")
    return user
