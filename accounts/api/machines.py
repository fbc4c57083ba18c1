"""One's API keys for machines, and one's identities at outside providers."""

import uuid

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request

from accounts.api.authentication import signed_in
from accounts.api.machine_shapes import (
    ApiKeySerializer,
    IdentitySerializer,
    LinkIdentitySerializer,
    MadeApiKeySerializer,
    NewApiKeySerializer,
    api_key_body,
    identity_body,
)
from accounts.selectors import api_keys_of, identities_of
from accounts.services import api_key_create, api_key_revoke, identity_link, identity_unlink
from carboncore.common.api.bodies import json_response
from carboncore.common.api.schema import refusals
from carboncore.common.api.serializers import DoneSerializer
from carboncore.common.api.views import ApiView

KEY_ID = OpenApiParameter("public_id", OpenApiTypes.UUID, "path", description="The key's id.")
IDENTITY_ID = OpenApiParameter("public_id", OpenApiTypes.UUID, "path", description="The identity's id.")


class ApiKeyListView(ApiView):
    """One's API keys. No key opens this: a stolen one must not make others."""

    permission_classes = [IsAuthenticated]
    rate_limit = {"POST": "sign-in"}

    @extend_schema(
        operation_id="list_api_keys",
        tags=["machines"],
        responses={200: ApiKeySerializer(many=True), **refusals(401, 403, 429)},
    )
    def get(self, request: Request) -> HttpResponse:
        """List one's keys, the newest first; those that ended or expired for ninety days."""
        return json_response([api_key_body(key) for key in api_keys_of(signed_in(request))])

    @extend_schema(
        operation_id="create_api_key",
        tags=["machines"],
        request=NewApiKeySerializer,
        responses={201: MadeApiKeySerializer, **refusals(400, 401, 403, 409, 413, 415, 429)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Make a key. The answer shows it, this once; its owner is told by mail. At most twenty at a time."""
        body = NewApiKeySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        made = api_key_create(
            user=signed_in(request),
            password=given["password"],
            name=given["name"],
            scopes=given["scopes"],
            days=given["expires_in_days"],
        )
        headers = {"Location": f"{request.path}/{made.key.public_id}"}
        return json_response({**api_key_body(made.key), "key": made.text}, status=201, headers=headers)


class ApiKeyView(ApiView):
    """One of one's API keys."""

    permission_classes = [IsAuthenticated]

    @extend_schema(
        operation_id="revoke_api_key",
        tags=["machines"],
        parameters=[KEY_ID],
        responses={200: DoneSerializer, **refusals(401, 403, 404, 429)},
    )
    def delete(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Revoke it; the next request with it is refused."""
        api_key_revoke(user=signed_in(request), public_id=public_id)
        return json_response({"success": True, "message": "API key revoked"})


class IdentityListView(ApiView):
    """One's identities at outside providers."""

    permission_classes = [IsAuthenticated]
    rate_limit = {"POST": "sign-in"}

    @extend_schema(
        operation_id="list_identities",
        tags=["machines"],
        responses={200: IdentitySerializer(many=True), **refusals(401, 403, 429)},
    )
    def get(self, request: Request) -> HttpResponse:
        """List the identities whose tokens sign the caller in."""
        return json_response([identity_body(identity) for identity in identities_of(signed_in(request))])

    @extend_schema(
        operation_id="link_identity",
        tags=["machines"],
        request=LinkIdentitySerializer,
        responses={201: IdentitySerializer, **refusals(400, 401, 403, 409, 413, 415, 429)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Have the provider's tokens for the person of this token sign the caller in; for e-mails that differ."""
        body = LinkIdentitySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        identity = identity_link(user=signed_in(request), **body.validated_data)
        return json_response(identity_body(identity), status=201)


class IdentityView(ApiView):
    """One of one's identities."""

    permission_classes = [IsAuthenticated]

    @extend_schema(
        operation_id="unlink_identity",
        tags=["machines"],
        parameters=[IDENTITY_ID],
        responses={200: DoneSerializer, **refusals(401, 403, 404, 409, 429)},
    )
    def delete(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Unlink it: its tokens sign the caller in no more, until the caller links it again."""
        identity_unlink(user=signed_in(request), public_id=public_id)
        return json_response({"success": True, "message": "Identity unlinked"})
