"""The catalogue and data sources over HTTP: look, connect, change, disconnect."""

import uuid
from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request

from accounts.api.authentication import signed_in
from accounts.selectors import organisation_acted_for_by, organisation_visible_to
from carboncore.common.api.bodies import json_response
from carboncore.common.api.schema import ErrorSerializer, refusals
from carboncore.common.api.serializers import DoneSerializer
from carboncore.common.api.views import ApiView
from carboncore.common.errors import InvalidInput
from integrations.api.source_shapes import (
    ConnectSerializer,
    IntegrationDetailSerializer,
    IntegrationListSerializer,
    PermissionNeededSerializer,
    SourceChangedSerializer,
    SourceChangeSerializer,
    SourceListSerializer,
    SourceSerializer,
    fields_of,
    integration_body,
    integration_detail,
    source_body,
)
from integrations.choices import ConnectionStatus, IntegrationCategory, IntegrationStatus
from integrations.selectors.catalogue import connectable_slugs, integration_listed, integrations_listed
from integrations.selectors.connections import connection_visible_to, connections_of
from integrations.services.connections import connection_create, connection_disconnect, connection_update

SOURCE_ID = OpenApiParameter("public_id", OpenApiTypes.UUID, "path", description="The data source's id.")
_ORGANISATION = OpenApiParameter(
    "organisation", OpenApiTypes.UUID, description="An organisation of yours: its data sources instead of your own."
)
_PROVIDER = {
    502: OpenApiResponse(ErrorSerializer, "The provider's answer cannot be understood; nothing was stored."),
    503: OpenApiResponse(ErrorSerializer, "The provider is silent or asks to wait; see `Retry-After`."),
}


class IntegrationListView(ApiView):
    """The catalogue."""

    permission_classes = []

    @extend_schema(
        operation_id="list_integrations",
        tags=["data sources"],
        auth=[],
        parameters=[
            OpenApiParameter("category", description="One of the categories.", enum=IntegrationCategory.values),
            OpenApiParameter("status", description="How far it is.", enum=IntegrationStatus.values),
            OpenApiParameter("search", description="Words of its name, provider or description."),
        ],
        responses={200: IntegrationListSerializer, **refusals(400, 401, 403)},
    )
    def get(self, request: Request) -> HttpResponse:
        """List what data can come from."""
        asked = {name: request.query_params.get(name, "") for name in ("category", "status", "search")}
        known = {"category": IntegrationCategory.values, "status": IntegrationStatus.values}
        wrong = {
            name: [f"Give one of {', '.join(values)}."]
            for name, values in known.items()
            if asked[name] and asked[name] not in values
        }
        if "\x00" in asked["search"] or len(asked["search"]) > 200:
            wrong["search"] = ["Give a few words."]
        if wrong:
            raise InvalidInput(wrong)
        rows, ways = list(integrations_listed(**asked)), connectable_slugs()
        data = [integration_body(row, connectable=row.slug in ways) for row in rows]
        return json_response({"data": data, "count": len(data), "categories": IntegrationCategory.values})


