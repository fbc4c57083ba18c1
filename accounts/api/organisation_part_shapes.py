"""How invitations, documents and limits of organisations look, and what their addresses take."""

from datetime import UTC, datetime
from typing import Any

from rest_framework import serializers

from accounts.choices import InvitationState, MembershipRole
from accounts.models import LimitRequest, Organisation, OrganisationDocument, OrganisationInvitation
from accounts.organisation_mails import person_name
from carboncore.common.api.json_rows import RowShape
from carboncore.common.api.listing import BY_ID, Condition, Listing
from carboncore.common.api.serializers import QuantityField, StrictSerializer, TextField
from carboncore.common.errors import InvalidInput
from carboncore.common.quantities import tonnes_from_kg


class InvitationSerializer(serializers.ModelSerializer):
    """An invitation as the organisation's owners see it."""

    id = serializers.UUIDField(source="public_id")
    role = serializers.ChoiceField(choices=MembershipRole.choices)
    state = serializers.ChoiceField(choices=InvitationState.choices, help_text="Open ones may have expired.")

    class Meta:
        model = OrganisationInvitation
        fields = ["id", "email", "role", "state", "created_at", "expires_at", "decided_at"]


class NewInvitationSerializer(StrictSerializer):
    """Whom to invite, and what they will be."""

    email = TextField(max_length=254)
    role = serializers.ChoiceField(choices=MembershipRole.choices)


class OwnInvitationSerializer(serializers.Serializer):
    """An invitation as whoever is invited sees it."""

    id = serializers.UUIDField()
    organisation = serializers.CharField()
    role = serializers.ChoiceField(choices=MembershipRole.choices)
    invited_by = serializers.CharField()
    expires_at = serializers.DateTimeField()


class HandOverSerializer(StrictSerializer):
    """Which member becomes an owner, and what the owner who hands over will be."""

    user = serializers.UUIDField()
    own_role = serializers.ChoiceField(
        choices=[choice for choice in MembershipRole.choices if choice[0] != MembershipRole.OWNER],
        default=MembershipRole.TRADER,
    )


class LimitBodySerializer(StrictSerializer):
    """Tonnes that members may transfer out alone in any 24 hours; null: any quantity."""

    limit = QuantityField(allow_null=True)


class AskedLimitSerializer(serializers.Serializer):
    """A higher limit that an owner asked for."""

    limit = serializers.CharField(allow_null=True, help_text="Tonnes; null: none.")
    asked_by = serializers.CharField()
    asked_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


class LimitSerializer(serializers.Serializer):
    """The limit that holds, and the higher one that waits for a second owner."""

    limit = serializers.CharField(
        allow_null=True,
        help_text="Tonnes that members may transfer alone, all of them together, in any 24 hours; null: any.",
    )
    asked = AskedLimitSerializer(allow_null=True)


class OrganisationDocumentSerializer(serializers.Serializer):
    """A document of an organisation, for its members and for staff who decide about it."""

    id = serializers.UUIDField()
    title = serializers.CharField()
    file_name = serializers.CharField()
    mime_type = serializers.CharField()
    size_bytes = serializers.IntegerField()
    sha256 = serializers.CharField()
    uploaded_by = serializers.CharField()
    created_at = serializers.DateTimeField()


class NewDocumentSerializer(StrictSerializer):
    """A file, and what it is."""

    title = serializers.CharField(max_length=255)
    file = serializers.FileField()


def _by_state(values: Any) -> Condition:
    if not set(values) <= set(InvitationState.values):
        raise InvalidInput({"state": [f"Give one of {', '.join(InvitationState.values)}."]})
    return Condition('"row"."state" = ANY(%s::text[])', (list(values),))


INVITATION_SHAPE = RowShape(InvitationSerializer)
INVITATIONS = Listing(INVITATION_SHAPE, filters={"state": _by_state}, orderings=BY_ID, default_ordering="-id")


def own_invitation_body(invitation: OrganisationInvitation) -> dict[str, Any]:
    """Return an invitation as whoever is invited sees it."""
    return {
        "id": invitation.public_id,
        "organisation": invitation.organisation.name,
        "role": invitation.role,
        "invited_by": person_name(invitation.invited_by),
        "expires_at": _time(invitation.expires_at),
    }


def limit_body(organisation: Organisation, request: LimitRequest | None) -> dict[str, Any]:
    """Return the limit, and what waits for a second owner."""
    asked = request and {
        "limit": _tonnes(request.limit_kg),
        "asked_by": person_name(request.asked_by),
        "asked_at": _time(request.asked_at),
        "expires_at": _time(request.expires_at),
    }
    return {"limit": _tonnes(organisation.transfer_limit_kg), "asked": asked}


def document_body(document: OrganisationDocument) -> dict[str, Any]:
    """Return what is said about a document."""
    return {
        "id": document.public_id,
        "title": document.title,
        "file_name": document.file_name,
        "mime_type": document.mime_type,
        "size_bytes": document.size_bytes,
        "sha256": document.sha256,
        "uploaded_by": person_name(document.uploaded_by),
        "created_at": _time(document.created_at),
    }


def _tonnes(limit_kg: int | None) -> str | None:
    return None if limit_kg is None else format(tonnes_from_kg(limit_kg), "f")


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
