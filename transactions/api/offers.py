"""Transfers that the receiver accepts: offer, accept, decline, withdraw."""

import uuid
from collections.abc import Callable
from datetime import UTC
from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from carboncore.common.api.bodies import json_response
from carboncore.common.api.json_rows import RowShape
from carboncore.common.api.listing import BY_ID, Condition, Listing
from carboncore.common.api.reading import PRIVATE_CACHE, list_response
from carboncore.common.api.schema import listing_parameters, refusals
from carboncore.common.api.views import ApiView
from transactions.api.approval_shapes import ApprovalSerializer, approval_body
from transactions.api.bodies import EmptySerializer, OptionalReasonSerializer, TransferSerializer
from transactions.api.callers import IDEMPOTENCY_KEY, origin_of, signed_in_caller
from transactions.api.once import answered_once
from transactions.api.shapes import MovementAnswerSerializer, movement_body
from transactions.api.sql_fields import CreditsField
from transactions.choices import ApprovedKind, TransactionStatus
from transactions.models import HoldingAccount, MovementApproval, Transaction
from transactions.querysets import WORKS_TRANSACTIONS
from transactions.selectors.list_filters import by_choice
from transactions.selectors.purchases import (
    account_by_address,
    account_usable_by,
    offer_visible_to,
)
from transactions.services import (
    AskedTransfer,
    Wanted,
    transfer_offer_accept,
    transfer_offer_decline,
    transfer_offer_withdraw,
    transfer_or_ask,
)

OFFER_ID = OpenApiParameter("public_id", OpenApiTypes.UUID, "path", description="The offer's id.")


class OfferBodySerializer(TransferSerializer):
    """Credits offered from one account to another."""

    expires_at = serializers.DateTimeField(
        required=False, allow_null=True, help_text="Seven days from now when not given; at most ninety."
    )


class OfferAnswerSerializer(MovementAnswerSerializer):
    """An offer: reserved until it is completed (accepted), cancelled (declined or withdrawn) or expired."""

    retirement = None  # type: ignore[assignment]
    from_account = serializers.UUIDField()
    to_account = serializers.UUIDField()
    note = serializers.CharField()
    expires_at = serializers.DateTimeField()


class OfferSerializer(serializers.ModelSerializer):
    """An offer in a list."""

    id = serializers.UUIDField(source="public_id")
    project_id = serializers.IntegerField()
    quantity = CreditsField(source="quantity_kg")
    from_account = serializers.UUIDField(source="from_account.public_id")
    to_account = serializers.UUIDField(source="to_account.public_id")

    class Meta:
        model = Transaction
        fields = [
            *("id", "status", "project_id", "vintage", "quantity", "from_account", "to_account", "note"),
            *("created_at", "expires_at", "completed_at"),
        ]


OFFERS = Listing(
    RowShape(OfferSerializer),
    base='"row"."transaction_type" = \'transfer\' AND "row"."expires_at" IS NOT NULL',
    filters={"status": by_choice("status", '"row"."status"', TransactionStatus.values)},
    orderings=BY_ID,
    default_ordering="-id",
)


