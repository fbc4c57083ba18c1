"""How project types, standards, verification bodies, methodologies and countries look."""

from rest_framework import serializers

from carboncore.common.api.json_rows import RowShape
from registry.api.fields import AbsentIfBlankField, CountField
from registry.models import Country, Methodology, ProjectType, Standard, StandardValidator, ValidatorAccreditation


class PublicProjectTypeSerializer(serializers.ModelSerializer):
    """A kind of project."""

    class Meta:
        model = ProjectType
        fields = ["id", "code", "name", "category", "land_based"]


class ProjectTypeSerializer(PublicProjectTypeSerializer):
    """A kind of project with how many projects are of it."""

    usage_count = CountField("projects")

    class Meta(PublicProjectTypeSerializer.Meta):
        fields = [*PublicProjectTypeSerializer.Meta.fields, "usage_count", "created_at", "updated_at"]


class StandardSerializer(serializers.ModelSerializer):
    """A rule book that projects are certified against."""

    class Meta:
        model = Standard
        fields = ["id", "code", "name", "version", "url"]


class StaffStandardSerializer(StandardSerializer):
    """A standard with how many projects are certified under it."""

    usage_count = CountField("certifications")

    class Meta(StandardSerializer.Meta):
        fields = [*StandardSerializer.Meta.fields, "usage_count", "created_at", "updated_at"]


class AccreditationSerializer(serializers.ModelSerializer):
    """One standard that a verification body is accredited for."""

    standard = serializers.CharField(source="standard.code")

    class Meta:
        model = ValidatorAccreditation
        fields = ["standard", "scope", "valid_from", "valid_to"]


class ValidatorSerializer(serializers.ModelSerializer):
    """A validation and verification body with its accreditations."""

    country = serializers.CharField(source="country.name", allow_null=True)
    country_code = AbsentIfBlankField(source="country_id")
    accreditations = AccreditationSerializer(many=True)
    usage_count = CountField("certifications")

    class Meta:
        model = StandardValidator
        fields = [
            *("id", "name", "country", "country_code", "accreditation_body", "accreditation_number", "website"),
            *("is_active", "accreditations", "usage_count", "created_at", "updated_at"),
        ]


class MethodologySerializer(serializers.ModelSerializer):
    """A published way to quantify reductions or removals."""

    standard = serializers.CharField(source="standard.code", allow_null=True)
    usage_count = CountField("projects")

    class Meta:
        model = Methodology
        fields = ["id", "code", "name", "version", "standard", "url", "usage_count", "created_at", "updated_at"]


class CountrySerializer(serializers.ModelSerializer):
    """A country."""

    class Meta:
        model = Country
        fields = ["code", "alpha3", "name"]


COUNTRY_SHAPE = RowShape(CountrySerializer)
