"""What the addresses of administrators take and answer."""

from collections.abc import Iterable, Mapping
from typing import Any

from rest_framework import serializers

from accounts.api.serializers import PermissionFlagsSerializer
from accounts.limits import MOST, limits_of
from accounts.models import User
from accounts.roles import CLIENT_PERMISSIONS, PERMISSION_SETS, client_permissions, flags_by_group, role_of
from carboncore.common.api.serializers import StrictSerializer, TextField

_ROLE_HELP = (
    "SuperAdmin, RegistryOfficer, Reviewer, TransactionsOfficer, Auditor, Viewer, or empty for none. It brings rights"
    " of its own, to which the switches in `permissions` add."
)


class SwitchesSerializer(StrictSerializer):
    """What somebody may do, switched on or off; what is not named stays as it is."""

    projects = serializers.BooleanField(required=False)
    standards = serializers.BooleanField(required=False)
    transactions = serializers.BooleanField(required=False)
    types = serializers.BooleanField(required=False)
    delete = serializers.BooleanField(required=False)
    users = serializers.BooleanField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Keep only what was sent: an absent switch is no switch that is off."""
        sent = self.initial_data if isinstance(getattr(self, "initial_data", None), dict) else attrs
        return {name: attrs[name] for name in PERMISSION_SETS if name in attrs and name in sent}


class ChangeAdministratorSerializer(StrictSerializer):
    """What changes; what is not named stays as it is."""

    full_name = TextField(max_length=150, required=False, allow_blank=True)
    role = TextField(max_length=30, required=False, allow_blank=True, help_text=_ROLE_HELP)
    permissions = SwitchesSerializer(required=False)
    countries = serializers.ListField(
        child=TextField(max_length=2), required=False, max_length=MOST, help_text="ISO codes; empty is no limit."
    )
    standards = serializers.ListField(
        child=TextField(max_length=40), required=False, max_length=MOST, help_text="Codes; empty is no limit."
    )
    is_active = serializers.BooleanField(required=False)


class InviteAdministratorSerializer(ChangeAdministratorSerializer):
    """A new administrator."""

    email = TextField(max_length=254)
    is_active = None  # type: ignore[assignment]


class ResetFactorsSerializer(StrictSerializer):
    """Why."""

    reason = TextField(max_length=1_000)


class AdministratorSerializer(serializers.Serializer):
    """A staff account. `permissions` is what it may do now, by whichever way it has the right."""

    id = serializers.UUIDField()
    email = serializers.EmailField()
    full_name = serializers.CharField()
    role = serializers.CharField(help_text=_ROLE_HELP)
    permissions = PermissionFlagsSerializer()
    countries = serializers.ListField(child=serializers.CharField())
    standards = serializers.ListField(child=serializers.CharField())
    is_active = serializers.BooleanField()
    has_second_factor = serializers.BooleanField()
    is_invited = serializers.BooleanField(help_text="Has not chosen a password yet.")
    created_at = serializers.DateTimeField()
    last_login = serializers.DateTimeField(allow_null=True)


class InvitedAdministratorSerializer(serializers.Serializer):
    """Whom the invitation is for."""

    success = serializers.BooleanField()
    message = serializers.CharField()
    administrator = AdministratorSerializer()


def administrator_bodies(users: Iterable[User]) -> list[dict[str, Any]]:
    """Return administrators as the API shows them; they come from the selectors."""
    by_group = flags_by_group()
    return [_body(user, _flags(user, by_group)) for user in users]


def administrator_body(user: User) -> dict[str, Any]:
    """Return one administrator as the API shows them."""
    return _body(user, client_permissions(user))


def _flags(user: User, by_group: Mapping[int, set[str]]) -> dict[str, bool]:
    on = {flag for group in user.groups.all() for flag in by_group.get(group.pk, ())}
    if user.is_superuser:
        on = {*CLIENT_PERMISSIONS, "users"}
    flags = {flag: user.is_active and flag in on for flag in CLIENT_PERMISSIONS}
    return flags | ({"users": True} if user.is_active and "users" in on else {})


def _body(user: Any, flags: Mapping[str, bool]) -> dict[str, Any]:
    told: User = user
    return {
        "id": str(told.public_id),
        "email": told.email,
        "full_name": told.full_name,
        "role": role_of(told),
        "permissions": dict(flags),
        **limits_of(told).told(),
        "is_active": told.is_active,
        "has_second_factor": user.has_factor,
        "is_invited": not told.has_usable_password(),
        "created_at": told.date_joined,
        "last_login": told.last_login,
    }
