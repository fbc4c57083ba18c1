"""Wallets of a person, as the wallet app knows them: holding accounts under `/users/{id}`, their owner's or staff's."""

import uuid
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.utils.http import urlencode
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from carboncore.common.api.bodies import json_response
from carboncore.common.api.cursors import Position, cursor_position, cursor_text
from carboncore.common.api.listing import DEFAULT_LIMIT, LARGEST_LIMIT, Condition
from carboncore.common.api.reading import PRIVATE_CACHE, list_response, row_text, tagged_response
from carboncore.common.api.schema import listing_parameters, refusals
from carboncore.common.api.serializers import DoneSerializer, StrictSerializer
from carboncore.common.api.views import ApiView
from carboncore.common.errors import InvalidInput
from transactions.account_statements import zulu
from transactions.api.callers import signed_in_caller
from transactions.api.transaction_lists import FILTER_WORDS
from transactions.api.wallet_shapes import (
    WALLET_SHAPE,
    WALLET_TRANSACTIONS,
    WALLETS,
    NamedWalletSerializer,
    NewWalletSerializer,
    NotificationSerializer,
    WalletNameSerializer,
    WalletSerializer,
    WalletTransactionSerializer,
)
from transactions.models import HoldingAccount
from transactions.selectors.notifications import Notification, notifications_of
from transactions.selectors.wallets import wallet_of, wallet_owner
from transactions.services import holding_account_open, wallet_close, wallet_rename

OWNER = OpenApiParameter("public_id", OpenApiTypes.UUID, "path", description="The person's id.")
WALLET = OpenApiParameter("wallet", OpenApiTypes.UUID, "path", description="The wallet's id: its holding account's.")
USUAL_NAME = "Wallet"
_ORDERING = "-at"
_STATES = {"state": "open, frozen or closed; several are alternatives."}


class _NotificationQuerySerializer(StrictSerializer):
    limit = serializers.IntegerField(required=False, min_value=1, max_value=LARGEST_LIMIT)
    cursor = serializers.CharField(required=False, max_length=500)
    since = serializers.DateTimeField(required=False)


