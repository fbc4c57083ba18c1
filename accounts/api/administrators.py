"""Administrators: list, invite, set permissions and limits, deactivate, reset a lost second factor."""

import uuid
from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from accounts.api.administrator_shapes import (
    AdministratorSerializer,
    ChangeAdministratorSerializer,
    InviteAdministratorSerializer,
    InvitedAdministratorSerializer,
    ResetFactorsSerializer,
    administrator_bodies,
    administrator_body,
)
from accounts.api.authentication import signed_in
from accounts.limits import Limits
from accounts.roles import USERS_PERMISSION
from accounts.selectors import administrator_by_id, administrators
from accounts.services import (
    administrator_change,
    administrator_deactivate,
    administrator_invite,
    factors_reset,
    staff_invite_again,
)
from carboncore.common.api.bodies import json_response
from carboncore.common.api.schema import refusals
from carboncore.common.api.serializers import DoneSerializer
from carboncore.common.api.views import ApiView

_ID = OpenApiParameter("public_id", OpenApiTypes.UUID, "path", description="The administrator's id.")
_REFUSED = (400, 401, 403, 404, 409, 413, 415, 429)


class AdministratorListView(ApiView):
    """All staff accounts, and new ones."""

    permissions = {"GET": USERS_PERMISSION, "POST": "accounts.add_user"}
    rate_limit = {"POST": "invite"}

    @extend_schema(
        operation_id="list_administrators",
        tags=["administrators"],
        responses={200: AdministratorSerializer(many=True), **refusals(401, 403, 429)},
    )
    def get(self, request: Request) -> HttpResponse:
        """List the staff accounts, by e-mail; the first thousand."""
        return json_response(administrator_bodies(administrators()))

    @extend_schema(
        operation_id="invite_administrator",
        tags=["administrators"],
        request=InviteAdministratorSerializer,
        responses={201: InvitedAdministratorSerializer, **refusals(400, 401, 403, 413, 415, 429)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Make a staff account and mail it a link, which sets the password and works once, for three days.

        Nobody gives a permission, country or standard that they do not hold themselves.
        """
        body = InviteAdministratorSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        user = administrator_invite(
            actor=signed_in(request),
            email=given["email"],
            full_name=given.get("full_name", ""),
            role=given.get("role", ""),
            permissions=given.get("permissions", {}),
            limits=Limits(frozenset(given.get("countries", ())), frozenset(given.get("standards", ()))),
        )
        told = administrator_body(administrator_by_id(public_id=user.public_id))
        answer = {"success": True, "message": "Invitation sent", "administrator": told}
        return json_response(answer, status=201, headers={"Location": f"{request.path}/{user.public_id}"})


class AdministratorView(ApiView):
    """One staff account."""

    permissions = dict.fromkeys(("GET", "PUT", "PATCH", "DELETE"), USERS_PERMISSION)

    @extend_schema(
        operation_id="read_administrator",
        tags=["administrators"],
        parameters=[_ID],
        responses={200: AdministratorSerializer, **refusals(401, 403, 404, 429)},
    )
    def get(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Read one."""
        return json_response(administrator_body(administrator_by_id(public_id=public_id)))

    @extend_schema(
        operation_id="change_administrator",
        tags=["administrators"],
        parameters=[_ID],
        request=ChangeAdministratorSerializer,
        responses={200: AdministratorSerializer, **refusals(*_REFUSED)},
    )
    def put(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Change what is sent and nothing else. Nobody changes their own rights, nor the last active super admin's."""
        body = ChangeAdministratorSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        user = administrator_by_id(public_id=public_id)
        administrator_change(actor=signed_in(request), pk=user.pk, changes=body.validated_data)
        return json_response(administrator_body(administrator_by_id(public_id=public_id)))

    @extend_schema(
        operation_id="change_administrator_partly",
        tags=["administrators"],
        parameters=[_ID],
        request=ChangeAdministratorSerializer,
        responses={200: AdministratorSerializer, **refusals(*_REFUSED)},
    )
    def patch(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Do the same as PUT."""
        return self.put(request, public_id)

    @extend_schema(
        operation_id="deactivate_administrator",
        tags=["administrators"],
        parameters=[_ID],
        responses={200: DoneSerializer, **refusals(401, 403, 404, 409, 429)},
    )
    def delete(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Deactivate the account: its sessions and tokens end at once. It stays, because history names it."""
        administrator_deactivate(actor=signed_in(request), pk=administrator_by_id(public_id=public_id).pk)
        return json_response({"success": True, "message": "Administrator deactivated"})


class _DeedView(ApiView):
    """Something done to one staff account."""

    def done(self, message: str) -> HttpResponse:
        """Say so."""
        said: dict[str, Any] = {"success": True, "message": message}
        return json_response(said)


class InviteAgainView(_DeedView):
    """Another invitation."""

    permissions = {"POST": "accounts.add_user"}
    rate_limit = "invite"

    @extend_schema(
        operation_id="invite_administrator_again",
        tags=["administrators"],
        parameters=[_ID],
        request=None,
        responses={200: DoneSerializer, **refusals(401, 403, 404, 409, 429)},
    )
    def post(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Mail another link to somebody who has not chosen a password yet; the one before works no more."""
        staff_invite_again(actor=signed_in(request), pk=administrator_by_id(public_id=public_id).pk)
        return self.done("Invitation sent")


class ResetFactorsView(_DeedView):
    """Lost second factors."""

    permissions = {"POST": "accounts.reset_factors"}

    @extend_schema(
        operation_id="reset_administrator_factors",
        tags=["administrators"],
        parameters=[_ID],
        request=ResetFactorsSerializer,
        responses={200: DoneSerializer, **refusals(*_REFUSED)},
    )
    def post(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Take the second factors of somebody who lost them. Their sessions end, and they have to set one up anew."""
        body = ResetFactorsSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        user = administrator_by_id(public_id=public_id)
        factors_reset(actor=signed_in(request), pk=user.pk, reason=body.validated_data["reason"])
        return self.done("Second factors reset")
