"""How projects look to the public and to staff: the one definition of what is shown."""

from typing import ClassVar

from rest_framework import serializers

from carboncore.common.api.json_rows import RowShape
from registry.api.fields import (
    AbsentIfBlankField,
    BoundaryField,
    DocumentAddressField,
    NamesField,
    PlaceField,
    TonnesField,
)
from registry.choices import DocumentVisibility
from registry.models import Document, Project, ProjectStandard


class CertificationSerializer(serializers.ModelSerializer):
    """One standard of a project with its certificate."""

    standard = serializers.CharField(source="standard.code")
    standard_name = serializers.CharField(source="standard.name")
    validator = serializers.CharField(source="validator.name", allow_null=True)

    class Meta:
        model = ProjectStandard
        fields = ["standard", "standard_name", "certificate_number", "validator", "valid_from", "valid_to"]


class DocumentSerializer(serializers.ModelSerializer):
    """One document; `url` is its link, or its stable address here."""

    id = serializers.UUIDField(source="public_id")
    url = DocumentAddressField()

    class Meta:
        model = Document
        fields = ["id", "title", "kind", "url", "version", "language", "mime_type", "size_bytes", "sha256"]


class PublicDocumentSerializer(DocumentSerializer):
    """A document that anyone may open."""

    only: ClassVar[dict[str, str]] = {"visibility": DocumentVisibility.PUBLIC.value}


class StaffDocumentSerializer(DocumentSerializer):
    """A document with who may open it."""

    class Meta(DocumentSerializer.Meta):
        fields = [*DocumentSerializer.Meta.fields, "visibility", "file_name", "created_at"]


class PublicProjectSerializer(serializers.ModelSerializer):
    """A project as anyone sees it. Areas are hectares, credits tonnes of CO2e, `co2_absorption` kilograms a year."""

    project_type = serializers.CharField(source="project_type.code")
    project_type_name = serializers.CharField(source="project_type.name")
    project_type_id = serializers.IntegerField()
    country = serializers.CharField(source="country.name")
    country_code = serializers.CharField(source="country_id")
    coordinates = BoundaryField(allow_null=True)
    centroid = PlaceField("centroid_longitude", "centroid_latitude")
    bbox = PlaceField("bbox_west", "bbox_south", "bbox_east", "bbox_north")
    methodology = serializers.CharField(source="methodology.code", allow_null=True)
    origin_registry = AbsentIfBlankField()
    origin_id = AbsentIfBlankField()
    origin_url = AbsentIfBlankField()
    available_credits = TonnesField(source="credits.available_kg")
    retired_credits = TonnesField(source="credits.retired_kg")
    standards_list = NamesField(source="certifications.standard.code")
    certifications = CertificationSerializer(many=True)
    document_library = PublicDocumentSerializer(source="documents", many=True)

    class Meta:
        model = Project
        fields = [
            "id", "public_id", "slug", "project_name", "project_initiator", "description", "website",
            "project_type_id", "project_type", "project_type_name", "status",
            "country", "country_code", "region", "coordinates", "centroid", "bbox", "area_ha", "total_area",
            "land_type", "tree_types", "vintage_year", "methodology", "further_methodologies",
            "crediting_period_start", "crediting_period_end", "estimated_annual_reductions", "co2_absorption",
            "total_emission", "minimum_purchase_volume", "sdg_goals", "labels", "validation_date",
            "validation_protocol_url", "standards_list", "certifications", "document_library",
            "available_credits", "retired_credits", "origin_registry", "origin_id", "origin_url",
            "created_date", "updated_date",
        ]  # fmt: skip


class StaffProjectSerializer(PublicProjectSerializer):
    """A project as staff see it: with the manager's account, notes, internal documents and who registered it."""

    document_library = StaffDocumentSerializer(source="documents", many=True)  # type: ignore[assignment]
    origin_status = AbsentIfBlankField()
    registered_by = serializers.CharField(source="registered_by.email", allow_null=True)

    class Meta(PublicProjectSerializer.Meta):
        fields = [
            *PublicProjectSerializer.Meta.fields,
            *("project_manager_account", "notes", "published", "version", "origin_status"),
            *("registered_by", "registered_at"),
        ]


class BoundarySerializer(serializers.ModelSerializer):
    """What a map shows of a project beside its boundary."""

    project_type = serializers.CharField(source="project_type.code")
    coordinates = BoundaryField()

    class Meta:
        model = Project
        fields = ["id", "project_name", "status", "published", "project_type", "area_ha", "coordinates"]


PUBLIC_SHAPE = RowShape(PublicProjectSerializer)
STAFF_SHAPE = RowShape(StaffProjectSerializer)
BOUNDARY_SHAPE = RowShape(BoundarySerializer)
