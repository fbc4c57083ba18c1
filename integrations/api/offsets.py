"""Offsetting over HTTP: the quote of a period, offsetting it, and the offsets with their reports."""

import json
import uuid
from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request

from accounts.models import User
from carboncore.common.api.bodies import json_response
from carboncore.common.api.listing import BY_ID, Condition, Listing
from carboncore.common.api.permissions import require_key_scope
from carboncore.common.api.reading import PRIVATE_CACHE, list_response, row_text
from carboncore.common.api.schema import ErrorSerializer, listing_parameters, refusals
from carboncore.common.api.views import ApiView
from carboncore.common.errors import InvalidInput
from integrations.api.emission_periods import Asked, present_month, read_asked
from integrations.api.offset_shapes import (
    OFFSET_SHAPE,
    NewOffsetSerializer,
    OffsetAnswerSerializer,
    OffsetQuoteSerializer,
    OffsetSerializer,
    quote_body,
)
from integrations.models import EmissionsOffset
from integrations.selectors.offsets import inventory_holder, offset_quote, offset_visible_to
from integrations.services.offsets import AskedOffset, Beneficiary, Bought, Held, offset_make
from registry.errors import ProjectNotFound
from transactions.api.callers import (
    IDEMPOTENCY_KEY,
    idempotency_key,
    key_scope,
    origin_of,
    signed_in_caller,
    what_was_asked,
)
from transactions.api.shapes import purchase_body
from transactions.choices import TransactionStatus
from transactions.payments import IntentSnapshot
from transactions.selectors.list_filters import by_uuid
from transactions.selectors.purchases import account_usable_by, project_for_sale
from transactions.services import answer_once
from transactions.services.purchases import payment_begin

OFFSET_ID = OpenApiParameter("public_id", OpenApiTypes.UUID, "path", description="The offset's id.")
QUOTE_PARAMETERS = [
    OpenApiParameter("from", OpenApiTypes.STR, required=True, description="First month, YYYY-MM."),
    OpenApiParameter("to", OpenApiTypes.STR, required=True, description="Last month, which is in it, YYYY-MM."),
    OpenApiParameter("method", OpenApiTypes.STR, description="Of scope 2: location (else) or market."),
    OpenApiParameter("organisation", OpenApiTypes.UUID, description="An organisation's; else one's own data sources'."),
]
OFFSETS = Listing(
    OFFSET_SHAPE,
    filters={
        "organisation": by_uuid(
            "organisation",
            '"row"."organisation_id" ='
            ' (SELECT "o"."id" FROM "accounts_organisation" AS "o" WHERE "o"."public_id" = %s)',
        )
    },
    orderings=BY_ID,
    default_ordering="-id",
)
_NO_ANSWER = {503: OpenApiResponse(ErrorSerializer, "The payment provider is silent; send it again with this key.")}


class OffsetQuoteView(ApiView):
    """What offsetting a period takes."""

    key_scopes = {"GET": "data-sources"}
    permission_classes = []

    @extend_schema(
        operation_id="quote_emissions_offset",
        tags=["emissions"],
        parameters=QUOTE_PARAMETERS,
        responses={200: OffsetQuoteSerializer, **refusals(400, 401, 404, 409)},
    )
    def get(self, request: Request) -> HttpResponse:
        """Say what of some months' emissions is offset, what remains, and which credits could be retired for it."""
        user = signed_in_caller(request)
        asked = whole_period(request.query_params)
        holder = inventory_holder(user=user, organisation=asked.organisation)
        return json_response(
            quote_body(offset_quote(user=user, holder=holder, period=asked.period, method=asked.method))
        )


class OffsetListView(ApiView):
    """Offsets of one's own emissions and one's organisations'."""

    key_scopes = {"GET": "data-sources", "POST": "retire"}
    permission_classes = []

    @extend_schema(
        operation_id="list_emissions_offsets",
        tags=["emissions"],
        parameters=listing_parameters(OFFSETS, {"organisation": "Id (UUID) of an organisation."}),
        responses={200: OffsetSerializer(many=True), **refusals(400, 401)},
    )
    def get(self, request: Request) -> HttpResponse:
        """List the offsets, the latest first."""
        seen = EmissionsOffset.objects.visible_to(signed_in_caller(request)).values_list("pk", flat=True)
        within = Condition('"row"."id" = ANY(%s::bigint[])', (list(seen),))
        return list_response(request._request, OFFSETS, cache=PRIVATE_CACHE, within=within)

    @extend_schema(
        operation_id="offset_emissions",
        tags=["emissions"],
        parameters=[IDEMPOTENCY_KEY],
        request=NewOffsetSerializer,
        responses={201: OffsetAnswerSerializer, **refusals(400, 401, 403, 404, 409, 413, 415), **_NO_ANSWER},
    )
    def post(self, request: Request) -> HttpResponse:
        """Buy and retire, or retire out of an account, exactly what remains of some months' emissions."""
        key, user = idempotency_key(request), signed_in_caller(request)
        body = NewOffsetSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        if "buy" in given:
            require_key_scope(request, "trade")

        def make() -> tuple[int, dict[str, Any]]:
            made = offset_make(actor=user, asked=offset_asked(user, given), origin=origin_of(request))
            return 201, {"id": str(made.public_id)}

        # Only the order is carried out under the key; its payment is asked for afterwards, and whenever it comes again.
        status, answer = answer_once(
            scope=key_scope(user, what="offset"), key=key, request=what_was_asked(request), action=make
        )
        public_id = uuid.UUID(answer["id"])
        intent = payment_of(offset_visible_to(user=user, public_id=public_id), user)
        shown = offset_body(offset_visible_to(user=user, public_id=public_id), user, intent)
        return json_response(shown, status=status, headers={"Location": f"{request.path}/{public_id}"})


