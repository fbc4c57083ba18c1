"""What the registry's office does with accounts and the buffer pool: freeze, close, release, cancel."""

import uuid
from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from carboncore.common.api.schema import refusals
from carboncore.common.api.serializers import (
    DoneSerializer,
    QuantityField,
    StrictSerializer,
    TextField,
    WholeNumberField,
)
from carboncore.common.api.views import ApiView
from transactions.api.bodies import (
    FIRST_VINTAGE,
    LAST_VINTAGE,
    OptionalReasonSerializer,
    ProjectField,
    ReasonSerializer,
)
from transactions.api.callers import IDEMPOTENCY_KEY, signed_in_caller
from transactions.api.once import answered_once
from transactions.api.shapes import MovementAnswerSerializer, movement_body
from transactions.models import HoldingAccount
from transactions.querysets import WORKS_TRANSACTIONS
from transactions.selectors.purchases import account_by_address
from transactions.services import (
    Wanted,
    buffer_cancel,
    buffer_pool_account,
    buffer_release,
    holding_account_close,
    holding_account_freeze,
    holding_account_unfreeze,
)

_ACCOUNT = OpenApiParameter("public_id", OpenApiTypes.UUID, "path", description="The account's id.")


class _AccountDeedView(ApiView):
    """Something done to an account as a whole."""

    permissions = {"POST": WORKS_TRANSACTIONS}
    what: str
    said: str
    body_class: type[serializers.Serializer] = OptionalReasonSerializer

    def act(self, request: Request, public_id: uuid.UUID, service: Callable[..., HoldingAccount]) -> HttpResponse:
        """Do it once."""
        account = account_by_address(public_id=public_id)
        body = self.body_class(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data

        def carry_out() -> dict[str, Any]:
            service(actor=signed_in_caller(request), pk=account.pk, **given)
            return {"success": True, "message": self.said}

        return answered_once(request, carry_out, what=self.what, of=public_id)


def _deed(operation: str, body: type[serializers.Serializer] = OptionalReasonSerializer) -> Any:
    return extend_schema(
        operation_id=operation,
        tags=["accounts"],
        parameters=[_ACCOUNT, IDEMPOTENCY_KEY],
        request=body,
        responses={200: DoneSerializer, **refusals(400, 401, 403, 404, 409, 413, 415)},
    )


class AccountFreezeView(_AccountDeedView):
    """Freezing."""

    what, said, body_class = "account-freeze", "Account frozen", ReasonSerializer

    @_deed("freeze_account", ReasonSerializer)
    def post(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Stop the account from giving and receiving, saying why; 409 where it is not open."""
        return self.act(request, public_id, holding_account_freeze)


class AccountUnfreezeView(_AccountDeedView):
    """Unfreezing."""

    what, said = "account-unfreeze", "Account open"

    @_deed("unfreeze_account")
    def post(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Let the account give and receive again; 409 where it is not frozen."""
        return self.act(request, public_id, holding_account_unfreeze)


class AccountCloseView(_AccountDeedView):
    """Closing."""

    what, said = "account-close", "Account closed"

    @_deed("close_account")
    def post(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Close an account that holds and awaits nothing which could still move; for good."""
        return self.act(request, public_id, holding_account_close)


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
