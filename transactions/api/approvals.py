"""Transfers above an organisation's limit: what waits for a second member, and what that member decides."""

import uuid
from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.utils.http import urlencode
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from accounts.choices import ConsentState
from carboncore.common.api.bodies import json_response
from carboncore.common.api.cursors import Position, cursor_position, cursor_text
from carboncore.common.api.listing import DEFAULT_LIMIT, LARGEST_LIMIT
from carboncore.common.api.schema import refusals
from carboncore.common.api.serializers import StrictSerializer, TextField
from carboncore.common.api.views import ApiView
from transactions.api.approval_shapes import ApprovalSerializer, approval_body
from transactions.api.bodies import EmptySerializer
from transactions.api.callers import IDEMPOTENCY_KEY, origin_of, signed_in_caller
from transactions.api.once import answered_once
from transactions.models import MovementApproval
from transactions.selectors.approvals import approval_visible_to, approvals_page
from transactions.services import movement_approval_approve, movement_approval_reject, movement_approval_withdraw

APPROVAL_ID = OpenApiParameter("public_id", OpenApiTypes.UUID, "path", description="The id of what waits.")
_ORDERING = "-id"


class RejectionNoteSerializer(StrictSerializer):
    """Why, where there is something to say."""

    note = TextField(max_length=1000, required=False, allow_blank=True)


class _QuerySerializer(StrictSerializer):
    limit = serializers.IntegerField(required=False, min_value=1, max_value=LARGEST_LIMIT)
    cursor = serializers.CharField(required=False, max_length=500)
    state = serializers.ChoiceField(required=False, choices=ConsentState.choices)


class ApprovalListView(ApiView):
    """What waits, or waited, for a second member."""

    key_scopes = {"GET": "read"}
    permission_classes = []

    @extend_schema(
        operation_id="list_transfer_approvals",
        tags=["movements"],
        parameters=[
            OpenApiParameter("state", OpenApiTypes.STR, enum=ConsentState.values, description="Only these."),
            OpenApiParameter("limit", OpenApiTypes.INT, description="Rows of a page, 1 to 1,000; 100 when not given."),
            OpenApiParameter("cursor", OpenApiTypes.STR, description="Where to go on; from the `Link` header."),
        ],
        responses={200: ApprovalSerializer(many=True), **refusals(400, 401)},
    )
    def get(self, request: Request) -> HttpResponse:
        """List those of the caller's organisations, the newest first."""
        user = signed_in_caller(request)
        query = _QuerySerializer(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        asked = query.validated_data
        limit = asked.get("limit", DEFAULT_LIMIT)
        before = cursor_position(asked["cursor"], _ORDERING, numeric=True).row_id if "cursor" in asked else None
        states = [asked["state"]] if "state" in asked else []
        found = approvals_page(user, states=states, before=before, limit=limit + 1)
        answer = json_response([approval_body(row) for row in found[:limit]])
        if len(found) > limit:
            last = found[limit - 1].pk
            going_on = cursor_text(_ORDERING, Position(str(last), last))
            address = f"{request.path}?{urlencode({**request.query_params.dict(), 'cursor': going_on})}"
            answer["Link"] = f'<{request.build_absolute_uri(address)}>; rel="next"'
        return answer


class ApprovalView(ApiView):
    """One of them."""

    key_scopes = {"GET": "read"}
    permission_classes = []

    @extend_schema(
        operation_id="read_transfer_approval",
        tags=["movements"],
        parameters=[APPROVAL_ID],
        responses={200: ApprovalSerializer, **refusals(401, 404)},
    )
    def get(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Read it."""
        return json_response(approval_body(approval_visible_to(user=signed_in_caller(request), public_id=public_id)))


class _DecisionView(ApiView):
    permission_classes = []
    what: str
    body_class: type[serializers.Serializer] = EmptySerializer

    def decide(
        self, request: Request, public_id: uuid.UUID, service: Callable[..., MovementApproval], **more: Any
    ) -> HttpResponse:
        """Decide once for each Idempotency-Key, and answer with how it stands then."""
        user = signed_in_caller(request)
        found = approval_visible_to(user=user, public_id=public_id)
        body = self.body_class(data=request.data)
        body.is_valid(raise_exception=True)
        given = {**body.validated_data, **more}
        return answered_once(
            request, lambda: approval_body(service(actor=user, pk=found.pk, **given)), what=self.what, of=public_id
        )


def _decision(operation: str, body: type[serializers.Serializer] = EmptySerializer) -> Any:
    return extend_schema(
        operation_id=operation,
        tags=["movements"],
        parameters=[APPROVAL_ID, IDEMPOTENCY_KEY],
        request=body,
        responses={200: ApprovalSerializer, **refusals(400, 401, 403, 404, 409, 413, 415)},
    )


class ApprovalApproveView(_DecisionView):
    """Approving."""

    what = "approval-approve"

    @_decision("approve_transfer")
    def post(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Approve it as a second owner or trader; it is carried out at once, or refused with nothing moved."""
        return self.decide(request, public_id, movement_approval_approve, origin=origin_of(request))


class ApprovalRejectView(_DecisionView):
    """Refusing."""

    what, body_class = "approval-reject", RejectionNoteSerializer

    @_decision("reject_transfer", RejectionNoteSerializer)
    def post(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Refuse it as a second owner or trader."""
        return self.decide(request, public_id, movement_approval_reject)


class ApprovalWithdrawView(_DecisionView):
    """Taking back."""

    what = "approval-withdraw"

    @_decision("withdraw_transfer_approval")
    def post(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Take back what one asked for oneself."""
        return self.decide(request, public_id, movement_approval_withdraw)
