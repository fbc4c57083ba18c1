"""What staff may send of a project: read in form here, judged by the services."""

from typing import Any

from rest_framework import serializers

from carboncore.common.api.echo import READ_ONLY
from carboncore.common.api.serializers import ExactDecimalField, StrictModelSerializer, TextField, WholeNumberField
from carboncore.common.errors import InvalidInput
from registry.api.input_fields import (
    BoundaryInputField,
    CountryInputField,
    DocumentLinkField,
    MethodologyInputField,
    ProjectTypeCodeField,
    ProjectTypeIdField,
)
from registry.choices import OriginRegistry, ProjectStatus
from registry.models import Project

NO_CREDITS = (
    "No credits were issued: `available_credits` is a result of the ledger. Ask for more of them by an issuance"
    " request (POST /admin/issuance-requests) for a verified monitoring period."
)
# What a new project has anyway; a client that sends the whole row may say so.
_GIVEN_AT_BIRTH = {"status": ProjectStatus.DRAFT.value, "published": False, "retired_credits": 0}


class ProjectBodySerializer(StrictModelSerializer):
    """A project as staff send it. A missing field stays as it is, or empty in a new project."""

    country = CountryInputField(required=False, help_text="ISO 3166-1 code or name; a new project needs it.")
    country_code = CountryInputField(required=False, help_text="Instead of `country`.")
    project_type_id = ProjectTypeIdField(required=False, help_text="Or `project_type`.")
    project_type = ProjectTypeCodeField(required=False, max_length=10, help_text="Its code, instead of its id.")
    methodology = MethodologyInputField(required=False, allow_null=True, max_length=100)
    region = TextField(max_length=100)
    vintage_year = WholeNumberField(min_value=1980, max_value=2100, allow_null=True, required=False)
    coordinates = BoundaryInputField(
        required=False, allow_null=True, help_text="GeoJSON Polygon, MultiPolygon, Feature or FeatureCollection."
    )
    tree_types = serializers.ListField(child=TextField(max_length=120), required=False, max_length=200)
    labels = serializers.ListField(child=TextField(max_length=100), required=False, max_length=50)
    further_methodologies = serializers.ListField(child=TextField(max_length=100), required=False, max_length=50)
    sdg_goals = serializers.ListField(child=WholeNumberField(min_value=1, max_value=17), required=False, max_length=17)
    standards_list = serializers.ListField(
        child=TextField(max_length=255), required=False, max_length=100, help_text="Codes or names of standards."
    )
    document_library = serializers.ListField(
        child=DocumentLinkField(), required=False, max_length=200, help_text="Addresses, or objects with a `url`."
    )
    origin_registry = serializers.ChoiceField(
        choices=OriginRegistry.choices, required=False, allow_blank=True, allow_null=True
    )
    available_credits = ExactDecimalField(
        max_digits=15, decimal_places=3, min_value=0, required=False, allow_null=True,
        help_text="Credits asked for; with a new project they become an issuance request, which the answer names.",
    )  # fmt: skip
    version = WholeNumberField(
        required=False, min_value=1, max_value=2**31 - 1, help_text="The version you read; another one is a conflict."
    )

    class Meta:
        model = Project
        fields = [
            "project_name", "project_initiator", "project_manager_account", "project_type_id", "project_type",
            "description", "website", "country", "country_code", "region", "coordinates", "total_area", "land_type",
            "tree_types", "vintage_year", "methodology", "further_methodologies", "crediting_period_start",
            "crediting_period_end", "estimated_annual_reductions", "co2_absorption", "total_emission",
            "minimum_purchase_volume", "sdg_goals", "labels", "validation_date", "validation_protocol_url",
            "origin_registry", "origin_id", "origin_url", "notes", "standards_list", "document_library",
            "available_credits", "version",
        ]  # fmt: skip

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        _merge(attrs, "country", "country_code")
        _merge(attrs, "project_type", "project_type_id")
        if not self.partial:
            _require(attrs, "country", "country", "Name the country, by its ISO code or name.")
            _require(attrs, "project_type", "project_type_id", "Name the type, by its id or by `project_type`.")
        return attrs


def _merge(attrs: dict[str, Any], name: str, other: str) -> None:
    if other not in attrs:
        return
    value = attrs.pop(other)
    if attrs.setdefault(name, value) != value:
        raise serializers.ValidationError({other: [f"This and `{name}` name different records; send one of them."]})


def _require(attrs: dict[str, Any], name: str, field: str, words: str) -> None:
    if name not in attrs:
        raise serializers.ValidationError({field: [words]})


def without_birthright(body: Any, shown: tuple[str, ...]) -> dict[str, Any]:
    """Return the body of a new project without what every new project has anyway.

    Raises:
        InvalidInput: it is no object, or sets what the registry keeps.
    """
    if not isinstance(body, dict):
        raise InvalidInput({"non_field_errors": ["Send a JSON object."]})
    kept_by_us = set(shown) - set(ProjectBodySerializer.Meta.fields)
    refused = [
        name
        for name in body
        if name in kept_by_us and body[name] is not None and body[name] != _GIVEN_AT_BIRTH.get(name, body)
    ]
    if refused:
        raise InvalidInput({name: [READ_ONLY] for name in refused})
    return {name: value for name, value in body.items() if name not in kept_by_us}


def split(values: dict[str, Any]) -> dict[str, Any]:
    """Return validated values as the arguments of the project services."""
    fields = dict(values)
    links = fields.pop("document_library", None)
    return {
        "standards": fields.pop("standards_list", None),
        # What we serve ourselves is no link; a client that sends the whole library back includes it.
        "document_links": None if links is None else [link for link in links if not _is_ours(link["url"])],
        "credits": fields.pop("available_credits", None),
        "version": fields.pop("version", None),
        "fields": fields,
    }


def _is_ours(url: str) -> bool:
    return url.startswith("/documents/")
