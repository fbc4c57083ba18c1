"""Reversal requests for staff: a wrong entry is put back by two persons."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from carboncore.common.api.reading import PRIVATE_CACHE, list_response
from carboncore.common.api.schema import listing_parameters, refusals
from carboncore.common.api.serializers import DoneSerializer
from carboncore.common.api.views import ApiView
from registry.reach import reach_condition
from transactions.api.callers import IDEMPOTENCY_KEY, signed_in_caller
from transactions.api.office_shapes import (
    REVERSAL_REQUESTS,
    WORDS,
    CreatedRequestSerializer,
    NoteBodySerializer,
    ReversalBodySerializer,
    ReversalRequestSerializer,
)
from transactions.api.once import answered_once
from transactions.api.refusing import REQUEST_ID, RefusalView, refusing
from transactions.rights import ASKS_REVERSAL, DECIDES_REVERSAL
from transactions.services import reversal_request_approve, reversal_request_create, reversal_request_reject

_PROJECT = (
    '(SELECT "batch"."project_id" FROM "transactions_ledgerentry" AS "wrong" JOIN "transactions_creditbatch" AS "batch"'
    ' ON "batch"."id" = "wrong"."batch_id" WHERE "wrong"."id" = "row"."entry_id")'
)


class ReversalListView(ApiView):
    """All reversal requests, and new ones."""

    permissions = {"GET": "transactions.view_reversalrequest", "POST": ASKS_REVERSAL}

    @extend_schema(
        operation_id="list_reversal_requests",
        tags=["reversals"],
        parameters=listing_parameters(REVERSAL_REQUESTS, WORDS),
        responses={200: ReversalRequestSerializer(many=True), **refusals(400, 401, 403)},
    )
    def get(self, request: Request) -> HttpResponse:
        """List them, the newest first."""
        within = reach_condition(_PROJECT)
        return list_response(request._request, REVERSAL_REQUESTS, cache=PRIVATE_CACHE, within=within)

    @extend_schema(
        operation_id="create_reversal_request",
        tags=["reversals"],
        parameters=[IDEMPOTENCY_KEY],
        request=ReversalBodySerializer,
        responses={201: CreatedRequestSerializer, **refusals(400, 401, 403, 404, 409, 413, 415)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Ask that a wrong transfer or buffer release be put back; nothing moves before another person approves."""
        body = ReversalBodySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data

        def create() -> dict[str, Any]:
            filed = reversal_request_create(
                actor=signed_in_caller(request), entry_pk=given["entry"], reason=given["reason"]
            )
            return {"success": True, "id": filed.pk, "message": "Reversal request filed; a second person decides it"}

        return answered_once(request, create, what="reversal", status=201)


class ReversalApproveView(ApiView):
    """Approving."""

    permissions = {"POST": DECIDES_REVERSAL}

    @extend_schema(
        operation_id="approve_reversal_request",
        tags=["reversals"],
        parameters=[REQUEST_ID, IDEMPOTENCY_KEY],
        request=NoteBodySerializer,
        responses={200: DoneSerializer, **refusals(400, 401, 403, 404, 409, 413, 415)},
    )
    def post(self, request: Request, pk: int) -> HttpResponse:
        """Put the credits back. 403 for whoever asked; 409 where they have moved on since."""
        body = NoteBodySerializer(data=request.data)
        body.is_valid(raise_exception=True)

        def approve() -> dict[str, Any]:
            reversal_request_approve(actor=signed_in_caller(request), pk=pk, **body.validated_data)
            return {"success": True, "message": "Entry reversed"}

        return answered_once(request, approve, what="reverse", of=pk)


class ReversalRejectView(RefusalView):
    """Refusing."""

    permissions = {"POST": DECIDES_REVERSAL}
    said = "Reversal request rejected"

    @refusing("reject_reversal_request", "reversals")
    def post(self, request: Request, pk: int) -> HttpResponse:
        """Refuse it, saying why; nothing moves."""
        return self.refuse(request, pk, reversal_request_reject)
