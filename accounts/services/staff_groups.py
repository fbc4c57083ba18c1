"""Groups of staff: making and changing those that are not built in, and which somebody may give."""

from collections.abc import Collection

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from accounts.models import User
from accounts.rights import require_permission
from accounts.roles import BUILT_IN_NAMES
from accounts.services.staff_rights import permission_codes, permissions_held
from carboncore.audit.services import event_record
from carboncore.common.errors import InvalidInput, NotAllowed, NotFound
from carboncore.common.fresh import require_fresh


def group_save(*, actor: User, pk: int | None, name: str, permissions: Collection[Permission]) -> Group:
    """Create (`pk=None`) or change a group that is none of the built-in ones.

    Raises:
        NotFound: there is no such group.
        NotAllowed: `actor` may not, does not hold a permission given, or the group is built in.
        ReauthenticationRequired: `actor` showed who they are too long ago.
        InvalidInput: the name is empty or taken.
    """
    require_permission(actor, "auth.add_group" if pk is None else "auth.change_group", "change groups")
    require_fresh()
    name = name.strip()
    with transaction.atomic():
        group = Group() if pk is None else Group.objects.select_for_update().filter(pk=pk).first()
        if group is None:
            raise NotFound("Group not found.")
        if group.name in BUILT_IN_NAMES:
            raise NotAllowed("The built-in groups belong to the program. Make another group instead.")
        if not name or Group.objects.filter(name__iexact=name).exclude(pk=group.pk).exists():
            raise InvalidInput({"name": ["Give the group a name that no other group has."]})
        if missing := permission_codes(permissions) - permissions_held(actor):
            raise NotAllowed(f"You cannot give a permission that you do not hold: {', '.join(sorted(missing)[:5])}.")
        held = set() if pk is None else permission_codes(group.permissions.select_related("content_type"))
        told = {
            "name": [group.name, name],
            "permissions_given": sorted(permission_codes(permissions) - held),
            "permissions_taken": sorted(held - permission_codes(permissions)),
        }
        group.name = name
        group.save()
        group.permissions.set(permissions)
        event_record(action="group.created" if pk is None else "group.changed", obj=group, actor=actor, changes=told)
    return group


def groups_givable_by(actor: User) -> list[Group]:
    """Return the groups whose every permission `actor` holds."""
    held = permissions_held(actor)
    groups = Group.objects.prefetch_related("permissions__content_type").order_by("name")
    return [group for group in groups if permission_codes(group.permissions.all()) <= held]
