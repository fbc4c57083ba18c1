"""What happens to one project: moves, publishing, overlaps, history."""

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from accounts.api.authentication import signed_in
from carboncore.common.api.bodies import json_response
from carboncore.common.api.listing import Condition
from carboncore.common.api.reading import PRIVATE_CACHE, list_response
from carboncore.common.api.schema import listing_parameters, refusals
from carboncore.common.api.serializers import StrictSerializer, TextField
from carboncore.common.api.views import ApiView
from carboncore.common.errors import NotFound
from registry.api.answers import ChangedSerializer, MovedSerializer, MoveSerializer
from registry.api.project_parts import HISTORY, OVERLAPS, HistorySerializer, OverlapSerializer
from registry.api.project_views import KEY, SIGNED_IN
from registry.api.public_views import NOT_MODIFIED
from registry.models import BoundaryOverlap, Project
from registry.selectors.projects import project_id
from registry.services import (
    available_moves,
    overlap_justify,
    project_move,
    project_publish,
    unmet_requirements,
)
from registry.transitions import moves_from

VIEW = "registry.view_project"


class MoveBodySerializer(StrictSerializer):
    """A move of the lifecycle."""

    move = TextField(max_length=30)
    comment = TextField(max_length=4000, required=False, allow_blank=True, default="")


class PublishBodySerializer(StrictSerializer):
    """Whether the public shall see the project."""

    published = serializers.BooleanField()


class JustifyBodySerializer(StrictSerializer):
    """Why the shared land is not counted twice."""

    justification = TextField(max_length=4000)


class MoveListView(ApiView):
    """The moves of the lifecycle that leave a project's status."""

    # Which right a move takes is the lifecycle's own rule, asked by the service.
    permissions = {"GET": VIEW, "POST": VIEW}

    @extend_schema(
        operation_id="list_moves",
        tags=["lifecycle"],
        parameters=[KEY],
        responses={200: MoveSerializer(many=True), **refusals(*SIGNED_IN, 404)},
    )
    def get(self, request: Request, key: str) -> HttpResponse:
        """List the moves from the present status, with what each still lacks."""
        project = Project.objects.select_related("project_type").get(pk=project_id(key))
        allowed = available_moves(actor=signed_in(request), project=project)
        return json_response(
            [
                {
                    "name": move.name,
                    "label": move.label,
                    "target": move.target.value,
                    "explanation": move.explanation,
                    "comment_required": move.comment_required,
                    "allowed": move in allowed,
                    "unmet": unmet_requirements(project=project, move=move),
                }
                for move in moves_from(project.status)
            ]
        )

    @extend_schema(
        operation_id="move_project",
        tags=["lifecycle"],
        parameters=[KEY],
        request=MoveBodySerializer,
        responses={200: MovedSerializer, **refusals(400, *SIGNED_IN, 404, 409, 413, 415)},
    )
    def post(self, request: Request, key: str) -> HttpResponse:
        """Make one move. Registering needs a second person."""
        pk = project_id(key)
        body = MoveBodySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        project = project_move(actor=signed_in(request), pk=pk, **body.validated_data)
        words = f"Project is now {project.get_status_display().lower()}"
        return json_response({"success": True, "message": words, "status": project.status})


class PublishView(ApiView):
    """Shows a project to the public, or hides it."""

    permissions = {"POST": "registry.publish_project"}

    @extend_schema(
        operation_id="publish_project",
        tags=["lifecycle"],
        parameters=[KEY],
        request=PublishBodySerializer,
        responses={200: ChangedSerializer, **refusals(400, *SIGNED_IN, 404, 409, 413, 415)},
    )
    def post(self, request: Request, key: str) -> HttpResponse:
        """Publish or hide. The public sees it only while it is registered, suspended or completed."""
        pk = project_id(key)
        body = PublishBodySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        project = project_publish(pk=pk, published=body.validated_data["published"])
        words = "Project published" if project.published else "Project hidden"
        if project.published and not project.is_public:
            words = "Project will be public once it is registered"
        return json_response({"success": True, "message": words})


class OverlapListView(ApiView):
    """Land that a project shares with others."""

    permissions = {"GET": "registry.view_boundaryoverlap"}

    @extend_schema(
        operation_id="list_overlaps",
        tags=["lifecycle"],
        parameters=[KEY, *listing_parameters(OVERLAPS, {})],
        responses={200: OverlapSerializer(many=True), **NOT_MODIFIED, **refusals(400, *SIGNED_IN, 404)},
    )
    def get(self, request: Request, key: str) -> HttpResponse:
        """List the overlaps of its boundary with other projects'."""
        pk = project_id(key)
        own = Condition('("row"."first_id" = %s OR "row"."second_id" = %s)', (pk, pk))
        return list_response(request._request, OVERLAPS, cache=PRIVATE_CACHE, within=own)


class OverlapJustifyView(ApiView):
    """Says why shared land is not counted twice."""

    permissions = {"POST": "registry.settle_overlap"}

    @extend_schema(
        operation_id="justify_overlap",
        tags=["lifecycle"],
        parameters=[KEY, OpenApiParameter("overlap", OpenApiTypes.INT64, "path")],
        request=JustifyBodySerializer,
        responses={200: ChangedSerializer, **refusals(400, *SIGNED_IN, 404, 409, 413, 415)},
    )
    def post(self, request: Request, key: str, overlap: int) -> HttpResponse:
        """Justify one overlap; the words are kept with who said them."""
        pk = project_id(key)
        found = BoundaryOverlap.objects.filter(pk=overlap).first()
        if found is None or pk not in (found.first_id, found.second_id):
            raise NotFound("Overlap not found.")
        body = JustifyBodySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        overlap_justify(actor=signed_in(request), pk=found.pk, **body.validated_data)
        return json_response({"success": True, "message": "Overlap justified"})


class HistoryView(ApiView):
    """Who changed what of a project, when and through which entrance."""

    permissions = {"GET": "registry.view_historicalproject"}

    @extend_schema(
        operation_id="read_history",
        tags=["lifecycle"],
        parameters=[KEY, *listing_parameters(HISTORY, {})],
        responses={200: HistorySerializer(many=True), **NOT_MODIFIED, **refusals(400, *SIGNED_IN, 404)},
    )
    def get(self, request: Request, key: str) -> HttpResponse:
        """List the changes, the latest first, each field with its value before and after."""
        own = Condition('"row"."id" = %s', (project_id(key),))
        return list_response(request._request, HISTORY, cache=PRIVATE_CACHE, within=own)
