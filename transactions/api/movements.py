"""Transferring, retiring and cancelling credits that one holds."""

import uuid
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from accounts.models import User
from carboncore.common.api.bodies import json_response
from carboncore.common.api.schema import refusals
from carboncore.common.api.views import ApiView
from transactions.api.approval_shapes import ApprovalSerializer, approval_body
from transactions.api.bodies import CancellationSerializer, RetirementSerializer, TransferSerializer
from transactions.api.callers import (
    IDEMPOTENCY_KEY,
    idempotency_key,
    key_scope,
    origin_of,
    signed_in_caller,
    what_was_asked,
)
from transactions.api.shapes import MovementAnswerSerializer, movement_body
from transactions.choices import ApprovedKind
from transactions.models import HoldingAccount, MovementApproval
from transactions.selectors.purchases import account_by_address, account_usable_by
from transactions.services import (
    AskedTransfer,
    RetirementDetails,
    Wanted,
    answer_once,
    credits_cancel,
    credits_retire,
    transfer_or_ask,
)

Answer = tuple[int, dict[str, Any]]
_WANTED = ("project_id", "quantity", "vintage", "serials")


class _MovementView(ApiView):
    """One kind of movement, by the account's owner or by staff who work transactions."""

    permission_classes = []
    what: str
    body_class: type[Any]

    def move(self, request: Request, user: User, wanted: Wanted, details: dict[str, Any]) -> Answer:
        """Carry it out; returns the status and the answer."""
        raise NotImplementedError

    def post(self, request: Request) -> HttpResponse:
        """Carry it out once for each Idempotency-Key."""
        user, key = signed_in_caller(request), idempotency_key(request)
        body = self.body_class(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        wanted = Wanted(
            project_id=given["project_id"],
            quantity_kg=given["quantity"],
            vintage=given.get("vintage"),
            serials=given.get("serials", ()),
        )
        details = {name: value for name, value in given.items() if name not in _WANTED}
        status, answer = answer_once(
            scope=key_scope(user, what=self.what),
            key=key,
            request=what_was_asked(request),
            action=lambda: self.move(request, user, wanted, details),
        )
        return json_response(answer, status=status)

    @staticmethod
    def own_account(user: User, details: dict[str, Any], name: str) -> HoldingAccount:
        """Return the account to take from, out of `details`."""
        public_id: uuid.UUID = details.pop(name)
        return account_usable_by(user=user, public_id=public_id)


def _schema(operation: str, body: type[Any], others: dict[int, type[Any]] | None = None) -> Any:
    return extend_schema(
        operation_id=operation,
        tags=["movements"],
        parameters=[IDEMPOTENCY_KEY],
        request=body,
        responses={201: MovementAnswerSerializer, **(others or {}), **refusals(400, 401, 404, 409, 413, 415)},
    )


class TransferView(_MovementView):
    """Transfers between accounts."""

    key_scopes = {"POST": "trade"}
    what, body_class = "transfer", TransferSerializer

    @_schema("transfer_credits", TransferSerializer, {202: ApprovalSerializer})
    def post(self, request: Request) -> HttpResponse:
        """Give active credits to another account.

        202 when it waits for a second member of the organisation, because with what left it alone in the last 24 hours
        it is above the organisation's limit.
        """
        return super().post(request)

    def move(self, request: Request, user: User, wanted: Wanted, details: dict[str, Any]) -> Answer:
        asked = AskedTransfer(
            kind=ApprovedKind.TRANSFER,
            from_account=self.own_account(user, details, "from_account"),
            to_account=account_by_address(public_id=details.pop("to_account")),
            wanted=wanted,
            origin=origin_of(request),
            **details,
        )
        done = transfer_or_ask(actor=user, asked=asked)
        return (202, approval_body(done)) if isinstance(done, MovementApproval) else (201, movement_body(done))


class RetirementView(_MovementView):
    """Retirements."""

    key_scopes = {"POST": "retire"}
    what, body_class = "retirement", RetirementSerializer

    @_schema("retire_credits", RetirementSerializer)
    def post(self, request: Request) -> HttpResponse:
        """Use up credits for good on somebody's behalf; `retirement` is the address of the certificate."""
        return super().post(request)

    def move(self, request: Request, user: User, wanted: Wanted, details: dict[str, Any]) -> Answer:
        account = self.own_account(user, details, "account")
        retirement = credits_retire(
            actor=user,
            account=account,
            wanted=wanted,
            details=RetirementDetails(**details),
            origin=origin_of(request),
        )
        return 201, {**movement_body(retirement.transaction), "retirement": str(retirement.public_id)}


class CancellationView(_MovementView):
    """Cancellations."""

    key_scopes = {"POST": "retire"}
    what, body_class = "cancellation", CancellationSerializer

    @_schema("cancel_credits", CancellationSerializer)
    def post(self, request: Request) -> HttpResponse:
        """Take credits out of circulation without anybody's claim to them."""
        return super().post(request)

    def move(self, request: Request, user: User, wanted: Wanted, details: dict[str, Any]) -> Answer:
        account = self.own_account(user, details, "account")
        cancelled = credits_cancel(actor=user, account=account, wanted=wanted, origin=origin_of(request), **details)
        return 201, movement_body(cancelled)
