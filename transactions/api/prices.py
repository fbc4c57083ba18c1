"""Prices of credits for staff. What was in force is never changed: a new price ends the former."""

from collections.abc import Sequence

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from carboncore.common.api.bodies import json_response
from carboncore.common.api.listing import BY_ID, Condition, Listing, Ordering
from carboncore.common.api.reading import PRIVATE_CACHE, list_response, row_text, tagged_response
from carboncore.common.api.schema import listing_parameters, refusals
from carboncore.common.api.serializers import CreatedSerializer, DoneSerializer
from carboncore.common.api.views import ApiView
from carboncore.common.errors import InvalidInput, NotFound
from registry.errors import ProjectNotFound
from registry.reach import OF_PROJECT, reach_condition, within_reach
from transactions.api.bodies import PriceEndSerializer, PriceSerializer, project_named
from transactions.api.callers import signed_in_caller
from transactions.api.shapes import PRICE_SHAPE, PriceShapeSerializer
from transactions.querysets import WORKS_TRANSACTIONS
from transactions.services.prices import Tier, price_delete, price_end, price_set

_VIEW = "transactions.view_creditprice"
PRICE_ID = OpenApiParameter("id", OpenApiTypes.INT64, "path")


def _by_project(values: Sequence[str]) -> Condition:
    if not all(value.isascii() and value.isdigit() and len(value) < 19 for value in values):
        raise InvalidInput({"project_id": ["Give a project's id."]})
    return Condition('"row"."project_id" = ANY(%s)', ([int(value) for value in values],))


def _by_currency(values: Sequence[str]) -> Condition:
    return Condition('"row"."currency" = ANY(%s)', ([value.upper()[:3] for value in values],))


PRICES = Listing(
    PRICE_SHAPE,
    filters={"project_id": _by_project, "currency": _by_currency},
    orderings={**BY_ID, "valid_from": Ordering('"row"."valid_from"', "timestamptz")},
    default_ordering="-id",
)
_WORDS = {"project_id": "Only prices of this project.", "currency": "Only prices in this currency."}


class PriceListView(ApiView):
    """All prices there are and were."""

    permissions = {"GET": _VIEW, "POST": WORKS_TRANSACTIONS}

    @extend_schema(
        operation_id="staff_list_prices",
        tags=["prices"],
        parameters=listing_parameters(PRICES, _WORDS),
        responses={200: PriceShapeSerializer(many=True), **refusals(400, 401, 403)},
    )
    def get(self, request: Request) -> HttpResponse:
        """List prices, the newest first."""
        return list_response(request._request, PRICES, cache=PRIVATE_CACHE, within=reach_condition(OF_PROJECT))

    @extend_schema(
        operation_id="set_price",
        tags=["prices"],
        request=PriceSerializer,
        responses={201: CreatedSerializer, **refusals(400, 401, 403, 404, 409, 413, 415)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Set a price from now, or from a time to come; the price in force until then ends there."""
        body = PriceSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        project = project_named(given["project_id"])
        if project is None:
            raise ProjectNotFound
        price = price_set(
            actor=signed_in_caller(request),
            project=project,
            vintage=given.get("vintage"),
            currency=given["currency"],
            price_per_credit=given["price_per_credit"],
            tiers=[Tier(tier["from_quantity"], tier["price_per_credit"]) for tier in given.get("tiers", [])],
            valid_from=given.get("valid_from"),
            valid_to=given.get("valid_to"),
        )
        answer = {"success": True, "id": price.pk, "message": "Price set"}
        return json_response(answer, status=201, headers={"Location": f"{request.path}/{price.pk}"})


class PriceView(ApiView):
    """One price."""

    permissions = {
        "GET": _VIEW,
        "PUT": WORKS_TRANSACTIONS,
        "PATCH": WORKS_TRANSACTIONS,
        "DELETE": WORKS_TRANSACTIONS,
    }

    @extend_schema(
        operation_id="staff_read_price",
        tags=["prices"],
        parameters=[PRICE_ID],
        responses={200: PriceShapeSerializer, **refusals(401, 403, 404)},
    )
    def get(self, request: Request, pk: int) -> HttpResponse:
        """Read it."""
        text = row_text(PRICE_SHAPE, within_reach(Condition('"row"."id" = %s', (pk,)), OF_PROJECT))
        if text is None:
            raise NotFound("There is no such price.")
        return tagged_response(request._request, text, cache=PRIVATE_CACHE)

    @extend_schema(
        operation_id="end_price",
        tags=["prices"],
        parameters=[PRICE_ID],
        request=PriceEndSerializer,
        responses={200: DoneSerializer, **refusals(400, 401, 403, 404, 409, 413, 415)},
    )
    def put(self, request: Request, pk: int) -> HttpResponse:
        """End it, now (`valid_to` null) or at a time to come; nothing else of a price changes."""
        body = PriceEndSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        price_end(actor=signed_in_caller(request), pk=pk, at=body.validated_data["valid_to"])
        return json_response({"success": True, "message": "Price ended"})

    @extend_schema(
        operation_id="end_price_partially",
        tags=["prices"],
        parameters=[PRICE_ID],
        request=PriceEndSerializer,
        responses={200: DoneSerializer, **refusals(400, 401, 403, 404, 409, 413, 415)},
    )
    def patch(self, request: Request, pk: int) -> HttpResponse:
        """Do the same as PUT."""
        return self.put(request, pk)

    @extend_schema(
        operation_id="delete_price",
        tags=["prices"],
        parameters=[PRICE_ID],
        responses={200: DoneSerializer, **refusals(401, 403, 404, 409)},
    )
    def delete(self, request: Request, pk: int) -> HttpResponse:
        """Delete a price that has not begun."""
        price_delete(actor=signed_in_caller(request), pk=pk)
        return json_response({"success": True, "message": "Price deleted"})
