"""How clients name a country, a project type, a methodology or a standard in a body."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import empty

from carboncore.common.api.serializers import TextField
from carboncore.common.countries import country_code_of
from registry.models import Country, Methodology, ProjectType, Standard

LARGEST_ID = 2**63 - 1


class LookUpField(TextField):
    """A record by a text that names it; the text is judged as text before it is looked up."""

    def run_validation(self, data: Any = empty) -> Any:
        text = super().run_validation(data)
        return self.look_up(text) if isinstance(text, str) else text

    def look_up(self, text: str) -> Any:
        """Return the record; raises ValidationError where there is none."""
        raise NotImplementedError


class CountryInputField(LookUpField):
    """A country by ISO code or by name."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=200, **options)

    def look_up(self, text: str) -> Country:
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


class ProjectTypeCodeField(LookUpField):
    """A project type by its code."""

    def look_up(self, text: str) -> ProjectType:
        found = ProjectType.objects.filter(code=text.upper()).first()
        if found is None:
            raise serializers.ValidationError(_no_type())
        return found


def _no_type() -> str:
    known = ", ".join(f"{pk} ({code})" for pk, code in ProjectType.objects.values_list("pk", "code")[:50])
    return f"There is no such project type. There are: {known or 'none yet'}."


class MethodologyInputField(LookUpField):
    """A methodology by its code; null for none."""

    def look_up(self, text: str) -> Methodology:
        found = Methodology.objects.filter(code__iexact=text).first()
        if found is None:
            raise serializers.ValidationError("There is no methodology of this code; see /admin/methodologies.")
        return found


class StandardInputField(LookUpField):
    """A standard by its code; null for none."""

    def look_up(self, text: str) -> Standard:
        found = Standard.objects.filter(code__iexact=text).first()
        if found is None:
            raise serializers.ValidationError("There is no standard of this code; see /standards.")
        return found


@extend_schema_field({"type": "object", "nullable": True, "description": "GeoJSON, WGS 84."})
class BoundaryInputField(serializers.Field):
    """GeoJSON of any form that the boundary reader takes; it is that reader who judges it."""

    def to_internal_value(self, data: Any) -> Any:
        return data


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
