"""How clients name a country, a project type, a methodology or a standard in a body."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from carboncore.common.api.serializers import TextField
from carboncore.common.countries import country_code_of
from registry.models import Country, Methodology, ProjectType, Standard

LARGEST_ID = 2**63 - 1


class CountryInputField(TextField):
    """A country by ISO code or by name."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=200, **options)

    def to_internal_value(self, data: Any) -> Any:
        text = super().to_internal_value(data)
        code = country_code_of(text)
        country = Country.objects.filter(pk=code).first() if code else None
        if country is None:
            raise serializers.ValidationError("Give an ISO 3166-1 code (BR) or name (Brazil).")
        return country


class ProjectTypeIdField(serializers.IntegerField):
    """A project type by its id."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, bool):
            self.fail("invalid")
        found = ProjectType.objects.filter(pk=super().to_internal_value(data)).first()
        if found is None:
            raise serializers.ValidationError(_no_type())
        return found


class ProjectTypeCodeField(TextField):
    """A project type by its code."""

    def to_internal_value(self, data: Any) -> Any:
        found = ProjectType.objects.filter(code=super().to_internal_value(data).upper()).first()
        if found is None:
            raise serializers.ValidationError(_no_type())
        return found


def _no_type() -> str:
    known = ", ".join(f"{pk} ({code})" for pk, code in ProjectType.objects.values_list("pk", "code")[:50])
    return f"There is no such project type. There are: {known or 'none yet'}."


class MethodologyInputField(TextField):
    """A methodology by its code; null for none."""

    def to_internal_value(self, data: Any) -> Any:
        found = Methodology.objects.filter(code__iexact=super().to_internal_value(data)).first()
        if found is None:
            raise serializers.ValidationError("There is no methodology of this code; see /admin/methodologies.")
        return found


class StandardInputField(TextField):
    """A standard by its code; null for none."""

    def to_internal_value(self, data: Any) -> Any:
        found = Standard.objects.filter(code__iexact=super().to_internal_value(data)).first()
        if found is None:
            raise serializers.ValidationError("There is no standard of this code; see /standards.")
        return found


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string", "format": "uri"},
            {
                "type": "object",
                "required": ["url"],
                "properties": {
                    name: {"type": "string"} for name in ("title", "url", "kind", "version", "language", "visibility")
                },
            },
        ]
    }
)
class DocumentLinkField(serializers.Field):
    """One entry of `document_library`: an address, or an object with `url` and what is said about it."""

    DETAILS = ("title", "url", "kind", "version", "language", "visibility")
    KEPT_BY_US = ("id", "mime_type", "size_bytes", "sha256", "file_name", "created_at")

    def to_internal_value(self, data: Any) -> dict[str, str]:
        if isinstance(data, str):
            return {"url": data}
        if not isinstance(data, Mapping) or not isinstance(data.get("url"), str):
            raise serializers.ValidationError("Give an address, or an object with at least a `url`.")
        unknown = [str(name)[:60] for name in data if name not in (*self.DETAILS, *self.KEPT_BY_US)]
        if unknown:
            raise serializers.ValidationError(f"Unknown: {', '.join(unknown)}. Known: {', '.join(self.DETAILS)}.")
        wrong = [name for name in self.DETAILS if name in data and not isinstance(data[name], str)]
        if wrong:
            raise serializers.ValidationError(f"Give text for {', '.join(wrong)}.")
        return {name: data[name] for name in self.DETAILS if name in data}
