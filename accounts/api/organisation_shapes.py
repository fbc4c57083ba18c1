"""How organisations and their members look, and what their addresses take and answer."""

from rest_framework import serializers

from accounts.choices import MembershipRole
from accounts.models import Membership, Organisation
from carboncore.common.api.json_rows import RowShape
from carboncore.common.api.listing import BY_ID, Listing
from carboncore.common.api.serializers import StrictSerializer, TextField


class OrganisationSerializer(serializers.ModelSerializer):
    """An organisation as its members see it."""

    id = serializers.UUIDField(source="public_id")
    country = serializers.CharField(source="country_code")

    class Meta:
        model = Organisation
        fields = ["id", "name", "country", "registration_number", "state", "decision_note", "created_at", "decided_at"]


class StaffOrganisationSerializer(OrganisationSerializer):
    """An organisation as staff see it."""

    created_by = serializers.CharField(source="created_by.email")
    decided_by = serializers.CharField(source="decided_by.email", allow_null=True)

    class Meta(OrganisationSerializer.Meta):
        fields = [*OrganisationSerializer.Meta.fields, "created_by", "decided_by"]


class MemberSerializer(serializers.ModelSerializer):
    """A member: the person's id and name, and what they may do."""

    user = serializers.UUIDField(source="user.public_id")
    name = serializers.CharField(source="user.full_name")

    class Meta:
        model = Membership
        fields = ["user", "name", "role", "created_at"]


class OrganisationBodySerializer(StrictSerializer):
    """A new organisation."""

    name = TextField(max_length=255)
    country = TextField(max_length=100, help_text="ISO 3166-1 code or name.")
    registration_number = TextField(max_length=100, required=False, allow_blank=True)


class MemberBodySerializer(StrictSerializer):
    """What a member may do."""

    role = serializers.ChoiceField(choices=MembershipRole.choices)


class DecisionBodySerializer(StrictSerializer):
    """Why it was decided so; a refusal and a suspension need it."""

    note = TextField(max_length=1000, required=False, allow_blank=True)


class DecidedSerializer(serializers.Serializer):
    """It was done; the organisation stands in `state` now."""

    success = serializers.BooleanField()
    message = serializers.CharField()
    state = serializers.CharField()


ORGANISATION_SHAPE = RowShape(OrganisationSerializer)
OWN_ORGANISATIONS = Listing(ORGANISATION_SHAPE, orderings=BY_ID)
MEMBERS = Listing(RowShape(MemberSerializer), orderings=BY_ID)
