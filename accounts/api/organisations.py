"""Organisations: one's own and their members; and for staff, deciding about them."""

import uuid
from collections.abc import Callable, Sequence
from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request

from accounts.api.authentication import signed_in
from accounts.api.organisation_shapes import (
    MEMBERS,
    ORGANISATION_SHAPE,
    OWN_ORGANISATIONS,
    DecidedSerializer,
    DecisionBodySerializer,
    MemberBodySerializer,
    MemberSerializer,
    OrganisationBodySerializer,
    OrganisationSerializer,
    StaffOrganisationSerializer,
)
from accounts.choices import OrganisationState
from accounts.models import Organisation
from accounts.querysets import SEES_ORGANISATIONS
from accounts.selectors import organisation_visible_to, user_by_public_id
from accounts.services import (
    membership_remove,
    membership_set,
    organisation_approve,
    organisation_create,
    organisation_reinstate,
    organisation_reject,
    organisation_suspend,
)
from accounts.services.organisations import DECIDES
from carboncore.common.api.bodies import json_response
from carboncore.common.api.json_rows import RowShape
from carboncore.common.api.listing import BY_ID, Condition, Listing
from carboncore.common.api.reading import PRIVATE_CACHE, list_response, row_text, tagged_response
from carboncore.common.api.schema import listing_parameters, refusals
from carboncore.common.api.serializers import DoneSerializer
from carboncore.common.api.views import ApiView
from carboncore.common.errors import InvalidInput

ORGANISATION_ID = OpenApiParameter("public_id", OpenApiTypes.UUID, "path", description="The organisation's id.")
USER_ID = OpenApiParameter("user", OpenApiTypes.UUID, "path", description="The person's id.")


def _by_state(values: Sequence[str]) -> Condition:
    if not set(values) <= set(OrganisationState.values):
        raise InvalidInput({"state": [f"Give one of {', '.join(OrganisationState.values)}."]})
    return Condition('"row"."state" = ANY(%s::text[])', (list(values),))


ALL_ORGANISATIONS = Listing(
    RowShape(StaffOrganisationSerializer), filters={"state": _by_state}, orderings=BY_ID, default_ordering="-id"
)


