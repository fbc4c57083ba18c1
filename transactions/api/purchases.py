"""Buying credits: order, pay, confirm, cancel; and for staff: mark an invoice as paid, refund."""

import uuid
from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request

from accounts.models import User
from carboncore.common.api.bodies import json_response
from carboncore.common.api.permissions import require_key_scope
from carboncore.common.api.schema import ErrorSerializer, refusals
from carboncore.common.api.views import ApiView
from registry.errors import ProjectNotFound
from transactions.api.bodies import (
    ConfirmSerializer,
    EmptySerializer,
    MarkPaidSerializer,
    PurchaseSerializer,
    RefundSerializer,
)
from transactions.api.callers import IDEMPOTENCY_KEY, caller, idempotency_key, key_scope, origin_of, what_was_asked
from transactions.api.shapes import PurchaseAnswerSerializer, purchase_body
from transactions.choices import PaymentMethod, TransactionStatus
from transactions.errors import PaymentRefused
from transactions.models import Transaction
from transactions.payments import IntentSnapshot
from transactions.querysets import WORKS_TRANSACTIONS
from transactions.selectors.purchases import account_usable_by, project_for_sale, purchase_visible_to
from transactions.services import RetirementDetails, answer_once
from transactions.services.purchases import (
    PlacedOrder,
    payment_begin,
    payment_confirm,
    purchase_cancel,
    purchase_mark_paid,
    purchase_order_place,
    purchase_refund,
    refunds_carry_out,
)

PURCHASE_ID = OpenApiParameter("public_id", OpenApiTypes.UUID, "path", description="The purchase's id.")
_NO_ANSWER = {503: OpenApiResponse(ErrorSerializer, "The payment provider is silent; send it again with this key.")}
_TOO_MANY = {429: OpenApiResponse(ErrorSerializer, "This guest has unpaid purchases enough; see `Retry-After`.")}
_ANYBODY: Any = [{"bearer": []}, {"apiKey": []}, {}]


class PurchaseListView(ApiView):
    """New purchases, of somebody who is signed in or of a guest."""

    key_scopes = {"POST": "trade"}
    rate_limit = "guest-purchase"

    permission_classes = []

    @extend_schema(
        operation_id="start_purchase",
        tags=["purchases"],
        auth=_ANYBODY,
        parameters=[IDEMPOTENCY_KEY],
        request=PurchaseSerializer,
        responses={201: PurchaseAnswerSerializer, **refusals(400, 401, 404, 409, 413, 415), **_TOO_MANY, **_NO_ANSWER},
    )
    def post(self, request: Request) -> HttpResponse:
        """Reserve the exact credits and prepare the payment. The reservation lasts until `expires_at`."""
        key, user = idempotency_key(request), caller(request)
        order = PurchaseSerializer.read(request.data)
        if order.get("retire"):
            require_key_scope(request, "retire")

        placed: list[PlacedOrder] = []

        def start() -> tuple[int, dict[str, Any]]:
            placed.append(_placed(request, user, order))
            return 201, {"id": str(placed[0].purchase.public_id)}

        # Only the order is carried out under the key. Its payment is asked for afterwards, and again when the same
        # request comes again, so that an answer that was lost is made good.
        status, answer = answer_once(
            scope=key_scope(user, what="purchase", guest_email=order.get("guest_email", "")),
            key=key,
            request=what_was_asked(request),
            action=start,
        )
        public_id = uuid.UUID(answer["id"])
        purchase = placed[0].purchase if placed else purchase_visible_to(user=user, public_id=public_id)
        intent = _begun(purchase)
        if intent is not None:
            shown = purchase_body(purchase_visible_to(user=user, public_id=public_id), intent)
        else:
            # What was placed just now is shown as it was written, without reading it back.
            shown = purchase_body(purchase, serials=placed[0].serials if placed else None)
        return json_response(shown, status=status, headers={"Location": f"{request.path}/{public_id}"})


