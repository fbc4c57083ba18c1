"""What staff may send of project types, standards, verification bodies and methodologies."""

from typing import Any

from rest_framework import serializers

from carboncore.common.api.serializers import StrictModelSerializer, StrictSerializer, TextField
from registry.api.input_fields import CountryInputField, StandardInputField
from registry.models import Methodology, ProjectType, Standard, StandardValidator


class ProjectTypeBodySerializer(StrictModelSerializer):
    """A kind of project; its code is upper-cased."""

    code = TextField(max_length=10)

    class Meta:
        model = ProjectType
        fields = ["code", "name", "category", "land_based"]


class StandardBodySerializer(StrictModelSerializer):
    """A rule book."""

    class Meta:
        model = Standard
        fields = ["code", "name", "version", "url"]


class AccreditationBodySerializer(StrictSerializer):
    """One accreditation; an open end means until further notice."""

    standard = TextField(max_length=255, help_text="Code or name.")
    scope = TextField(max_length=255, required=False, allow_blank=True)
    valid_from = serializers.DateField(required=False, allow_null=True)
    valid_to = serializers.DateField(required=False, allow_null=True)


class ValidatorBodySerializer(StrictModelSerializer):
    """A verification body; `accreditations`, where sent, become exactly these."""

    country = CountryInputField(required=False, allow_null=True)
    country_code = CountryInputField(required=False, allow_null=True, help_text="Instead of `country`.")
    accreditations = AccreditationBodySerializer(many=True, required=False)

    class Meta:
        model = StandardValidator
        fields = [
            *("name", "country", "country_code", "accreditation_body", "accreditation_number", "website"),
            *("is_active", "accreditations"),
        ]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "country_code" in attrs:
            code = attrs.pop("country_code")
            if attrs.setdefault("country", code) != code:
                raise serializers.ValidationError(
                    {"country_code": ["This and `country` name different countries; send one of them."]}
                )
        return attrs


class MethodologyBodySerializer(StrictModelSerializer):
    """A way to quantify reductions or removals."""

    standard = StandardInputField(required=False, allow_null=True, max_length=20)

    class Meta:
        model = Methodology
        fields = ["code", "name", "version", "standard", "url"]