class WalletListView(ApiView):
    """The wallets of a person."""

    key_scopes = {"GET": "read", "POST": "trade", "PUT": "trade"}
    permission_classes = []

    @extend_schema(
        operation_id="list_wallets",
        tags=["wallets"],
        parameters=[
            OWNER,
            *listing_parameters(WALLETS, {"state": "open, frozen or closed; several are alternatives."}),
        ],
        responses={200: WalletSerializer(many=True), **refusals(400, 401, 404)},
    )
    def get(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """List them in the order they were opened, each with what it holds by project and vintage."""
        owner = wallet_owner(viewer=signed_in_caller(request), public_id=public_id)
        own = Condition('"row"."owner_id" = %s', (owner.pk,))
        return list_response(request._request, WALLETS, cache=PRIVATE_CACHE, within=own)

    @extend_schema(
        operation_id="create_wallet",
        tags=["wallets"],
        parameters=[OWNER],
        request=NewWalletSerializer,
        responses={201: WalletSerializer, **refusals(400, 401, 404, 413, 415)},
    )
    def post(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Open an empty one."""
        owner = wallet_owner(viewer=signed_in_caller(request), public_id=public_id)
        body = NewWalletSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        opened = holding_account_open(owner=owner, name=body.validated_data.get("name", USUAL_NAME))
        answer = _wallet(request, opened, status=201)
        answer["Location"] = f"{request.path}/{opened.public_id}"
        return answer

    @extend_schema(
        operation_id="rename_wallet",
        tags=["wallets"],
        parameters=[OWNER],
        request=NamedWalletSerializer,
        responses={200: WalletSerializer, **refusals(400, 401, 404, 409, 413, 415)},
    )
    def put(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Give the wallet that the body names by `id` another name."""
        viewer = signed_in_caller(request)
        wallet_owner(viewer=viewer, public_id=public_id)
        body = NamedWalletSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        found = wallet_of(viewer=viewer, owner=public_id, wallet=given["id"])
        return _wallet(request, wallet_rename(actor=viewer, pk=found.pk, name=given["name"]))


class WalletView(ApiView):
    """One wallet."""

    key_scopes = {"GET": "read", "PUT": "trade", "DELETE": "trade"}
    permission_classes = []

    @extend_schema(
        operation_id="read_wallet",
        tags=["wallets"],
        parameters=[OWNER, WALLET],
        responses={200: WalletSerializer, **refusals(401, 404)},
    )
    def get(self, request: Request, public_id: uuid.UUID, wallet: uuid.UUID) -> HttpResponse:
        """Read it, with what it holds by project and vintage."""
        return _wallet(request, wallet_of(viewer=signed_in_caller(request), owner=public_id, wallet=wallet))

    @extend_schema(
        operation_id="rename_one_wallet",
        tags=["wallets"],
        parameters=[OWNER, WALLET],
        request=WalletNameSerializer,
        responses={200: WalletSerializer, **refusals(400, 401, 404, 409, 413, 415)},
    )
    def put(self, request: Request, public_id: uuid.UUID, wallet: uuid.UUID) -> HttpResponse:
        """Give it another name."""
        viewer = signed_in_caller(request)
        found = wallet_of(viewer=viewer, owner=public_id, wallet=wallet)
        body = WalletNameSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        return _wallet(request, wallet_rename(actor=viewer, pk=found.pk, **body.validated_data))

    @extend_schema(
        operation_id="close_wallet",
        tags=["wallets"],
        parameters=[OWNER, WALLET],
        responses={200: DoneSerializer, **refusals(401, 404, 409)},
    )
    def delete(self, request: Request, public_id: uuid.UUID, wallet: uuid.UUID) -> HttpResponse:
        """Close it for good; it must be empty and await nothing. Its history stays."""
        viewer = signed_in_caller(request)
        found = wallet_of(viewer=viewer, owner=public_id, wallet=wallet)
        wallet_close(actor=viewer, pk=found.pk)
        return json_response({"success": True, "message": "Wallet closed"})


class WalletTransactionListView(ApiView):
    """The history of a wallet."""

    key_scopes = {"GET": "read"}
    permission_classes = []

    @extend_schema(
        operation_id="list_wallet_transactions",
        tags=["wallets"],
        parameters=[OWNER, WALLET, *listing_parameters(WALLET_TRANSACTIONS, FILTER_WORDS)],
        responses={200: WalletTransactionSerializer(many=True), **refusals(400, 401, 404)},
    )
    def get(self, request: Request, public_id: uuid.UUID, wallet: uuid.UUID) -> HttpResponse:
        """List what was bought into it, came in, went out, was retired or cancelled, the newest first."""
        found = wallet_of(viewer=signed_in_caller(request), owner=public_id, wallet=wallet)
        own = Condition('("row"."from_account_id" = %s OR "row"."to_account_id" = %s)', (found.pk, found.pk))
        return list_response(request._request, WALLET_TRANSACTIONS, cache=PRIVATE_CACHE, within=own)


class NotificationListView(ApiView):
    """What became of a person's transactions."""

    key_scopes = {"GET": "read"}
    permission_classes = []

    @extend_schema(
        operation_id="list_notifications",
        tags=["wallets"],
        parameters=[
            OWNER,
            OpenApiParameter("since", OpenApiTypes.STR, description="Only what happened after this time (with zone)."),
            OpenApiParameter("limit", OpenApiTypes.INT, description="Rows of a page, 1 to 1,000; 100 when not given."),
            OpenApiParameter("cursor", OpenApiTypes.STR, description="Where to go on; from the `Link` header."),
        ],
        responses={200: NotificationSerializer(many=True), **refusals(400, 401, 404)},
    )
    def get(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """List every change of status, the newest first."""
        owner = wallet_owner(viewer=signed_in_caller(request), public_id=public_id)
        asked = _NotificationQuerySerializer(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        limit, cursor, since = (asked.validated_data.get(name) for name in ("limit", "cursor", "since"))
        limit = limit or DEFAULT_LIMIT
        after = _position(cursor) if cursor else None
        found = notifications_of(owner, limit=limit + 1, after=after, since=since)
        answer = json_response([_notification(row) for row in found[:limit]])
        if len(found) > limit:
            last = found[limit - 1]
            going_on = cursor_text(_ORDERING, Position(last.at.isoformat(), last.key))
            query = urlencode({**request.query_params.dict(), "cursor": going_on})
            answer["Link"] = f'<{request.build_absolute_uri(f"{request.path}?{query}")}>; rel="next"'
        return answer


def _wallet(request: Request, account: HoldingAccount, *, status: int = 200) -> HttpResponse:
    text = row_text(WALLET_SHAPE, Condition('"row"."id" = %s', (account.pk,))) or ""
    answer = tagged_response(request._request, text, cache=PRIVATE_CACHE)
    if answer.status_code == 200:
        answer.status_code = status
    return answer


def _position(cursor: str) -> Position:
    position = cursor_position(cursor, _ORDERING, numeric=False)
    try:
        at = datetime.fromisoformat(position.key or "")
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise InvalidInput({"cursor": ["This is no cursor; take it from the Link header of the page before."]})
    return position


def _notification(row: Notification) -> dict[str, Any]:
    return {
        "id": f"{row.transaction}.{row.step}",
        "transaction": row.transaction,
        "transaction_type": row.transaction_type,
        "status": row.status,
        "project_id": row.project_id,
        "project_name": row.project,
        "quantity": row.quantity,
        "at": zulu(row.at),
        "message": row.message,
    }
