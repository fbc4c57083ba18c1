"""What the registry's office does with accounts and the buffer pool: freeze, close, release, cancel."""

import uuid
from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from carboncore.common.api.bodies import json_response
from carboncore.common.api.schema import refusals
from carboncore.common.api.serializers import (
    DoneSerializer,
    QuantityField,
    StrictSerializer,
    TextField,
    WholeNumberField,
)
from carboncore.common.api.views import ApiView
from transactions.api.bodies import FIRST_VINTAGE, LAST_VINTAGE, EmptySerializer, ProjectField
from transactions.api.callers import IDEMPOTENCY_KEY, signed_in_caller
from transactions.api.once import answered_once
from transactions.api.shapes import MovementAnswerSerializer, movement_body
from transactions.querysets import WORKS_TRANSACTIONS
from transactions.selectors.purchases import account_by_address
from transactions.services import (
    Wanted,
    buffer_cancel,
    buffer_pool_account,
    buffer_release,
    holding_account_close,
    holding_account_freeze,
)

_ACCOUNT = OpenApiParameter("public_id", OpenApiTypes.UUID, "path", description="The account's id.")


class _AccountDeedView(ApiView):
    """Something done to an account as a whole; doing it twice does it once."""

    permissions = {"POST": WORKS_TRANSACTIONS}
    said: str

    @staticmethod
    def act(pk: int) -> None:
        """Do it."""
        raise NotImplementedError

    def post(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Do it."""
        account = account_by_address(public_id=public_id)
        EmptySerializer(data=request.data).is_valid(raise_exception=True)
        self.act(account.pk)
        return json_response({"success": True, "message": self.said})


def _deed(operation: str) -> Any:
    return extend_schema(
        operation_id=operation,
        tags=["accounts"],
        parameters=[_ACCOUNT],
        request=EmptySerializer,
        responses={200: DoneSerializer, **refusals(400, 401, 403, 404, 409, 413, 415)},
    )


class AccountFreezeView(_AccountDeedView):
    """Freezing."""

    said = "Account frozen"

    @staticmethod
    def act(pk: int) -> None:
        holding_account_freeze(pk=pk, frozen=True)

    @_deed("freeze_account")
    def post(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Stop the account from giving and receiving."""
        return super().post(request, public_id)


class AccountUnfreezeView(_AccountDeedView):
    """Unfreezing."""

    said = "Account open"

    @staticmethod
    def act(pk: int) -> None:
        holding_account_freeze(pk=pk, frozen=False)

    @_deed("unfreeze_account")
    def post(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Let the account give and receive again."""
        return super().post(request, public_id)


class AccountCloseView(_AccountDeedView):
    """Closing."""

    said = "Account closed"

    @staticmethod
    def act(pk: int) -> None:
        holding_account_close(pk=pk)

    @_deed("close_account")
    def post(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Close an account that holds nothing which could still move; for good."""
        return super().post(request, public_id)


class BufferCancellationBodySerializer(StrictSerializer):
    """Buffer credits of a project, and why."""

    project_id = ProjectField()
    quantity = QuantityField()
    vintage = WholeNumberField(min_value=FIRST_VINTAGE, max_value=LAST_VINTAGE, required=False, allow_null=True)
    serials = serializers.ListField(child=TextField(max_length=120), required=False, max_length=1000)
    reason = TextField(max_length=1000)


class BufferReleaseBodySerializer(BufferCancellationBodySerializer):
    """Buffer credits of a project, to whom they go, and why."""

    to_account = serializers.UUIDField()


def _wanted(given: dict[str, Any]) -> Wanted:
    return Wanted(
        project_id=given["project_id"],
        quantity_kg=given["quantity"],
        vintage=given.get("vintage"),
        serials=given.get("serials", ()),
    )


class BufferReleaseView(ApiView):
    """Releasing from the buffer pool."""

    permissions = {"POST": WORKS_TRANSACTIONS}

    @extend_schema(
        operation_id="release_buffer",
        tags=["buffer"],
        parameters=[IDEMPOTENCY_KEY],
        request=BufferReleaseBodySerializer,
        responses={201: MovementAnswerSerializer, **refusals(400, 401, 403, 404, 409, 413, 415)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Give buffer credits to an account when the risk that they covered is past."""
        body = BufferReleaseBodySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data

        def release() -> dict[str, Any]:
            return movement_body(
                buffer_release(
                    actor=signed_in_caller(request),
                    pool=buffer_pool_account(),
                    to_account=account_by_address(public_id=given["to_account"]),
                    wanted=_wanted(given),
                    reason=given["reason"],
                )
            )

        return answered_once(request, release, what="buffer-release", status=201)


class BufferCancellationView(ApiView):
    """Cancelling from the buffer pool."""

    permissions = {"POST": WORKS_TRANSACTIONS}

    @extend_schema(
        operation_id="cancel_buffer",
        tags=["buffer"],
        parameters=[IDEMPOTENCY_KEY],
        request=BufferCancellationBodySerializer,
        responses={201: MovementAnswerSerializer, **refusals(400, 401, 403, 404, 409, 413, 415)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Cancel buffer credits to make good for stored carbon that was lost again."""
        body = BufferCancellationBodySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data

        def cancel() -> dict[str, Any]:
            return movement_body(
                buffer_cancel(
                    actor=signed_in_caller(request),
                    pool=buffer_pool_account(),
                    wanted=_wanted(given),
                    reason=given["reason"],
                )
            )

        return answered_once(request, cancel, what="buffer-cancellation", status=201)
