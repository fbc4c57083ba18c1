"""What anyone may read: projects, types, standards, countries."""

from django.http import HttpRequest, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

from carboncore.common.api.reading import PUBLIC_CACHE, list_response, tagged_response
from carboncore.common.api.schema import listing_parameters, refusals
from carboncore.common.api.statements import fetch_all
from carboncore.common.api.views import LeanReadView
from carboncore.common.errors import InvalidInput
from registry.api.catalogue_lists import COUNTRIES, PUBLIC_PROJECT_TYPES, PUBLIC_STANDARDS
from registry.api.catalogue_shapes import CountrySerializer, PublicProjectTypeSerializer, StandardSerializer
from registry.api.project_lists import PUBLIC_PROJECTS
from registry.api.project_shapes import PUBLIC_SHAPE, PublicProjectSerializer
from registry.selectors.project_filters import FILTER_WORDS, PUBLIC
from registry.selectors.projects import project_text

NOT_MODIFIED = {304: OpenApiResponse(description="The caller has this already (`If-None-Match`).")}


class ProjectListView(LeanReadView):
    """Published projects."""

    @extend_schema(
        operation_id="list_projects",
        tags=["public"],
        parameters=listing_parameters(PUBLIC_PROJECTS, FILTER_WORDS),
        responses={200: PublicProjectSerializer(many=True), **NOT_MODIFIED, **refusals(400)},
    )
    def get(self, request: HttpRequest) -> HttpResponse:
        """List published projects that are registered, suspended or completed."""
        return list_response(request, PUBLIC_PROJECTS, cache=PUBLIC_CACHE)


class ProjectView(LeanReadView):
    """One published project."""

    @extend_schema(
        operation_id="read_project",
        tags=["public"],
        parameters=[OpenApiParameter("key", OpenApiTypes.STR, "path", description="Its id, public UUID or slug.")],
        responses={200: PublicProjectSerializer, **NOT_MODIFIED, **refusals(404)},
    )
    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        """Read one project. An unknown and a hidden one are the same 404."""
        return tagged_response(request, project_text(PUBLIC_SHAPE, key, base=PUBLIC), cache=PUBLIC_CACHE)


class ProjectTypeListView(LeanReadView):
    """Project types, for filters."""

    @extend_schema(
        operation_id="list_project_types",
        tags=["public"],
        parameters=listing_parameters(PUBLIC_PROJECT_TYPES, {}),
        responses={200: PublicProjectTypeSerializer(many=True), **NOT_MODIFIED, **refusals(400)},
    )
    def get(self, request: HttpRequest) -> HttpResponse:
        """List the kinds of projects."""
        return list_response(request, PUBLIC_PROJECT_TYPES, cache=PUBLIC_CACHE)


class StandardListView(LeanReadView):
    """Standards, for filters."""

    @extend_schema(
        operation_id="list_standards",
        tags=["public"],
        parameters=listing_parameters(PUBLIC_STANDARDS, {}),
        responses={200: StandardSerializer(many=True), **NOT_MODIFIED, **refusals(400)},
    )
    def get(self, request: HttpRequest) -> HttpResponse:
        """List the standards that projects are certified under."""
        return list_response(request, PUBLIC_STANDARDS, cache=PUBLIC_CACHE)


class CountryListView(LeanReadView):
    """Countries, for filters."""

    @extend_schema(
        operation_id="list_countries",
        tags=["public"],
        responses={200: CountrySerializer(many=True), **NOT_MODIFIED, **refusals(400)},
    )
    def get(self, request: HttpRequest) -> HttpResponse:
        """List all countries of ISO 3166-1 in the order of their names, at once."""
        if request.GET:
            raise InvalidInput({name[:60]: ["This list takes no parameters."] for name in request.GET})
        columns, tables = COUNTRIES.select()
        rows = fetch_all(
            f"SELECT json_agg(row_to_json(shown) ORDER BY shown.name)::text FROM {tables}"  # noqa: S608
            f" CROSS JOIN LATERAL (SELECT {columns}) AS shown",
            [],
        )
        return tagged_response(request, rows[0][0], cache=PUBLIC_CACHE)