class OfferListView(ApiView):
    """Offers from and to the caller's accounts, and new ones."""

    key_scopes = {"GET": "read", "POST": "trade"}
    permission_classes = []

    @extend_schema(
        operation_id="list_transfer_offers",
        tags=["movements"],
        parameters=listing_parameters(
            OFFERS, {"status": "reserved (open), completed, cancelled or expired; several are alternatives."}
        ),
        responses={200: OfferSerializer(many=True), **refusals(400, 401)},
    )
    def get(self, request: Request) -> HttpResponse:
        """List them, the newest first."""
        user = signed_in_caller(request)
        within = None
        if not user.has_perm(WORKS_TRANSACTIONS):
            accounts = list(HoldingAccount.objects.visible_to(user).values_list("pk", flat=True))
            either = '("row"."from_account_id" = ANY(%s::bigint[]) OR "row"."to_account_id" = ANY(%s::bigint[]))'
            within = Condition(either, (accounts, accounts))
        return list_response(request._request, OFFERS, cache=PRIVATE_CACHE, within=within)

    @extend_schema(
        operation_id="offer_credits",
        tags=["movements"],
        parameters=[IDEMPOTENCY_KEY],
        request=OfferBodySerializer,
        responses={201: OfferAnswerSerializer, 202: ApprovalSerializer, **refusals(400, 401, 403, 404, 409, 413, 415)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Offer active credits to another account. They are reserved until its owner accepts, or time is over.

        202 when the offer waits for a second member of the organisation, because with what left it alone in the last 24
        hours it is above the organisation's limit.
        """
        user = signed_in_caller(request)
        body = OfferBodySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data

        def offer() -> tuple[int, dict[str, Any]]:
            asked = AskedTransfer(
                kind=ApprovedKind.OFFER,
                from_account=account_usable_by(user=user, public_id=given["from_account"]),
                to_account=account_by_address(public_id=given["to_account"]),
                wanted=Wanted(
                    project_id=given["project_id"],
                    quantity_kg=given["quantity"],
                    vintage=given.get("vintage"),
                    serials=given.get("serials", ()),
                ),
                note=given.get("note", ""),
                offer_expires_at=given.get("expires_at"),
                origin=origin_of(request),
            )
            done = transfer_or_ask(actor=user, asked=asked)
            return (202, approval_body(done)) if isinstance(done, MovementApproval) else (201, _body(done))

        return answered_once(request, offer, what="offer")


class OfferView(ApiView):
    """One offer."""

    key_scopes = {"GET": "read"}
    permission_classes = []

    @extend_schema(
        operation_id="read_transfer_offer",
        tags=["movements"],
        parameters=[OFFER_ID],
        responses={200: OfferAnswerSerializer, **refusals(401, 404)},
    )
    def get(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Read an offer from or to one of the caller's accounts."""
        return json_response(_body(offer_visible_to(user=signed_in_caller(request), public_id=public_id)))


class _OfferDeedView(ApiView):
    key_scopes = {"POST": "trade"}
    permission_classes = []
    what: str
    body_class: type[serializers.Serializer] = EmptySerializer

    def act(self, request: Request, public_id: uuid.UUID, service: Callable[..., Transaction]) -> HttpResponse:
        """Do it once, and answer with the offer as it is then."""
        user = signed_in_caller(request)
        offer = offer_visible_to(user=user, public_id=public_id)
        body = self.body_class(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        return answered_once(
            request, lambda: _body(service(actor=user, pk=offer.pk, **given)), what=self.what, of=public_id
        )


def _deed(operation: str, body: type[serializers.Serializer] = EmptySerializer) -> Any:
    return extend_schema(
        operation_id=operation,
        tags=["movements"],
        parameters=[OFFER_ID, IDEMPOTENCY_KEY],
        request=body,
        responses={200: OfferAnswerSerializer, **refusals(400, 401, 403, 404, 409, 413, 415)},
    )


class OfferAcceptView(_OfferDeedView):
    """Accepting."""

    what = "offer-accept"

    @_deed("accept_transfer_offer")
    def post(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Take what was offered; for whoever may act for the receiving account."""
        return self.act(request, public_id, transfer_offer_accept)


class OfferDeclineView(_OfferDeedView):
    """Declining."""

    what = "offer-decline"

    @_deed("decline_transfer_offer")
    def post(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Refuse what was offered; for whoever may act for the receiving account."""
        return self.act(request, public_id, transfer_offer_decline)


class OfferWithdrawView(_OfferDeedView):
    """Withdrawing."""

    what = "offer-withdraw"
    body_class = OptionalReasonSerializer

    @_deed("withdraw_transfer_offer", OptionalReasonSerializer)
    def post(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Take an offer back; for whoever may act for the giving account. Staff who do it for others say why."""
        return self.act(request, public_id, transfer_offer_withdraw)


def _body(offer: Transaction) -> dict[str, Any]:
    giver, receiver = offer.from_account, offer.to_account
    return {
        **movement_body(offer),
        "from_account": str(giver.public_id) if giver else None,
        "to_account": str(receiver.public_id) if receiver else None,
        "note": offer.note,
        "expires_at": offer.expires_at.astimezone(UTC).isoformat().replace("+00:00", "Z") if offer.expires_at else None,
    }
