"""Signing in and out, and the list of one's sessions."""

import uuid

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request

from accounts.api.authentication import present_session, signed_in
from accounts.api.people_shapes import (
    RefreshSerializer,
    SessionSerializer,
    SignInSerializer,
    TokensSerializer,
    session_body,
)
from accounts.choices import SessionEnd
from accounts.selectors import sessions_of
from accounts.services import person_sign_in, session_end, session_refresh, sessions_end
from accounts.services.sessions import Tokens
from carboncore.common.api.bodies import json_response
from carboncore.common.api.schema import refusals
from carboncore.common.api.serializers import DoneSerializer
from carboncore.common.api.views import ApiView

SESSION_ID = OpenApiParameter("public_id", OpenApiTypes.UUID, "path", description="The session's id.")


class PersonLoginView(ApiView):
    """Signing in."""

    authentication_classes = []
    permission_classes = []
    rate_limit = "sign-in"

    @extend_schema(
        operation_id="person_sign_in",
        tags=["people"],
        auth=[],
        request=SignInSerializer,
        responses={200: TokensSerializer, **refusals(400, 401, 413, 415, 429)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Sign in. Five wrong tries for one e-mail in fifteen minutes lock it; `Retry-After` says for how long."""
        body = SignInSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        return _answer(person_sign_in(**body.validated_data))


class RefreshView(ApiView):
    """Going on after the access token."""

    authentication_classes = []
    permission_classes = []
    rate_limit = "refresh"

    @extend_schema(
        operation_id="refresh_tokens",
        tags=["people"],
        auth=[],
        request=RefreshSerializer,
        responses={200: TokensSerializer, **refusals(400, 401, 409, 413, 415, 429)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Exchange the refresh token for a new pair, once. One that was exchanged and comes again ends the session.

        Within ten seconds the same client gets 409 instead and goes on with the pair of the first answer.
        """
        body = RefreshSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        return _answer(session_refresh(**body.validated_data))


class LogoutView(ApiView):
    """Signing out."""

    permission_classes = [IsAuthenticated]

    @extend_schema(
        operation_id="sign_out",
        tags=["people"],
        request=None,
        responses={200: DoneSerializer, **refusals(401, 404, 429)},
    )
    def post(self, request: Request) -> HttpResponse:
        """End the session of this token; its refresh token ends with it."""
        session = present_session(request)
        if session is not None:
            session_end(user=signed_in(request), public_id=session.public_id, reason=SessionEnd.LOGOUT)
        return json_response({"success": True, "message": "Signed out"})


class LogoutEverywhereView(ApiView):
    """Signing out everywhere."""

    permission_classes = [IsAuthenticated]

    @extend_schema(
        operation_id="sign_out_everywhere",
        tags=["people"],
        request=None,
        responses={200: DoneSerializer, **refusals(401, 429)},
    )
    def post(self, request: Request) -> HttpResponse:
        """End every session of the caller, this one too."""
        sessions_end(user=signed_in(request), reason=SessionEnd.EVERYWHERE)
        return json_response({"success": True, "message": "Signed out everywhere"})


class SessionListView(ApiView):
    """One's own sessions."""

    permission_classes = [IsAuthenticated]

    @extend_schema(
        operation_id="list_sessions",
        tags=["people"],
        responses={200: SessionSerializer(many=True), **refusals(401, 429)},
    )
    def get(self, request: Request) -> HttpResponse:
        """List where the caller is signed in, the session seen last first; at most a hundred."""
        current = present_session(request)
        return json_response([session_body(session, current=current) for session in sessions_of(signed_in(request))])


class SessionView(ApiView):
    """One of one's own sessions."""

    permission_classes = [IsAuthenticated]

    @extend_schema(
        operation_id="revoke_session",
        tags=["people"],
        parameters=[SESSION_ID],
        responses={200: DoneSerializer, **refusals(401, 404, 429)},
    )
    def delete(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """End it; every token of it is refused from now on."""
        session_end(user=signed_in(request), public_id=public_id)
        return json_response({"success": True, "message": "Session ended"})


def _answer(tokens: Tokens) -> HttpResponse:
    return json_response(
        {
            "access_token": tokens.access_token,
            "token_type": "bearer",
            "expires_in": tokens.expires_in,
            "refresh_token": tokens.refresh_token,
        }
    )