class OffsetView(ApiView):
    """One offset."""

    key_scopes = {"GET": "data-sources"}
    permission_classes = []

    @extend_schema(
        operation_id="read_emissions_offset",
        tags=["emissions"],
        parameters=[OFFSET_ID],
        responses={200: OffsetAnswerSerializer, **refusals(401, 404)},
    )
    def get(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Read an offset: how far it has come, its certificate, and for the buyer what is to be paid."""
        user = signed_in_caller(request)
        return json_response(offset_body(offset_visible_to(user=user, public_id=public_id), user))


class OffsetReportView(ApiView):
    """The report that an offset was made on."""

    key_scopes = {"GET": "data-sources"}
    permission_classes = []

    @extend_schema(
        operation_id="read_emissions_offset_report",
        tags=["emissions"],
        parameters=[OFFSET_ID],
        responses={200: OpenApiTypes.OBJECT, **refusals(401, 404)},
    )
    def get(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Hand out the report as it was then, byte for byte: its SHA-256 is the offset's `report_sha256`."""
        offset = offset_visible_to(user=signed_in_caller(request), public_id=public_id)
        return HttpResponse(offset.report.encode(), content_type="application/json")


def whole_period(values: Mapping[str, str]) -> Asked:
    """Return the months, method and organisation that are named; both months have to be.

    Raises:
        InvalidInput: naming what is missing or cannot be used.
    """
    missing = {
        name: ["Give a month as YYYY-MM, for example 2025-03."] for name in ("from", "to") if not values.get(name)
    }
    if missing:
        raise InvalidInput(missing)
    return read_asked(values, latest=present_month())


def offset_asked(user: User, given: Mapping[str, Any]) -> AskedOffset:
    """Return what a validated order asks for.

    Raises:
        InvalidInput, OrganisationNotFound, ProjectNotFound, AccountNotFound, NotAllowed: as it cannot be.
    """
    texts = {name: str(given[name]) for name in ("from", "to", "method", "organisation") if given.get(name)}
    asked = whole_period(texts)
    return AskedOffset(
        holder=inventory_holder(user=user, organisation=asked.organisation),
        period=asked.period,
        method=asked.method,
        quantity_kg=given["quantity"],
        source=bought_source(given["buy"]) if "buy" in given else held_source(user, given["retire"]),
        beneficiary=Beneficiary(
            name=given.get("beneficiary_name", ""),
            location=given.get("beneficiary_location", ""),
            note=given.get("note", ""),
            published=given.get("published"),
        ),
    )


def payment_of(offset: EmissionsOffset, user: User) -> IntentSnapshot | None:
    """Prepare the payment of the buyer's own purchase while it can be paid; None by invoice and for everybody else.

    Raises:
        PaymentUnavailable, PaymentRefused: the provider gives no answer, or will not take it.
    """
    purchase = offset.purchase
    if purchase is None or purchase.to_user_id != user.pk or purchase.status != TransactionStatus.RESERVED:
        return None
    return payment_begin(purchase=purchase)


def offset_body(offset: EmissionsOffset, user: User, intent: IntentSnapshot | None = None) -> dict[str, Any]:
    """Return an offset as clients see it, with its purchase for the buyer."""
    row: dict[str, Any] = json.loads(row_text(OFFSET_SHAPE, Condition('"row"."id" = %s', (offset.pk,))) or "{}")
    purchase = offset.purchase
    is_theirs = purchase is not None and purchase.to_user_id == user.pk
    return {**row, "payment": purchase_body(purchase, intent) if purchase is not None and is_theirs else None}


def bought_source(given: Mapping[str, Any]) -> Bought:
    """Return the credits to buy that validated fields name.

    Raises:
        ProjectNotFound: the project is not public.
    """
    project = project_for_sale(pk=given["project_id"])
    if project is None:
        raise ProjectNotFound
    return Bought(project, given["price_per_credit"], given["currency"], given.get("vintage"))


def held_source(user: User, given: Mapping[str, Any]) -> Held:
    """Return the credits to retire out of an account that validated fields name.

    Raises:
        AccountNotFound: it is none that the person may use.
    """
    account = account_usable_by(user=user, public_id=given["account"])
    return Held(account, given["project_id"], given.get("vintage"))
