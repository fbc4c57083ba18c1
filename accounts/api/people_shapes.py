"""What the addresses of people take and answer."""

from typing import Any

from rest_framework import serializers

from accounts.choices import Role, SessionKind
from accounts.models import Registration, SignInSession, User
from carboncore.common.api.serializers import StrictSerializer, TextField

# Longer than any password that is taken: too long a one is told so by its own rule.
_PASSWORD: dict[str, Any] = {"max_length": 100_000, "trim_whitespace": False, "allow_blank": True}


class RegisterSerializer(StrictSerializer):
    """An account that somebody asks for."""

    email = TextField(max_length=1_000, help_text="Its link confirms the account.")
    username = TextField(max_length=1_000, help_text="3 to 30 letters, digits and underscores; public.")
    password = TextField(**_PASSWORD, help_text="At least 8 characters, a letter and a digit among them.")


class RegisteredSerializer(serializers.Serializer):
    """What was asked for; `is_active` once the e-mail is confirmed."""

    id = serializers.UUIDField()
    email = serializers.CharField()
    username = serializers.CharField()
    is_active = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class ConfirmEmailSerializer(StrictSerializer):
    """The token of the mail, and the password of the registration."""

    token = TextField(max_length=200)
    password = TextField(**_PASSWORD)


class EmailSerializer(StrictSerializer):
    """An e-mail to send a link to."""

    email = TextField(max_length=1_000)


class SignInSerializer(StrictSerializer):
    """E-mail and password."""

    email = TextField(max_length=254)
    password = TextField(**_PASSWORD)


class RefreshSerializer(StrictSerializer):
    """The refresh token of the last answer."""

    refresh_token = TextField(max_length=200)


class TokensSerializer(serializers.Serializer):
    """An access token for `expires_in` seconds, and what to exchange for the next."""

    access_token = serializers.CharField()
    token_type = serializers.ChoiceField(choices=["bearer"])
    expires_in = serializers.IntegerField()
    refresh_token = serializers.CharField()


class ResetSerializer(StrictSerializer):
    """The token of the mail, and the new password."""

    token = TextField(max_length=200)
    password = TextField(**_PASSWORD)


class PasswordChangeSerializer(StrictSerializer):
    """The present password, and the new one."""

    current_password = TextField(**_PASSWORD)
    new_password = TextField(**_PASSWORD)


class EmailChangeSerializer(StrictSerializer):
    """The new e-mail, and the password."""

    new_email = TextField(max_length=1_000)
    password = TextField(**_PASSWORD)


class TokenSerializer(StrictSerializer):
    """The token of the mail."""

    token = TextField(max_length=200)


class PasswordSerializer(StrictSerializer):
    """The password, to be sure."""

    password = TextField(**_PASSWORD)


class PersonUpdateSerializer(StrictSerializer):
    """What people change about themselves; what is not sent stays."""

    username = TextField(max_length=1_000, required=False)
    full_name = TextField(max_length=1_000, required=False, allow_blank=True)


class PublicPersonSerializer(serializers.Serializer):
    """What everybody may know of a person."""

    id = serializers.UUIDField()
    username = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()


class PersonSerializer(PublicPersonSerializer):
    """A person as they themselves and staff see them."""

    email = serializers.CharField()
    is_active = serializers.BooleanField()
    full_name = serializers.CharField(allow_blank=True)
    roles = serializers.ListField(child=serializers.ChoiceField(choices=[*Role.choices, ("staff", "Staff")]))
    email_confirmed_at = serializers.DateTimeField(allow_null=True)


class ShownPersonSerializer(PublicPersonSerializer):
    """A person: the public fields, and all of them for oneself and for staff."""

    email = serializers.CharField(required=False)
    is_active = serializers.BooleanField(required=False)
    full_name = serializers.CharField(required=False, allow_blank=True)
    roles = serializers.ListField(child=serializers.CharField(), required=False)
    email_confirmed_at = serializers.DateTimeField(required=False, allow_null=True)


class SessionSerializer(serializers.Serializer):
    """A sign-in that still holds."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=SessionKind.choices)
    device = serializers.CharField(allow_blank=True, help_text="The program that signed in, as it names itself.")
    ip_address = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField()
    current = serializers.BooleanField(help_text="Whether it is the one that asks.")


def registered_body(registration: Registration) -> dict[str, Any]:
    """Return a registration as the contract has it."""
    return {
        "id": str(registration.public_id),
        "email": registration.email,
        "username": registration.username,
        "is_active": False,
        "created_at": _time(registration.created_at),
    }


def person_body(user: User, *, sees_all: bool = True) -> dict[str, Any]:
    """Return a person as they themselves and staff see them, or everybody else."""
    public = {"id": str(user.public_id), "username": user.username, "created_at": _time(user.date_joined)}
    if not sees_all:
        return public
    return {
        **public,
        "email": user.email,
        "is_active": user.is_active,
        "full_name": user.full_name,
        "roles": [*user.roles, *(["staff"] if user.is_staff else [])],
        "email_confirmed_at": _time(user.email_confirmed_at),
    }


def session_body(session: SignInSession, *, current: SignInSession | None) -> dict[str, Any]:
    """Return a session as its owner sees it."""
    return {
        "id": str(session.public_id),
        "kind": session.kind,
        "device": session.user_agent,
        "ip_address": session.ip_address,
        "created_at": _time(session.created_at),
        "last_seen_at": _time(session.last_seen_at),
        "current": current is not None and current.pk == session.pk,
    }


def _time(moment: Any) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None
