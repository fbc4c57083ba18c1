"""Issuance requests for staff: asked for by one person, approved or refused by another."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from carboncore.common.api.listing import Condition
from carboncore.common.api.reading import PRIVATE_CACHE, list_response, row_text, tagged_response
from carboncore.common.api.schema import listing_parameters, refusals
from carboncore.common.api.views import ApiView
from carboncore.common.errors import InvalidInput, NotFound
from carboncore.common.quantities import tonnes_from_kg
from registry.reach import OF_PROJECT, reach_condition, within_reach
from transactions.api.bodies import project_named
from transactions.api.callers import IDEMPOTENCY_KEY, signed_in_caller
from transactions.api.office_shapes import (
    ISSUANCE_REQUESTS,
    ISSUANCE_SHAPE,
    WORDS,
    ApprovalBodySerializer,
    CreatedRequestSerializer,
    IssuanceBodySerializer,
    IssuanceRequestSerializer,
    IssuedSerializer,
    named_period,
    named_standard,
)
from transactions.api.once import answered_once
from transactions.api.refusing import REQUEST_ID, RefusalView, refusing
from transactions.rights import ASKS_ISSUANCE, DECIDES_ISSUANCE
from transactions.services import issuance_request_approve, issuance_request_create, issuance_request_reject

VIEW = "transactions.view_issuancerequest"


class IssuanceListView(ApiView):
    """All issuance requests, and new ones."""

    permissions = {"GET": VIEW, "POST": ASKS_ISSUANCE}

    @extend_schema(
        operation_id="list_issuance_requests",
        tags=["issuance"],
        parameters=listing_parameters(ISSUANCE_REQUESTS, WORDS),
        responses={200: IssuanceRequestSerializer(many=True), **refusals(400, 401, 403)},
    )
    def get(self, request: Request) -> HttpResponse:
        """List them, the newest first."""
        return list_response(
            request._request, ISSUANCE_REQUESTS, cache=PRIVATE_CACHE, within=reach_condition(OF_PROJECT)
        )

    @extend_schema(
        operation_id="create_issuance_request",
        tags=["issuance"],
        parameters=[IDEMPOTENCY_KEY],
        request=IssuanceBodySerializer,
        responses={201: CreatedRequestSerializer, **refusals(400, 401, 403, 409, 413, 415)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Ask for credits. Nothing is issued until another person approves."""
        body = IssuanceBodySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = dict(body.validated_data)

        def create() -> dict[str, Any]:
            project = project_named(given.pop("project_id"))
            if project is None:
                raise InvalidInput({"project_id": ["There is no such project."]})
            filed = issuance_request_create(
                actor=signed_in_caller(request),
                project=project,
                vintage=given["vintage"],
                quantity_kg=given["quantity"],
                period=named_period(given.get("monitoring_period")),
                standard=named_standard(given.get("standard")),
                labels=tuple(given.get("labels", ())),
                justification=given.get("justification", ""),
            )
            return {"success": True, "id": filed.pk, "message": "Issuance request filed; a second person decides it"}

        return answered_once(request, create, what="issuance", status=201)


class IssuanceView(ApiView):
    """One issuance request."""

    permissions = {"GET": VIEW}

    @extend_schema(
        operation_id="read_issuance_request",
        tags=["issuance"],
        parameters=[REQUEST_ID],
        responses={200: IssuanceRequestSerializer, **refusals(401, 403, 404)},
    )
    def get(self, request: Request, pk: int) -> HttpResponse:
        """Read it."""
        text = row_text(ISSUANCE_SHAPE, within_reach(Condition('"row"."id" = %s', (pk,)), OF_PROJECT))
        if text is None:
            raise NotFound("Issuance request not found.")
        return tagged_response(request._request, text, cache=PRIVATE_CACHE)


class IssuanceApproveView(ApiView):
    """Approving."""

    permissions = {"POST": DECIDES_ISSUANCE}

    @extend_schema(
        operation_id="approve_issuance_request",
        tags=["issuance"],
        parameters=[REQUEST_ID, IDEMPOTENCY_KEY],
        request=ApprovalBodySerializer,
        responses={200: IssuedSerializer, **refusals(400, 401, 403, 404, 409, 413, 415)},
    )
    def post(self, request: Request, pk: int) -> HttpResponse:
        """Issue the credits. 403 for whoever asked for them; 409 while something is missing, saying what."""
        body = ApprovalBodySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data

        def approve() -> dict[str, Any]:
            batch = issuance_request_approve(
                actor=signed_in_caller(request),
                pk=pk,
                period=named_period(given.get("monitoring_period")),
                standard=named_standard(given.get("standard")),
                note=given.get("note", ""),
            )
            return {
                "success": True,
                "message": "Credits issued",
                "batch": batch.serial_root,
                "quantity": str(tonnes_from_kg(batch.quantity_kg)),
            }

        return answered_once(request, approve, what="issue", of=pk)


class IssuanceRejectView(RefusalView):
    """Refusing."""

    permissions = {"POST": DECIDES_ISSUANCE}
    said = "Issuance request rejected"

    @refusing("reject_issuance_request", "issuance")
    def post(self, request: Request, pk: int) -> HttpResponse:
        """Refuse it, saying why."""
        return self.refuse(request, pk, issuance_request_reject)