class PurchaseView(ApiView):
    """One purchase."""

    key_scopes = {"GET": "read"}
    permission_classes = []

    @extend_schema(
        operation_id="read_purchase",
        tags=["purchases"],
        auth=_ANYBODY,
        parameters=[PURCHASE_ID],
        responses={200: PurchaseAnswerSerializer, **refusals(401, 404)},
    )
    def get(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Read a purchase: one's own, or a guest's whose address one knows."""
        return json_response(purchase_body(purchase_visible_to(user=caller(request), public_id=public_id)))


class _ActionView(ApiView):
    """Something done about one purchase, once for each Idempotency-Key."""

    what: str
    body_class: type[PurchaseSerializer | Any]

    def act(self, request: Request, purchase: Transaction, user: User | None, details: dict[str, Any]) -> None:
        """Do it."""
        raise NotImplementedError

    def post(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Do it and answer with the purchase as it is then."""
        key, user = idempotency_key(request), caller(request)
        purchase = purchase_visible_to(user=user, public_id=public_id)
        body = self.body_class(data=request.data)
        body.is_valid(raise_exception=True)
        self.once(request, purchase, user, key, body.validated_data)
        return json_response(purchase_body(purchase_visible_to(user=user, public_id=public_id)))

    def once(
        self, request: Request, purchase: Transaction, user: User | None, key: str, details: dict[str, Any]
    ) -> None:
        """Carry it out under the key, in the database alone."""

        def action() -> tuple[int, dict[str, Any]]:
            self.act(request, purchase, user, details)
            return 200, {}

        answer_once(scope=self.scope(user, purchase), key=key, request=what_was_asked(request), action=action)

    def scope(self, user: User | None, purchase: Transaction) -> str:
        """Return what keeps the keys of this action about this purchase apart from all others."""
        return key_scope(user, what=self.what, of=purchase.public_id)


def _nothing() -> tuple[int, dict[str, Any]]:
    return 200, {}


class _PaymentActionView(_ActionView):
    """Something that asks the provider: safe to repeat by itself, and done with no database transaction open."""

    key_scopes = {"POST": "trade"}
    permission_classes = []

    def once(
        self, request: Request, purchase: Transaction, user: User | None, key: str, details: dict[str, Any]
    ) -> None:
        """Hold the key to its first body, then act; what is done already is found done."""
        answer_once(scope=self.scope(user, purchase), key=key, request=what_was_asked(request), action=_nothing)
        self.act(request, purchase, user, details)


class ConfirmView(_PaymentActionView):
    """The buyer says that it is paid, or with what to charge it."""

    what, body_class = "confirm", ConfirmSerializer

    @extend_schema(
        operation_id="confirm_purchase",
        tags=["purchases"],
        auth=_ANYBODY,
        parameters=[PURCHASE_ID, IDEMPOTENCY_KEY],
        request=ConfirmSerializer,
        responses={200: PurchaseAnswerSerializer, **refusals(400, 401, 404, 409, 413, 415), **_NO_ANSWER},
    )
    def post(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Look at the payment and deliver the credits if it is paid; 409 says what is missing."""
        return super().post(request, public_id)

    def act(self, request: Request, purchase: Transaction, user: User | None, details: dict[str, Any]) -> None:
        if purchase.status in (TransactionStatus.COMPLETED, TransactionStatus.REFUNDED):
            return
        payment_confirm(purchase=purchase, key=idempotency_key(request), **details)


class CancelView(_PaymentActionView):
    """The buyer does not want it any more."""

    what, body_class = "cancel-purchase", EmptySerializer

    @extend_schema(
        operation_id="cancel_purchase",
        tags=["purchases"],
        auth=_ANYBODY,
        parameters=[PURCHASE_ID, IDEMPOTENCY_KEY],
        request=EmptySerializer,
        responses={200: PurchaseAnswerSerializer, **refusals(400, 401, 404, 409, 413, 415), **_NO_ANSWER},
    )
    def post(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """End a purchase that is not paid; its credits are free again and nobody can be charged for it."""
        return super().post(request, public_id)

    def act(self, request: Request, purchase: Transaction, user: User | None, details: dict[str, Any]) -> None:
        if purchase.status != TransactionStatus.CANCELLED:
            purchase_cancel(actor=user, purchase=purchase)


class RefundView(_ActionView):
    """Staff give money back for credits that come back."""

    permissions = {"POST": WORKS_TRANSACTIONS}
    what, body_class = "refund", RefundSerializer

    @extend_schema(
        operation_id="refund_purchase",
        tags=["purchases"],
        parameters=[PURCHASE_ID, IDEMPOTENCY_KEY],
        request=RefundSerializer,
        responses={200: PurchaseAnswerSerializer, **refusals(400, 401, 403, 404, 409, 413, 415)},
    )
    def post(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Take back credits that the buyer still holds, and give back their share of the price."""
        response = super().post(request, public_id)
        # After the commit: the refund is written down, so it will be made even if this process ends here.
        purchase = purchase_visible_to(user=caller(request), public_id=public_id)
        if purchase.payment_method == PaymentMethod.STRIPE:
            refunds_carry_out(purchase=purchase)
        return response

    def act(self, request: Request, purchase: Transaction, user: User | None, details: dict[str, Any]) -> None:
        if user is not None:
            purchase_refund(
                actor=user, purchase_pk=purchase.pk, reason=details["reason"], quantity_kg=details.get("quantity")
            )


class MarkPaidView(_ActionView):
    """Staff saw the money of an invoice arrive."""

    permissions = {"POST": WORKS_TRANSACTIONS}
    what, body_class = "mark-paid", MarkPaidSerializer

    @extend_schema(
        operation_id="mark_purchase_paid",
        tags=["purchases"],
        parameters=[PURCHASE_ID, IDEMPOTENCY_KEY],
        request=MarkPaidSerializer,
        responses={200: PurchaseAnswerSerializer, **refusals(400, 401, 403, 404, 409, 413, 415)},
    )
    def post(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Deliver the credits of a purchase by invoice whose money is there."""
        return super().post(request, public_id)

    def act(self, request: Request, purchase: Transaction, user: User | None, details: dict[str, Any]) -> None:
        if user is not None:
            purchase_mark_paid(actor=user, purchase_pk=purchase.pk, **details)


def _placed(request: Request, user: User | None, order: dict[str, Any]) -> PlacedOrder:
    project = project_for_sale(pk=order["project_id"])
    if project is None:
        raise ProjectNotFound
    named = order.get("to_account")
    retire = order.get("retire")
    return purchase_order_place(
        buyer=user,
        guest_email=order.get("guest_email", ""),
        project=project,
        vintage=order.get("vintage"),
        quantity_kg=order["quantity"],
        currency=order["currency"],
        expected_price=order["price_per_credit"],
        to_account=account_usable_by(user=user, public_id=named) if named and user else None,
        retire=RetirementDetails(**retire) if retire else None,
        origin=origin_of(request),
    )


def _begun(purchase: Transaction) -> IntentSnapshot | None:
    if purchase.status == TransactionStatus.FAILED:
        raise PaymentRefused("The payment provider refused this purchase, so it has ended. Start another one.")
    return payment_begin(purchase=purchase) if purchase.status == TransactionStatus.RESERVED else None
