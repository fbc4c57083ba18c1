"""Who comes into an organisation and who owns it: invitations, and handing it over."""

import uuid
from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request

from accounts.api.authentication import signed_in
from accounts.api.organisation_part_shapes import (
    INVITATION_SHAPE,
    INVITATIONS,
    HandOverSerializer,
    InvitationSerializer,
    NewInvitationSerializer,
    OwnInvitationSerializer,
    own_invitation_body,
)
from accounts.api.organisations import ORGANISATION_ID
from accounts.models import OrganisationInvitation
from accounts.organisation_selectors import (
    invitation_for,
    invitation_of,
    invitations_for,
    organisation_managed_by,
)
from accounts.selectors import organisation_visible_to, user_by_public_id
from accounts.services import (
    member_invitation_accept,
    member_invitation_decline,
    member_invitation_revoke,
    member_invite,
    member_invite_again,
    ownership_transfer,
)
from carboncore.common.api.bodies import json_response
from carboncore.common.api.listing import Condition
from carboncore.common.api.reading import PRIVATE_CACHE, list_response, row_text, tagged_response
from carboncore.common.api.schema import listing_parameters, refusals
from carboncore.common.api.serializers import DoneSerializer
from carboncore.common.api.views import ApiView

INVITATION_ID = OpenApiParameter("invitation", OpenApiTypes.UUID, "path", description="The invitation's id.")


class InvitationListView(ApiView):
    """The invitations of an organisation."""

    key_scopes = {"GET": "read"}
    permission_classes = [IsAuthenticated]
    rate_limit = {"POST": "invite"}

    @extend_schema(
        operation_id="list_invitations",
        tags=["organisations"],
        parameters=[
            ORGANISATION_ID,
            *listing_parameters(
                INVITATIONS, {"state": "open, accepted, declined or revoked; several are alternatives."}
            ),
        ],
        responses={200: InvitationSerializer(many=True), **refusals(400, 401, 403, 404)},
    )
    def get(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """List them, the newest first; for owners, and staff who decide about organisations."""
        found = organisation_managed_by(user=signed_in(request), public_id=public_id)
        own = Condition('"row"."organisation_id" = %s', (found.pk,))
        return list_response(request._request, INVITATIONS, cache=PRIVATE_CACHE, within=own)

    @extend_schema(
        operation_id="invite_member",
        tags=["organisations"],
        parameters=[ORGANISATION_ID],
        request=NewInvitationSerializer,
        responses={201: InvitationSerializer, **refusals(400, 401, 403, 404, 409, 413, 415, 429)},
    )
    def post(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Invite somebody by e-mail, whether they have an account or not; the link works for seven days."""
        found = organisation_managed_by(user=signed_in(request), public_id=public_id)
        body = NewInvitationSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        invitation = member_invite(actor=signed_in(request), organisation=found, **body.validated_data)
        answer = _invitation(request, invitation)
        answer.status_code = 201
        return answer


class InvitationView(ApiView):
    """One invitation of an organisation."""

    permission_classes = [IsAuthenticated]

    @extend_schema(
        operation_id="revoke_invitation",
        tags=["organisations"],
        parameters=[ORGANISATION_ID, INVITATION_ID],
        responses={200: DoneSerializer, **refusals(401, 403, 404, 409)},
    )
    def delete(self, request: Request, public_id: uuid.UUID, invitation: uuid.UUID) -> HttpResponse:
        """Take it back; its link works no more."""
        found = organisation_managed_by(user=signed_in(request), public_id=public_id)
        pk = invitation_of(organisation=found, public_id=invitation).pk
        member_invitation_revoke(actor=signed_in(request), pk=pk)
        return json_response({"success": True, "message": "Invitation revoked"})


class InvitationAgainView(ApiView):
    """Sending an invitation again."""

    permission_classes = [IsAuthenticated]
    rate_limit = "invite"

    @extend_schema(
        operation_id="resend_invitation",
        tags=["organisations"],
        parameters=[ORGANISATION_ID, INVITATION_ID],
        request=None,
        responses={200: InvitationSerializer, **refusals(401, 403, 404, 409, 429)},
    )
    def post(self, request: Request, public_id: uuid.UUID, invitation: uuid.UUID) -> HttpResponse:
        """Send it with a new link for another seven days; the link before works no more."""
        found = organisation_managed_by(user=signed_in(request), public_id=public_id)
        pk = invitation_of(organisation=found, public_id=invitation).pk
        return _invitation(request, member_invite_again(actor=signed_in(request), pk=pk))


class HandOverView(ApiView):
    """Handing an organisation over."""

    permission_classes = [IsAuthenticated]

    @extend_schema(
        operation_id="hand_over_organisation",
        tags=["organisations"],
        parameters=[ORGANISATION_ID],
        request=HandOverSerializer,
        responses={200: DoneSerializer, **refusals(400, 401, 403, 404, 413, 415)},
    )
    def post(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Make another member an owner and step down oneself, in one step."""
        found = organisation_visible_to(user=signed_in(request), public_id=public_id)
        body = HandOverSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        receiver = user_by_public_id(public_id=body.validated_data["user"])
        own_role = body.validated_data["own_role"]
        ownership_transfer(actor=signed_in(request), organisation=found, user=receiver, own_role=own_role)
        return json_response({"success": True, "message": "Organisation handed over"})


class OwnInvitationListView(ApiView):
    """Invitations that wait for the caller."""

    permission_classes = [IsAuthenticated]

    @extend_schema(
        operation_id="list_own_invitations",
        tags=["people"],
        responses={200: OwnInvitationSerializer(many=True), **refusals(401)},
    )
    def get(self, request: Request) -> HttpResponse:
        """List the open ones that went to the caller's e-mail, the newest first."""
        return json_response([own_invitation_body(row) for row in invitations_for(signed_in(request))])


class _AnswerView(ApiView):
    permission_classes = [IsAuthenticated]

    def answer(self, request: Request, invitation: uuid.UUID, service: Callable[..., Any], words: str) -> HttpResponse:
        """Answer an invitation that went to the caller's e-mail."""
        found = invitation_for(user=signed_in(request), public_id=invitation)
        service(actor=signed_in(request), pk=found.pk)
        return json_response({"success": True, "message": words})


def _answering(operation: str) -> Any:
    return extend_schema(
        operation_id=operation,
        tags=["people"],
        parameters=[INVITATION_ID],
        request=None,
        responses={200: DoneSerializer, **refusals(401, 403, 404, 409)},
    )


class AcceptInvitationView(_AnswerView):
    """Accepting."""

    @_answering("accept_invitation")
    def post(self, request: Request, invitation: uuid.UUID) -> HttpResponse:
        """Become a member of the organisation."""
        return self.answer(request, invitation, member_invitation_accept, "You are a member now")


class DeclineInvitationView(_AnswerView):
    """Declining."""

    @_answering("decline_invitation")
    def post(self, request: Request, invitation: uuid.UUID) -> HttpResponse:
        """Say no."""
        return self.answer(request, invitation, member_invitation_decline, "Invitation declined")


def _invitation(request: Request, invitation: OrganisationInvitation) -> HttpResponse:
    text = row_text(INVITATION_SHAPE, Condition('"row"."id" = %s', (invitation.pk,))) or ""
    return tagged_response(request._request, text, cache=PRIVATE_CACHE)
