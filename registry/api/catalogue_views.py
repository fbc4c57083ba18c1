"""Project types, standards, verification bodies and methodologies for staff: the same five verbs for each."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request

from carboncore.common.api.bodies import json_response
from carboncore.common.api.echo import changed_fields, exact_json
from carboncore.common.api.listing import Condition, Listing
from carboncore.common.api.reading import PRIVATE_CACHE, list_response, row_text, tagged_response
from carboncore.common.api.schema import listing_parameters, refusals
from carboncore.common.api.serializers import CreatedSerializer
from carboncore.common.api.views import ApiView
from carboncore.common.errors import NotFound
from registry.api.answers import ChangedSerializer
from registry.api.catalogue_bodies import (
    MethodologyBodySerializer,
    ProjectTypeBodySerializer,
    StandardBodySerializer,
    ValidatorBodySerializer,
)
from registry.api.catalogue_lists import METHODOLOGIES, PROJECT_TYPES, STANDARDS, VALIDATORS
from registry.api.catalogue_shapes import (
    MethodologySerializer,
    ProjectTypeSerializer,
    StaffStandardSerializer,
    ValidatorSerializer,
)
from registry.api.public_views import NOT_MODIFIED
from registry.services import (
    methodology_delete,
    methodology_save,
    project_type_delete,
    project_type_save,
    standard_delete,
    standard_save,
    validator_delete,
    validator_with_accreditations_save,
)


class CatalogueView(ApiView):
    """What one kind of record needs beside the verbs themselves."""

    listing: Listing
    body_class: type[serializers.Serializer]
    label: str

    saves: Callable[..., Any]
    deletes: Callable[..., None]

    def save(self, pk: int | None, values: dict[str, Any]) -> Any:
        """Create or change a record by its service."""
        return self.saves(pk=pk, fields=values)

    def text(self, pk: int) -> str:
        """Return the record as JSON text.

        Raises:
            NotFound: there is none.
        """
        found = row_text(self.listing.shape, Condition('"row"."id" = %s', (pk,)))
        if found is None:
            raise NotFound(f"{self.label} not found.")
        return found


class CatalogueListView(CatalogueView):
    """All records of a kind, and new ones."""

    def get(self, request: Request) -> HttpResponse:
        """List them."""
        return list_response(request._request, self.listing, cache=PRIVATE_CACHE)

    def post(self, request: Request) -> HttpResponse:
        """Create one."""
        body = self.body_class(data=request.data)
        body.is_valid(raise_exception=True)
        record = self.save(None, body.validated_data)
        answer = {"success": True, "id": record.pk, "message": f"{self.label} created"}
        return json_response(answer, status=201, headers={"Location": f"{request.path}/{record.pk}"})


class CatalogueItemView(CatalogueView):
    """One record of a kind."""

    def get(self, request: Request, pk: int) -> HttpResponse:
        """Read it."""
        return tagged_response(request._request, self.text(pk), cache=PRIVATE_CACHE)

    def put(self, request: Request, pk: int) -> HttpResponse:
        """Change the fields that are sent and no others."""
        current = exact_json(self.text(pk))
        changed = changed_fields(request.data, current, self.body_class().fields)
        body = self.body_class(data=changed, partial=True)
        body.is_valid(raise_exception=True)
        self.save(pk, body.validated_data)
        return json_response({"success": True, "message": f"{self.label} updated"})

    def patch(self, request: Request, pk: int) -> HttpResponse:
        """Do the same as PUT."""
        return self.put(request, pk)

    def delete(self, request: Request, pk: int) -> HttpResponse:
        """Delete it, unless it is in use."""
        self.deletes(pk=pk)
        return json_response({"success": True, "message": f"{self.label} deleted"})


def _list_schema(name: str, kind: type[CatalogueView], shown: Any) -> Callable[[Any], Any]:
    return extend_schema_view(
        get=extend_schema(
            operation_id=f"staff_list_{name}",
            tags=["catalogue"],
            parameters=listing_parameters(kind.listing, {}),
            responses={200: shown(many=True), **NOT_MODIFIED, **refusals(400, 401, 403)},
        ),
        post=extend_schema(
            operation_id=f"create_{name}",
            tags=["catalogue"],
            request=kind.body_class,
            responses={201: CreatedSerializer, **refusals(400, 401, 403, 409, 413, 415)},
        ),
    )


def _item_schema(name: str, kind: type[CatalogueView], shown: Any) -> Callable[[Any], Any]:
    pk = OpenApiParameter("id", OpenApiTypes.INT64, "path")
    changed: dict[str, Any] = {
        "tags": ["catalogue"],
        "parameters": [pk],
        "request": kind.body_class(partial=True),
        "responses": {200: ChangedSerializer, **refusals(400, 401, 403, 404, 409, 413, 415)},
    }
    return extend_schema_view(
        get=extend_schema(
            operation_id=f"staff_read_{name}",
            tags=["catalogue"],
            parameters=[pk],
            responses={200: shown, **NOT_MODIFIED, **refusals(401, 403, 404)},
        ),
        put=extend_schema(operation_id=f"change_{name}", **changed),
        patch=extend_schema(operation_id=f"change_{name}_partly", **changed),
        delete=extend_schema(
            operation_id=f"delete_{name}",
            tags=["catalogue"],
            parameters=[pk],
            responses={200: ChangedSerializer, **refusals(401, 403, 404, 409)},
        ),
    )


def _rights(model: str) -> dict[str, str]:
    verbs = {"GET": "view", "POST": "add", "PUT": "change", "PATCH": "change", "DELETE": "delete"}
    return {method: f"registry.{verb}_{model}" for method, verb in verbs.items()}


class ProjectTypeKind(CatalogueView):
    """What the two addresses of project types share."""

    listing = PROJECT_TYPES
    body_class = ProjectTypeBodySerializer
    label = "Project type"
    permissions = _rights("projecttype")
    saves, deletes = staticmethod(project_type_save), staticmethod(project_type_delete)


@_list_schema("project_types", ProjectTypeKind, ProjectTypeSerializer)
class ProjectTypeListView(ProjectTypeKind, CatalogueListView):
    """All project types, and new ones."""


@_item_schema("project_type", ProjectTypeKind, ProjectTypeSerializer)
class ProjectTypeView(ProjectTypeKind, CatalogueItemView):
    """One of the project types."""


class StandardKind(CatalogueView):
    """What the two addresses of standards share."""

    listing = STANDARDS
    body_class = StandardBodySerializer
    label = "Standard"
    permissions = _rights("standard")
    saves, deletes = staticmethod(standard_save), staticmethod(standard_delete)


@_list_schema("standards", StandardKind, StaffStandardSerializer)
class StandardListView(StandardKind, CatalogueListView):
    """All standards, and new ones."""


@_item_schema("standard", StandardKind, StaffStandardSerializer)
class StandardView(StandardKind, CatalogueItemView):
    """One of the standards."""


class ValidatorKind(CatalogueView):
    """What the two addresses of verification bodies share."""

    listing = VALIDATORS
    body_class = ValidatorBodySerializer
    label = "Verification body"
    permissions = _rights("standardvalidator")
    deletes = staticmethod(validator_delete)

    def save(self, pk: int | None, values: dict[str, Any]) -> Any:
        """Save it with its accreditations, where they are sent."""
        fields = dict(values)
        accreditations = fields.pop("accreditations", None)
        return validator_with_accreditations_save(pk=pk, fields=fields, accreditations=accreditations)


@_list_schema("standard_validators", ValidatorKind, ValidatorSerializer)
class ValidatorListView(ValidatorKind, CatalogueListView):
    """All verification bodies, and new ones."""


@_item_schema("standard_validator", ValidatorKind, ValidatorSerializer)
class ValidatorView(ValidatorKind, CatalogueItemView):
    """One of the verification bodies."""


class MethodologyKind(CatalogueView):
    """What the two addresses of methodologies share."""

    listing = METHODOLOGIES
    body_class = MethodologyBodySerializer
    label = "Methodology"
    permissions = _rights("methodology")
    saves, deletes = staticmethod(methodology_save), staticmethod(methodology_delete)


@_list_schema("methodologies", MethodologyKind, MethodologySerializer)
class MethodologyListView(MethodologyKind, CatalogueListView):
    """All methodologies, and new ones."""


@_item_schema("methodology", MethodologyKind, MethodologySerializer)
class MethodologyView(MethodologyKind, CatalogueItemView):
    """One of the methodologies."""
