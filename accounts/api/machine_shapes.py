"""What the addresses of API keys and outside identities take and answer."""

from typing import Any

from rest_framework import serializers

from accounts.choices import KeyScope
from accounts.models import ApiKey, ExternalIdentity
from accounts.services.api_keys import MOST_DAYS, PREFIX, USUAL_DAYS
from accounts.tokens import LONGEST_TOKEN
from carboncore.common.api.serializers import StrictSerializer, TextField, WholeNumberField

_SCOPES = "; ".join(f"`{scope.value}`: {str(scope.label).lower()}" for scope in KeyScope)


class NewApiKeySerializer(StrictSerializer):
    """A key that a person makes, and their password, to be sure."""

    name = TextField(max_length=1_000, help_text="What it is for.")
    scopes = serializers.ListField(child=TextField(max_length=100), max_length=50, help_text=_SCOPES)
    expires_in_days = WholeNumberField(
        required=False, default=USUAL_DAYS, help_text=f"1 to {MOST_DAYS}; {USUAL_DAYS} if not given."
    )
    password = TextField(max_length=100_000, trim_whitespace=False, allow_blank=True)


class ApiKeySerializer(serializers.Serializer):
    """A key as its owner sees it; the key itself was told once."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    hint = serializers.CharField(help_text="How the key begins.")
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=KeyScope.choices))
    state = serializers.ChoiceField(choices=["active", "expired", "revoked"])
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True, help_text="To the minute.")
    last_used_from = serializers.CharField(allow_null=True, help_text="The address it was last used from.")


class MadeApiKeySerializer(ApiKeySerializer):
    """A key that was just made."""

    key = serializers.CharField(help_text="The key. Keep it now: nobody can show it again.")


class LinkIdentitySerializer(StrictSerializer):
    """A token of the provider, and the password here, to be sure that both are of one person."""

    token = TextField(max_length=LONGEST_TOKEN)
    password = TextField(max_length=100_000, trim_whitespace=False, allow_blank=True)


class IdentitySerializer(serializers.Serializer):
    """Who the person is at an outside provider."""

    id = serializers.UUIDField()
    issuer = serializers.CharField()
    subject = serializers.CharField()
    email = serializers.CharField(allow_blank=True, help_text="What the provider had verified when it was linked.")
    linked_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True, help_text="To the minute.")


def api_key_body(key: ApiKey) -> dict[str, Any]:
    """Return a key as its owner sees it."""
    return {
        "id": str(key.public_id),
        "name": key.name,
        "hint": f"{PREFIX}{key.handle}…",
        "scopes": key.scopes,
        "state": "active" if key.is_live else "revoked" if key.ended_at else "expired",
        "created_at": _time(key.created_at),
        "expires_at": _time(key.expires_at),
        "last_used_at": _time(key.last_used_at),
        "last_used_from": key.last_used_from,
    }


def identity_body(identity: ExternalIdentity) -> dict[str, Any]:
    """Return an identity as its owner sees it."""
    return {
        "id": str(identity.public_id),
        "issuer": identity.issuer,
        "subject": identity.subject,
        "email": identity.email,
        "linked_at": _time(identity.linked_at),
        "last_used_at": _time(identity.last_used_at),
    }


def _time(moment: Any) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None
