"""Projects for staff: list, create, read, change, delete."""

from typing import Any

from django.db import transaction
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from accounts.api.authentication import signed_in
from carboncore.common.api.bodies import json_response
from carboncore.common.api.echo import changed_fields, exact_json
from carboncore.common.api.reading import PRIVATE_CACHE, entity_tag, list_response, tagged_response
from carboncore.common.api.schema import listing_parameters, refusals
from carboncore.common.api.views import ApiView
from carboncore.common.quantities import KG_PER_CREDIT
from registry.api.answers import ChangedSerializer, CreatedProjectSerializer
from registry.api.project_bodies import NO_CREDITS, ProjectBodySerializer, split, without_birthright
from registry.api.project_lists import BOUNDARIES, STAFF_PROJECTS
from registry.api.project_shapes import STAFF_SHAPE, BoundarySerializer, StaffProjectSerializer
from registry.api.public_views import NOT_MODIFIED
from registry.errors import ProjectChangedMeanwhile
from registry.reach import reach_condition
from registry.selectors.project_filters import FILTER_WORDS
from registry.selectors.projects import project_text
from registry.services import asked_credits_file, project_create, project_delete, project_update

KEY = OpenApiParameter("key", OpenApiTypes.STR, "path", description="The project's id, public UUID or slug.")
SIGNED_IN = (401, 403)


class ProjectListView(ApiView):
    """All projects, and new ones."""

    permissions = {"GET": "registry.view_project", "POST": "registry.add_project"}

    @extend_schema(
        operation_id="staff_list_projects",
        tags=["projects"],
        parameters=listing_parameters(STAFF_PROJECTS, FILTER_WORDS),
        responses={200: StaffProjectSerializer(many=True), **NOT_MODIFIED, **refusals(400, *SIGNED_IN)},
    )
    def get(self, request: Request) -> HttpResponse:
        """List projects in any status, published or not, with the internal fields."""
        return list_response(request._request, STAFF_PROJECTS, cache=PRIVATE_CACHE, within=reach_condition())

    @extend_schema(
        operation_id="create_project",
        tags=["projects"],
        request=ProjectBodySerializer,
        responses={201: CreatedProjectSerializer, **refusals(400, *SIGNED_IN, 409, 413, 415)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Create a draft. `available_credits` becomes an issuance request, which waits for a second person."""
        body = ProjectBodySerializer(data=without_birthright(request.data, STAFF_SHAPE.names))
        body.is_valid(raise_exception=True)
        given = split(body.validated_data)
        actor = signed_in(request)
        with transaction.atomic():
            project = project_create(
                actor=actor,
                fields=given["fields"],
                standards=given["standards"] or (),
                document_links=given["document_links"] or (),
            )
            answer: dict[str, Any] = {"success": True, "project_id": project.pk}
            if given["credits"]:
                quantity_kg = int(given["credits"] * KG_PER_CREDIT)
                said = asked_credits_file(actor=actor, project=project, quantity_kg=quantity_kg)
                answer |= {"message": said, "notes": [said]}
        return json_response(answer, status=201, headers={"Location": f"{request.path}/{project.pk}"})


class ProjectView(ApiView):
    """One project."""

    permissions = {
        "GET": "registry.view_project",
        "PUT": "registry.change_project",
        "PATCH": "registry.change_project",
        "DELETE": "registry.delete_project",
    }

    @extend_schema(
        operation_id="staff_read_project",
        tags=["projects"],
        parameters=[KEY],
        responses={200: StaffProjectSerializer, **NOT_MODIFIED, **refusals(*SIGNED_IN, 404)},
    )
    def get(self, request: Request, key: str) -> HttpResponse:
        """Read one project with its internal fields."""
        return tagged_response(request._request, project_text(STAFF_SHAPE, key), cache=PRIVATE_CACHE)

    @extend_schema(
        operation_id="change_project",
        tags=["projects"],
        parameters=[KEY],
        request=ProjectBodySerializer(partial=True),
        responses={200: ChangedSerializer, **refusals(400, *SIGNED_IN, 404, 409, 413, 415)},
    )
    def put(self, request: Request, key: str) -> HttpResponse:
        """Change the fields that are sent and no others. What equals the present value is no change.

        With `version`, or the entity tag in `If-Match`, a project that somebody else changed meanwhile is a conflict.
        """
        text = project_text(STAFF_SHAPE, key)
        current = exact_json(text)
        changed = changed_fields(request.data, current, ProjectBodySerializer.Meta.fields)
        body = ProjectBodySerializer(data=changed, partial=True)
        body.is_valid(raise_exception=True)
        given = split(body.validated_data)
        project_update(
            actor=signed_in(request),
            pk=current["id"],
            fields=given["fields"],
            standards=given["standards"],
            document_links=given["document_links"],
            expected_version=_expected_version(request, text, current, given["version"]),
        )
        answer: dict[str, Any] = {"success": True, "message": "Project updated"}
        if given["credits"]:
            answer["notes"] = [NO_CREDITS]
        return json_response(answer)

    @extend_schema(
        operation_id="change_project_partly",
        tags=["projects"],
        parameters=[KEY],
        request=ProjectBodySerializer(partial=True),
        responses={200: ChangedSerializer, **refusals(400, *SIGNED_IN, 404, 409, 413, 415)},
    )
    def patch(self, request: Request, key: str) -> HttpResponse:
        """Do the same as PUT."""
        return self.put(request, key)

    @extend_schema(
        operation_id="delete_project",
        tags=["projects"],
        parameters=[KEY],
        responses={200: ChangedSerializer, **refusals(*SIGNED_IN, 404, 409)},
    )
    def delete(self, request: Request, key: str) -> HttpResponse:
        """Delete a project that never had credits."""
        project_delete(pk=exact_json(project_text(STAFF_SHAPE, key))["id"])
        return json_response({"success": True, "message": "Project deleted"})


class BoundaryListView(ApiView):
    """Boundaries for a map."""

    permissions = {"GET": "registry.view_project"}

    @extend_schema(
        operation_id="list_boundaries",
        tags=["projects"],
        parameters=listing_parameters(BOUNDARIES, FILTER_WORDS),
        responses={
            (200, "application/geo+json"): OpenApiTypes.OBJECT,
            (200, "application/json"): BoundarySerializer(many=True),
            **NOT_MODIFIED,
            **refusals(400, *SIGNED_IN),
        },
    )
    def get(self, request: Request) -> HttpResponse:
        """List boundaries as a GeoJSON FeatureCollection, within `bbox` where one is given."""
        return list_response(request._request, BOUNDARIES, cache=PRIVATE_CACHE, within=reach_condition())


def _expected_version(request: Request, text: str, current: dict[str, Any], sent: int | None) -> int | None:
    """Return the version that the caller has seen, None where they do not say.

    Raises:
        ProjectChangedMeanwhile: the entity tag in `If-Match` is not the present one.
    """
    seen = request.META.get("HTTP_IF_MATCH", "").strip()
    if seen and seen != "*":
        if entity_tag(text.encode()) not in [tag.strip() for tag in seen.split(",")]:
            raise ProjectChangedMeanwhile
        return int(current["version"])
    if sent is None and "version" in request.data:
        return int(current["version"])
    return sent
