"""What staff read of transactions: the list, its totals, and both as files for spreadsheets."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django.db import connection
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from carboncore.audit.services import event_record
from carboncore.common.api.bodies import json_response
from carboncore.common.api.json_rows import RowShape
from carboncore.common.api.listing import ListQuery
from carboncore.common.api.reading import PRIVATE_CACHE, list_response
from carboncore.common.api.schema import BINARY, listing_parameters, refusals
from carboncore.common.api.views import ApiView
from carboncore.common.errors import InvalidInput
from carboncore.common.tables import csv_response, xlsx_response
from registry.reach import OF_PROJECT, reach_condition
from transactions.api.transaction_lists import (
    FILTER_WORDS,
    FILTERS,
    STAFF_TRANSACTIONS,
    StaffTransactionSerializer,
    transactions_for,
)
from transactions.models import Transaction
from transactions.selectors.analytics import transaction_totals

_SEE = {"GET": "transactions.view_transaction"}
_NOT_MODIFIED = {304: OpenApiResponse(description="The caller has this already (`If-None-Match`).")}
_FILTER_PARAMETERS = [OpenApiParameter(name, OpenApiTypes.STR, description=FILTER_WORDS[name]) for name in FILTERS]


class AmountSerializer(serializers.Serializer):
    """Money of one currency; `average_price` is per credit."""

    currency = serializers.CharField()
    total = serializers.CharField()
    refunded = serializers.CharField()
    net = serializers.CharField()
    average_price = serializers.CharField(allow_null=True)


class TotalsSerializer(serializers.Serializer):
    """Totals: of all transactions, and of those completed (refunded later or not). Quantities are tonnes."""

    count = serializers.IntegerField()
    quantity = serializers.CharField()
    completed_count = serializers.IntegerField()
    completed_quantity = serializers.CharField()
    average_processing_time_seconds = serializers.CharField(allow_null=True, help_text="Of completed purchases.")
    amounts = AmountSerializer(many=True)


class TypeTotalsSerializer(TotalsSerializer):
    """Totals of one type."""

    transaction_type = serializers.CharField()


class StatusTotalsSerializer(TotalsSerializer):
    """Totals of one status."""

    status = serializers.CharField()


class ProjectTotalsSerializer(TotalsSerializer):
    """Totals of one project."""

    project_id = serializers.IntegerField()
    project_name = serializers.CharField()


class MonthTotalsSerializer(TotalsSerializer):
    """Totals of the transactions created in one month (UTC)."""

    month = serializers.CharField(help_text="YYYY-MM")


class AnalyticsSerializer(serializers.Serializer):
    """Totals of the transactions that the filters match."""

    totals = TotalsSerializer()
    by_type = TypeTotalsSerializer(many=True)
    by_status = StatusTotalsSerializer(many=True)
    by_project = ProjectTotalsSerializer(many=True, help_text="The hundred with most tonnes delivered.")
    by_month = MonthTotalsSerializer(many=True)


class TransactionListView(ApiView):
    """Transactions of everybody."""

    permissions = _SEE

    @extend_schema(
        operation_id="list_transactions",
        tags=["transactions"],
        parameters=listing_parameters(STAFF_TRANSACTIONS, FILTER_WORDS),
        responses={200: StaffTransactionSerializer(many=True), **_NOT_MODIFIED, **refusals(400, 401, 403)},
    )
    def get(self, request: Request) -> HttpResponse:
        """List transactions, the newest first."""
        within = reach_condition(OF_PROJECT)
        return list_response(request, transactions_for(request.user), cache=PRIVATE_CACHE, within=within)


class TransactionAnalyticsView(ApiView):
    """Totals of transactions."""

    permissions = _SEE

    @extend_schema(
        operation_id="read_transaction_analytics",
        tags=["transactions"],
        parameters=_FILTER_PARAMETERS,
        responses={200: AnalyticsSerializer, **refusals(400, 401, 403)},
    )
    def get(self, request: Request) -> HttpResponse:
        """Add up the transactions that the filters match."""
        return json_response(transaction_totals(_asked(request).conditions.values()))


class TransactionExportView(ApiView):
    """Transactions as a table."""

    permissions = _SEE
    as_xlsx = False

    @extend_schema(
        operation_id="export_transactions",
        tags=["transactions"],
        parameters=_FILTER_PARAMETERS,
        responses={(200, "text/csv"): BINARY, **refusals(400, 401, 403)},
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Answer with every transaction that the filters match, as a file for spreadsheets."""
        shape = transactions_for(request.user).shape
        header, rows = shape.names, _all_rows(shape, _asked(request))
        kept = {"list": Transaction._meta.label_lower, "filters": request.GET.urlencode()}
        event_record(action="data.exported", changes=kept)
        return (xlsx_response if self.as_xlsx else csv_response)(header, rows, name="transactions")


class TransactionXlsxView(TransactionExportView):
    """Transactions as a workbook."""

    as_xlsx = True

    @extend_schema(
        operation_id="export_transactions_xlsx",
        tags=["transactions"],
        parameters=_FILTER_PARAMETERS,
        responses={(200, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"): BINARY,
                   **refusals(400, 401, 403)},
    )  # fmt: skip
    def get(self, request: Request) -> HttpResponseBase:
        """Answer with every transaction that the filters match, as a workbook."""
        return super().get(request)


def _asked(request: Request) -> ListQuery:
    """Read the filters, within reach of whoever asks; what pages a list means nothing here and is refused."""
    unknown = [name for name in request.GET if name not in FILTERS]
    if unknown:
        reason = f"There is no such parameter here. There are: {', '.join(FILTERS)}."
        raise InvalidInput({name[:60]: [reason] for name in unknown})
    asked = STAFF_TRANSACTIONS.parse(request.GET)
    reach = reach_condition(OF_PROJECT)
    return asked if reach is None else replace(asked, conditions={**asked.conditions, "reach": reach})


def _all_rows(shape: RowShape, asked: ListQuery) -> Iterator[tuple[Any, ...]]:
    columns, tables = shape.select()
    where = " AND ".join(["TRUE", *(condition.sql for condition in asked.conditions.values())])
    values = [value for condition in asked.conditions.values() for value in condition.values]
    with connection.chunked_cursor() as cursor:
        cursor.execute(f'SELECT {columns} FROM {tables} WHERE {where} ORDER BY "row"."id" DESC', values)  # noqa: S608
        while rows := cursor.fetchmany(1_000):
            yield from rows