class IntegrationView(ApiView):
    """One entry of the catalogue."""

    permission_classes = []

    @extend_schema(
        operation_id="get_integration",
        tags=["data sources"],
        auth=[],
        parameters=[OpenApiParameter("slug", OpenApiTypes.STR, "path", description="The entry's `id`.")],
        responses={200: IntegrationDetailSerializer, **refusals(401, 403, 404)},
    )
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Show one, with its setup guide and FAQ."""
        row = integration_listed(slug=slug)
        return json_response(integration_detail(row, connectable=row.slug in connectable_slugs()))


class SourceListView(ApiView):
    """One's own data sources, and new ones."""

    permission_classes = [IsAuthenticated]
    rate_limit = {"POST": "connect"}
    key_scopes = {"GET": "data-sources", "POST": "data-sources"}

    @extend_schema(
        operation_id="list_data_sources",
        tags=["data sources"],
        parameters=[_ORGANISATION],
        responses={200: SourceListSerializer, **refusals(400, 401, 404)},
    )
    def get(self, request: Request) -> HttpResponse:
        """List the caller's own data sources, or those of an organisation that they belong to."""
        user, organisation = signed_in(request), None
        if text := request.query_params.get("organisation", ""):
            organisation = organisation_visible_to(user=user, public_id=_uuid("organisation", text))
        data = [source_body(row) for row in connections_of(user=user, organisation=organisation)]
        return json_response({"data": data, "count": len(data)})

    @extend_schema(
        operation_id="connect_data_source",
        tags=["data sources"],
        request=ConnectSerializer,
        responses={
            200: PermissionNeededSerializer,
            201: SourceSerializer,
            **refusals(400, 401, 403, 404, 409, 413, 415),
            **_PROVIDER,
        },
    )
    def post(self, request: Request) -> HttpResponse:
        """Connect a data source: 201 when it is active, 200 with `auth_url` when the provider asks first."""
        body = ConnectSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        asked, user = body.validated_data, signed_in(request)
        organisation = None
        if public_id := asked.get("organisation"):
            organisation = organisation_acted_for_by(user=user, public_id=public_id)
        made = connection_create(
            actor=user,
            integration=integration_listed(slug=asked["integration_id"]),
            organisation=organisation,
            credentials=asked.get("credentials"),
            fields=fields_of(asked.get("metadata", {})),
        )
        if not made.authorize_url:
            return json_response(source_body(made.connection), status=201)
        return json_response(
            {
                "message": "Give the permission at the provider to finish.",
                "auth_url": made.authorize_url,
                "integration_id": asked["integration_id"],
                "id": str(made.connection.public_id),
            }
        )


class SourceView(ApiView):
    """One data source."""

    permission_classes = [IsAuthenticated]
    rate_limit = {"PUT": "connect"}
    key_scopes = {"GET": "data-sources", "PUT": "data-sources", "DELETE": "data-sources"}

    @extend_schema(
        operation_id="get_data_source",
        tags=["data sources"],
        parameters=[SOURCE_ID],
        responses={200: SourceSerializer, **refusals(401, 404)},
    )
    def get(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Show one data source to its owner or the members of its organisation."""
        return json_response(source_body(connection_visible_to(user=signed_in(request), public_id=public_id)))

    @extend_schema(
        operation_id="change_data_source",
        tags=["data sources"],
        parameters=[SOURCE_ID],
        request=SourceChangeSerializer,
        responses={200: SourceChangedSerializer, **refusals(400, 401, 404, 409, 413, 415), **_PROVIDER},
    )
    def put(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Change settings, give new credentials, pause or go on; what is not named stays as it is."""
        body = SourceChangeSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        asked: dict[str, Any] = body.validated_data
        status = asked.get("status")
        changed = connection_update(
            actor=signed_in(request),
            public_id=public_id,
            fields=fields_of(asked.get("metadata", {})),
            credentials=asked.get("credentials"),
            active=None if status is None else status == ConnectionStatus.ACTIVE,
        )
        more = {"auth_url": changed.authorize_url} if changed.authorize_url else {}
        return json_response({**source_body(changed.connection), **more})

    @extend_schema(
        operation_id="disconnect_data_source",
        tags=["data sources"],
        parameters=[
            SOURCE_ID,
            OpenApiParameter("erase", OpenApiTypes.BOOL, description="`true` deletes readings and results as well."),
        ],
        request=None,
        responses={200: DoneSerializer, **refusals(400, 401, 404)},
    )
    def delete(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Disconnect: credentials are destroyed at once, computed history stays unless it is to be erased."""
        erase = request.query_params.get("erase", "false")
        if erase not in {"true", "false"}:
            raise InvalidInput({"erase": ["Give true or false."]})
        connection_disconnect(actor=signed_in(request), public_id=public_id, erase=erase == "true")
        said = "and its readings and results are erased" if erase == "true" else "its readings and results stay"
        return json_response({"success": True, "message": f"Disconnected; the credentials are destroyed, {said}."})


def _uuid(name: str, text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise InvalidInput({name: ["Give the id of an organisation."]}) from None
