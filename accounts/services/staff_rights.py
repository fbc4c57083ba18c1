"""Who may do what to whose staff account, in one place for all services of staff.

Four rules: a person gives only groups whose every permission they hold, and limits no wider than their own; they change
only accounts that hold no permission they lack and reach no further than they; never their own groups, limits or
activity; and the last active super admin stays, or nobody could repair anything.
"""

from collections.abc import Collection, Mapping
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.db.models import Q

from accounts.limits import Limits, limits_of
from accounts.models import User
from accounts.roles import SUPER_ADMIN
from carboncore.common.errors import NotAllowed, NotFound, StateConflict

_SUPER_ADMINS_KEY = 7_301_002


def require_groups_givable(actor: User, groups: Collection[Group]) -> None:
    """Refuse groups that give more than `actor` holds.

    Raises:
        NotAllowed: naming the first of them.
    """
    held = permissions_held(actor)
    with_permissions = Group.objects.filter(pk__in=[group.pk for group in groups]).prefetch_related(
        "permissions__content_type"
    )
    for group in with_permissions:
        if not permission_codes(group.permissions.all()) <= held:
            raise NotAllowed(f"You cannot give or take the group “{group.name}”: it holds permissions that you lack.")


def require_limits_givable(actor: User, limits: Limits) -> None:
    """Refuse limits that reach further than `actor`'s own.

    Raises:
        NotAllowed: they do.
    """
    if not limits.within(limits_of(actor)):
        raise NotAllowed("You cannot give somebody countries or standards that are not within your own limits.")


def require_not_above(actor: User, user: User) -> None:
    """Refuse to touch an account that may do more than `actor`, an own one excepted.

    Raises:
        NotAllowed: it may.
    """
    if actor.pk == user.pk:
        return
    if not permissions_standing(user) <= permissions_held(actor):
        raise NotAllowed(
            "This account holds permissions that you lack, so only somebody with all of them may change it."
        )
    if not limits_of(user).within(limits_of(actor)):
        raise NotAllowed("This account reaches further than your own limits, so somebody else has to change it.")


def require_not_own_standing(
    actor: User, user: User, fields: Mapping[str, Any], groups: Collection[Group] | None
) -> None:
    """Refuse to change one's own groups or activity.

    Raises:
        NotAllowed: that is what is asked.
    """
    if actor.pk != user.pk:
        return
    if groups is not None and set(groups) != set(user.groups.all()):
        raise NotAllowed("You cannot change your own groups; ask another super admin.")
    if not fields.get("is_active", True) or not fields.get("is_staff", True):
        raise NotAllowed("You cannot lock yourself out; ask another super admin.")


def require_a_super_admin() -> None:
    """Refuse what has left no active super admin.

    Raises:
        StateConflict: there is none any more.
    """
    super_admin = Q(is_superuser=True) | Q(groups__name=SUPER_ADMIN)
    if not User.objects.filter(super_admin, is_active=True, is_staff=True).exists():
        raise StateConflict("This is the last active super admin. Make another one first.")


def lock_super_admins() -> None:
    """Let one such change at a time go on: two super admins deactivating each other would both see the other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_SUPER_ADMINS_KEY])


def require_still_working(actor: User) -> None:
    """Refuse an actor who was deactivated while they waited for the lock.

    Raises:
        NotAllowed: they were.
    """
    if actor.pk is not None and not User.objects.filter(pk=actor.pk, is_active=True).exists():
        raise NotAllowed("Your account was deactivated a moment ago.")


def permissions_held(actor: User) -> set[str]:
    """Return the permissions that `actor` may use now, as `app.codename`."""
    if actor.is_active and actor.is_superuser:
        return permission_codes(Permission.objects.select_related("content_type"))
    return set(actor.get_all_permissions())


def permissions_standing(user: User) -> set[str]:
    """Return what the account gives whoever uses it, a deactivated one included: it could be given life again."""
    if user.is_superuser:
        return permission_codes(Permission.objects.select_related("content_type"))
    given = Permission.objects.filter(Q(group__user=user) | Q(user=user))
    return permission_codes(given.select_related("content_type"))


def permission_codes(permissions: Any) -> set[str]:
    """Return permissions as `app.codename`."""
    return {f"{p.content_type.app_label}.{p.codename}" for p in permissions}


def staff_locked(pk: int) -> User:
    """Return the account with its row locked.

    Raises:
        NotFound: there is none.
    """
    user = User.objects.select_for_update().filter(pk=pk).first()
    if user is None:
        raise NotFound("Account not found.")
    return user