class OrganisationListView(ApiView):
    """The caller's organisations, and new ones."""

    key_scopes = {"GET": "read", "POST": "organisation"}
    permission_classes = [IsAuthenticated]

    @extend_schema(
        operation_id="list_organisations",
        tags=["organisations"],
        parameters=listing_parameters(OWN_ORGANISATIONS, {}),
        responses={200: OrganisationSerializer(many=True), **refusals(400, 401)},
    )
    def get(self, request: Request) -> HttpResponse:
        """List the organisations that the caller is a member of."""
        own = Condition(
            '"row"."id" IN (SELECT organisation_id FROM accounts_membership WHERE user_id = %s)',
            (signed_in(request).pk,),
        )
        return list_response(request._request, OWN_ORGANISATIONS, cache=PRIVATE_CACHE, within=own)

    @extend_schema(
        operation_id="create_organisation",
        tags=["organisations"],
        request=OrganisationBodySerializer,
        responses={201: OrganisationSerializer, **refusals(400, 401, 409, 413, 415)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Enter an organisation. It holds and moves credits once staff have approved it; the caller owns it."""
        body = OrganisationBodySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        created = organisation_create(actor=signed_in(request), **body.validated_data)
        answer = tagged_response(request._request, _text(created), cache=PRIVATE_CACHE)
        answer.status_code = 201
        answer["Location"] = f"{request.path}/{created.public_id}"
        return answer


class OrganisationView(ApiView):
    """One organisation."""

    key_scopes = {"GET": "read"}
    permission_classes = [IsAuthenticated]

    @extend_schema(
        operation_id="read_organisation",
        tags=["organisations"],
        parameters=[ORGANISATION_ID],
        responses={200: OrganisationSerializer, **refusals(401, 404)},
    )
    def get(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Read it, as a member or as staff who may view organisations."""
        found = organisation_visible_to(user=signed_in(request), public_id=public_id)
        return tagged_response(request._request, _text(found), cache=PRIVATE_CACHE)


class MemberListView(ApiView):
    """The members of an organisation."""

    key_scopes = {"GET": "read"}
    permission_classes = [IsAuthenticated]

    @extend_schema(
        operation_id="list_members",
        tags=["organisations"],
        parameters=[ORGANISATION_ID, *listing_parameters(MEMBERS, {})],
        responses={200: MemberSerializer(many=True), **refusals(400, 401, 404)},
    )
    def get(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """List them, the longest-standing first."""
        found = organisation_visible_to(user=signed_in(request), public_id=public_id)
        own = Condition('"row"."organisation_id" = %s', (found.pk,))
        return list_response(request._request, MEMBERS, cache=PRIVATE_CACHE, within=own)


class MemberView(ApiView):
    """One member."""

    key_scopes = {"PUT": "organisation", "DELETE": "organisation"}
    permission_classes = [IsAuthenticated]

    @extend_schema(
        operation_id="set_member",
        tags=["organisations"],
        parameters=[ORGANISATION_ID, USER_ID],
        request=MemberBodySerializer,
        responses={200: DoneSerializer, **refusals(400, 401, 403, 404, 409, 413, 415)},
    )
    def put(self, request: Request, public_id: uuid.UUID, user: uuid.UUID) -> HttpResponse:
        """Give a member another role; an owner may. Whoever is no member yet is invited, and joins by accepting."""
        found = organisation_visible_to(user=signed_in(request), public_id=public_id)
        body = MemberBodySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        member = user_by_public_id(public_id=user)
        membership_set(actor=signed_in(request), organisation=found, user=member, **body.validated_data)
        return json_response({"success": True, "message": "Member set"})

    @extend_schema(
        operation_id="remove_member",
        tags=["organisations"],
        parameters=[ORGANISATION_ID, USER_ID],
        responses={200: DoneSerializer, **refusals(401, 403, 404, 409)},
    )
    def delete(self, request: Request, public_id: uuid.UUID, user: uuid.UUID) -> HttpResponse:
        """End a membership: an owner anybody's, everybody their own; the last owner stays."""
        found = organisation_visible_to(user=signed_in(request), public_id=public_id)
        member = user_by_public_id(public_id=user)
        membership_remove(actor=signed_in(request), organisation=found, user=member)
        return json_response({"success": True, "message": "Member removed"})


class StaffOrganisationListView(ApiView):
    """All organisations, for staff."""

    permissions = {"GET": SEES_ORGANISATIONS}

    @extend_schema(
        operation_id="staff_list_organisations",
        tags=["organisations"],
        parameters=listing_parameters(
            ALL_ORGANISATIONS, {"state": "pending, approved, rejected or suspended; several are alternatives."}
        ),
        responses={200: StaffOrganisationSerializer(many=True), **refusals(400, 401, 403)},
    )
    def get(self, request: Request) -> HttpResponse:
        """List them, the newest first."""
        return list_response(request._request, ALL_ORGANISATIONS, cache=PRIVATE_CACHE)


class _DecisionView(ApiView):
    """A decision about an organisation, by staff who did not enter it."""

    permissions = {"POST": DECIDES}

    def decide(self, request: Request, public_id: uuid.UUID, service: Callable[..., Organisation]) -> HttpResponse:
        """Decide, and answer with the state that follows."""
        found = organisation_visible_to(user=signed_in(request), public_id=public_id)
        body = DecisionBodySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        decided = service(actor=signed_in(request), pk=found.pk, note=body.validated_data.get("note", ""))
        words = f"Organisation {decided.get_state_display().lower()}"
        return json_response({"success": True, "message": words, "state": decided.state})


def _decision(operation: str) -> Any:
    return extend_schema(
        operation_id=operation,
        tags=["organisations"],
        parameters=[ORGANISATION_ID],
        request=DecisionBodySerializer,
        responses={200: DecidedSerializer, **refusals(400, 401, 403, 404, 409, 413, 415)},
    )


class ApproveView(_DecisionView):
    """Approving."""

    @_decision("approve_organisation")
    def post(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Approve a pending organisation."""
        return self.decide(request, public_id, organisation_approve)


class RejectView(_DecisionView):
    """Refusing."""

    @_decision("reject_organisation")
    def post(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Refuse a pending organisation, saying why."""
        return self.decide(request, public_id, organisation_reject)


class SuspendView(_DecisionView):
    """Suspending."""

    @_decision("suspend_organisation")
    def post(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Stop its members from moving what it holds, saying why."""
        return self.decide(request, public_id, organisation_suspend)


class ReinstateView(_DecisionView):
    """Reinstating."""

    @_decision("reinstate_organisation")
    def post(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Let a suspended organisation act again."""
        return self.decide(request, public_id, organisation_reinstate)


def _text(organisation: Organisation) -> str:
    return row_text(ORGANISATION_SHAPE, Condition('"row"."id" = %s', (organisation.pk,))) or ""
