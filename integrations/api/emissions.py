"""Emissions over HTTP: the list, the arithmetic of one, totals, the report, and calculating again."""

import uuid
from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from carboncore.common.api.bodies import json_response
from carboncore.common.api.cursors import LARGEST_ID
from carboncore.common.api.listing import Condition
from carboncore.common.api.reading import PRIVATE_CACHE, list_response
from carboncore.common.api.schema import listing_parameters, refusals
from carboncore.common.api.views import ApiView
from carboncore.common.errors import InvalidInput
from carboncore.common.tables import XLSX
from integrations.api.emission_lists import EMISSION_WORDS, EMISSIONS, FACTOR_WORDS, FACTORS
from integrations.api.emission_periods import PERIOD_PARAMETERS, asked_inventory
from integrations.api.emission_shapes import (
    EmissionSerializer,
    ExplanationSerializer,
    FactorSerializer,
    RecalculationAnswerSerializer,
    RecalculationSerializer,
    ReportSerializer,
    SummarySerializer,
)
from integrations.emissions.explaining import ROUNDING, steps
from integrations.errors import DataSourceNotFound
from integrations.models import Connection, Emission, EmissionRun, Factor, FactorSet
from integrations.reports import REPORT_FILES
from integrations.selectors.emissions import emission_visible_to, readings_behind
from integrations.selectors.inventory import summary_of
from integrations.selectors.report import report_of
from integrations.services.emissions import calculation_request
from transactions.api.callers import signed_in_caller

EMISSION_ID = OpenApiParameter("public_id", OpenApiTypes.UUID, "path", description="The emission's id.")
_PAGE, _LARGEST_PAGE = 100, 1000


class EmissionListView(ApiView):
    """Emissions of one's own data sources and one's organisations'."""

    key_scopes = {"GET": "data-sources"}
    permission_classes = []

    @extend_schema(
        operation_id="list_emissions",
        tags=["emissions"],
        parameters=listing_parameters(EMISSIONS, EMISSION_WORDS),
        responses={200: EmissionSerializer(many=True), **refusals(400, 401)},
    )
    def get(self, request: Request) -> HttpResponse:
        """List the current results, the newest month first; `superseded=true` lists those that were replaced."""
        user = signed_in_caller(request)
        seen = list(Connection.objects.visible_to(user).values_list("pk", flat=True))
        present = "" if "superseded" in request.query_params else ' AND "row"."superseded_at" IS NULL'
        within = Condition(f'"row"."connection_id" = ANY(%s::bigint[]){present}', (seen,))
        return list_response(request._request, EMISSIONS, cache=PRIVATE_CACHE, within=within)


