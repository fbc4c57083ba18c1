"""What somebody reads of their own holding accounts: the accounts, their balances, their statements."""

import re
import uuid
from datetime import date, datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.dateparse import parse_datetime
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from accounts.selectors import organisation_acted_for_by
from carboncore.common.api.bodies import json_response
from carboncore.common.api.schema import refusals
from carboncore.common.api.views import ApiView
from carboncore.common.errors import InvalidInput
from transactions.account_statements import movement_row, statement_as_csv, statement_as_pdf, statement_read, zulu
from transactions.api.account_shapes import (
    AccountSerializer,
    BalancesSerializer,
    NewAccountSerializer,
    StatementSerializer,
)
from transactions.api.callers import signed_in_caller
from transactions.models import HoldingAccount
from transactions.selectors.holdings import (
    account_holdings,
    account_visible_to,
    accounts_of,
    holding_row,
)
from transactions.selectors.list_filters import day_start, one, read_day
from transactions.services import holding_account_open

ACCOUNT_ID = OpenApiParameter("public_id", OpenApiTypes.UUID, "path", description="The account's id.")


class AccountListView(ApiView):
    """The caller's own accounts."""

    key_scopes = {"GET": "read", "POST": "trade"}
    permission_classes = []

    @extend_schema(
        operation_id="list_holding_accounts",
        tags=["accounts"],
        responses={200: AccountSerializer(many=True), **refusals(401)},
    )
    def get(self, request: Request) -> HttpResponse:
        """List the accounts of the caller and of their organisations, in the order they were opened."""
        return json_response([_account(account) for account in accounts_of(signed_in_caller(request))])

    @extend_schema(
        operation_id="open_holding_account",
        tags=["accounts"],
        request=NewAccountSerializer,
        responses={201: AccountSerializer, **refusals(400, 401, 403, 404, 409, 413, 415)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Open an empty account: the caller's own, or one of an approved organisation that they act for."""
        user = signed_in_caller(request)
        body = NewAccountSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        name, public_id = body.validated_data["name"], body.validated_data.get("organisation")
        if public_id is None:
            opened = holding_account_open(owner=user, name=name)
        else:
            organisation = organisation_acted_for_by(user=user, public_id=public_id)
            opened = holding_account_open(organisation=organisation, name=name)
        return json_response(_account(opened), status=201)


class BalancesView(ApiView):
    """What an account holds."""

    key_scopes = {"GET": "read"}
    permission_classes = []

    @extend_schema(
        operation_id="read_balances",
        tags=["accounts"],
        parameters=[
            ACCOUNT_ID,
            OpenApiParameter("as_of", OpenApiTypes.STR, description="A day (its end, UTC) or a time; else now."),
        ],
        responses={200: BalancesSerializer, **refusals(400, 401, 404)},
    )
    def get(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Read an account's balances by project, vintage, batch and state; of the present or of a moment before."""
        account = account_visible_to(user=signed_in_caller(request), public_id=public_id)
        _refuse_others(request, {"as_of"})
        text = one("as_of", request.GET.getlist("as_of") or [""])
        before = _moment("as_of", text) if text else None
        held = account_holdings(account, before=before)
        totals: dict[str, Any] = {}
        for holding in held:
            totals[holding.state] = totals.get(holding.state, 0) + holding.quantity
        body = {
            "account": _account(account),
            "as_of": text or None,
            "totals": totals,
            "balances": [holding_row(holding) for holding in held],
        }
        return json_response(body)


class StatementView(ApiView):
    """An account's statement."""

    key_scopes = {"GET": "read"}
    permission_classes = []

    @extend_schema(
        operation_id="read_statement",
        tags=["accounts"],
        parameters=[
            ACCOUNT_ID,
            OpenApiParameter("from", OpenApiTypes.DATE, required=True, description="The first day (UTC)."),
            OpenApiParameter("to", OpenApiTypes.DATE, required=True, description="The last day (UTC), included."),
            OpenApiParameter("format", OpenApiTypes.STR, enum=["json", "csv", "pdf"], description="JSON if not given."),
        ],
        responses={200: StatementSerializer, **refusals(400, 401, 404)},
    )
    def get(self, request: Request, public_id: uuid.UUID) -> HttpResponseBase:
        """Read what an account held, what moved and what it held then, over some days; as JSON, CSV or PDF."""
        account = account_visible_to(user=signed_in_caller(request), public_id=public_id)
        _refuse_others(request, {"from", "to", "format"})
        first, last = (read_day(name, one(name, request.GET.getlist(name) or [""])) for name in ("from", "to"))
        if last < first:
            raise InvalidInput({"to": ["The last day comes before the first."]})
        answers = {"": _as_json, "json": _as_json, "csv": statement_as_csv, "pdf": statement_as_pdf}
        kind = one("format", request.GET.getlist("format") or [""])
        if kind not in answers:
            raise InvalidInput({"format": ["Ask for one of json, csv, pdf."]})
        return answers[kind](account, first, last)


def _as_json(account: HoldingAccount, first: date, last: date) -> HttpResponse:
    found = statement_read(account, first=first, last=last)
    body = {
        "account": _account(account),
        "from": first.isoformat(),
        "to": last.isoformat(),
        "opening": [holding_row(holding) for holding in found.opening],
        "movements": [movement_row(movement) for movement in found.movements],
        "closing": [holding_row(holding) for holding in found.closing],
    }
    return json_response(body)


def _account(account: HoldingAccount) -> dict[str, Any]:
    return {
        "id": str(account.public_id),
        "number": account.number,
        "name": account.name,
        "kind": account.kind,
        "state": account.state,
        "organisation": account.organisation.name if account.organisation else None,
        "created_at": zulu(account.created_at),
    }


def _moment(name: str, text: str) -> datetime:
    """Return the moment before which everything counts: the end of a day, or just after a time."""
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return day_start(read_day(name, text) + timedelta(days=1))
    try:
        moment = parse_datetime(text.replace(" ", "+"))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or not 1990 <= moment.year <= 2200:
        raise InvalidInput({name: ["Give a day (2026-11-22) or a time with its zone (2026-11-22T10:30:00Z)."]})
    return moment + timedelta(microseconds=1)


def _refuse_others(request: Request, known: set[str]) -> None:
    unknown = [name for name in request.GET if name not in known]
    if unknown:
        there_are = ", ".join(sorted(known))
        raise InvalidInput({name[:60]: [f"There is no such parameter. There are: {there_are}."] for name in unknown})