class EmissionExplainView(ApiView):
    """The arithmetic of one result."""

    key_scopes = {"GET": "data-sources"}
    permission_classes = []

    @extend_schema(
        operation_id="explain_emission",
        tags=["emissions"],
        parameters=[
            EMISSION_ID,
            OpenApiParameter("after", OpenApiTypes.INT, description="Readings after this id; from `next_after`."),
            OpenApiParameter("limit", OpenApiTypes.INT, description="Readings of a page, 1 to 1,000; else 100."),
        ],
        responses={200: ExplanationSerializer, **refusals(400, 401, 404)},
    )
    def get(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Show how a result was worked out, with its factor and its readings, so that anybody can redo it."""
        emission = emission_visible_to(user=signed_in_caller(request), public_id=public_id)
        after = _number(request, "after", 0, 0, LARGEST_ID)
        limit = _number(request, "limit", _PAGE, 1, _LARGEST_PAGE)
        rows = readings_behind(emission=emission, after=after, limit=limit + 1)
        return json_response(_explanation(emission, rows[:limit], more=len(rows) > limit))


class EmissionSummaryView(ApiView):
    """Totals."""

    key_scopes = {"GET": "data-sources"}
    permission_classes = []

    @extend_schema(
        operation_id="summarise_emissions",
        tags=["emissions"],
        parameters=PERIOD_PARAMETERS,
        responses={200: SummarySerializer, **refusals(400, 401, 404)},
    )
    def get(self, request: Request) -> HttpResponse:
        """Add up the current results of a period by scope, source, site, month and data quality."""
        return json_response(summary_of(asked_inventory(request, signed_in_caller(request))))


class EmissionReportView(ApiView):
    """The report."""

    key_scopes = {"GET": "data-sources"}
    permission_classes = []

    @extend_schema(
        operation_id="report_emissions",
        tags=["emissions"],
        parameters=[
            *PERIOD_PARAMETERS,
            OpenApiParameter(
                "format", OpenApiTypes.STR, enum=["json", "xlsx", "pdf"], description="JSON if not given."
            ),
        ],
        responses={
            (200, "application/json"): ReportSerializer,
            (200, XLSX): OpenApiTypes.BINARY,
            (200, "application/pdf"): OpenApiTypes.BINARY,
            **refusals(400, 401, 404),
        },
    )
    def get(self, request: Request) -> HttpResponse:
        """Report a period's inventory in the GHG Protocol's words: totals, method, factor sets and gaps."""
        user = signed_in_caller(request)
        kind = request.query_params.get("format") or "json"
        if kind not in REPORT_FILES:
            raise InvalidInput({"format": [f"Ask for one of {', '.join(REPORT_FILES)}."]})
        return REPORT_FILES[kind](report_of(asked_inventory(request, user)))


class EmissionRecalculateView(ApiView):
    """Calculating again."""

    key_scopes = {"POST": "data-sources"}
    permission_classes = []

    @extend_schema(
        operation_id="recalculate_emissions",
        tags=["emissions"],
        request=RecalculationSerializer,
        responses={202: RecalculationAnswerSerializer, **refusals(400, 401, 404, 413, 415)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Queue a calculation of one's data sources; one that waits already and asks for the same is not doubled."""
        user = signed_in_caller(request)
        body = RecalculationSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        connections = Connection.objects.changeable_by(user)
        if "datasource" in given:
            connections = connections.filter(public_id=given["datasource"])
            if not connections:
                raise DataSourceNotFound
        factor_set = _factor_set(given.get("factor_set"))
        runs = [
            calculation_request(connection=connection, actor=user, renew=given["renew"], factor_set=factor_set)
            for connection in connections.order_by("pk")
        ]
        return json_response({"data": [_run(run) for run in runs], "count": len(runs)}, status=202)


class FactorListView(ApiView):
    """Emission factors."""

    key_scopes = {"GET": "data-sources"}
    permission_classes = []

    @extend_schema(
        operation_id="list_emission_factors",
        tags=["emissions"],
        parameters=listing_parameters(FACTORS, FACTOR_WORDS),
        responses={200: FactorSerializer(many=True), **refusals(400, 401)},
    )
    def get(self, request: Request) -> HttpResponse:
        """List the factors of all sets, with their source and licence."""
        signed_in_caller(request)
        return list_response(request._request, FACTORS, cache=PRIVATE_CACHE)


def _number(request: Request, name: str, default: int, least: int, most: int) -> int:
    text = request.query_params.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 20 and least <= int(text) <= most):
        raise InvalidInput({name: [f"Give a whole number from {least} to {most}."]})
    return int(text)


def _factor_set(pk: int | None) -> FactorSet | None:
    if pk is None:
        return None
    found = FactorSet.objects.filter(pk=pk).first() if pk <= LARGEST_ID else None
    if found is None:
        raise InvalidInput({"factor_set": ["There is no such factor set."]})
    return found


def _run(run: EmissionRun) -> dict[str, Any]:
    return {
        "id": run.public_id,
        "datasource": run.connection.public_id,
        "status": run.status,
        "renew": run.renew,
    }


def _explanation(emission: Emission, readings: list[tuple[Any, ...]], *, more: bool) -> dict[str, Any]:
    told = steps(
        basis=emission.basis,
        quantity=emission.quantity,
        unit=emission.unit,
        kg_co2e=emission.kg_co2e,
        inputs=emission.inputs,
        reading_count=emission.reading_count,
    )
    successor = emission.superseded_by
    names = (
        *("id", "external_id", "series", "starts_at", "ends_at", "quantity", "unit", "quality", "revision"),
        "g_per_kwh",
    )
    return {
        "id": emission.public_id,
        "datasource": emission.connection.public_id,
        "month": f"{emission.month:%Y-%m}",
        "line": emission.line,
        "method": emission.method,
        "basis": emission.basis,
        "scope": emission.scope,
        "category": emission.category,
        "kg_co2e": emission.kg_co2e,
        "kg_co2e_low": emission.low,
        "kg_co2e_high": emission.high,
        "steps": told,
        "notes": emission.inputs.get("notes", []),
        "rounding": ROUNDING,
        "engine_version": emission.engine_version,
        "factor": _factor(emission.factor) if emission.factor else None,
        "calculated_at": emission.calculated_at,
        "out_of_date_at": emission.out_of_date_at,
        "superseded_at": emission.superseded_at,
        "superseded_by": successor.public_id if successor else None,
        "reading_count": emission.reading_count,
        "readings": [dict(zip(names, row, strict=True)) for row in readings],
        "next_after": readings[-1][0] if more else None,
    }


def _factor(factor: Factor) -> dict[str, Any]:
    publication = factor.factor_set
    return {
        "key": factor.key,
        "label": factor.label,
        "kg_co2e": f"{factor.kg_co2e.normalize():f}",
        "unit": factor.unit,
        "region": factor.region,
        "set": str(publication),
        "name": publication.name,
        "year": publication.year,
        "gwp_basis": publication.gwp_basis,
        "licence": publication.licence,
        "published": publication.source,
    }
