"""Health for balancers and people, figures for Prometheus, and the staff's performance figures."""

import hmac

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from carboncore.common.api.bodies import json_response
from carboncore.common.api.errors import error_response
from carboncore.common.api.schema import refusals
from carboncore.common.api.views import ApiView
from carboncore.common.rate_limits.declare import rate_limited
from carboncore.operations.exposition import exposition
from carboncore.operations.health import CHECKS, run_checks
from carboncore.operations.performance import performance

_FRESH = {"Cache-Control": "no-store"}
_PROBED = {"GET": "probe", "HEAD": "probe"}


@rate_limited(_PROBED)
@require_safe
def live(_request: HttpRequest) -> HttpResponse:
    """Say that the process answers; asks nothing of the database."""
    return json_response({"status": "ok"}, headers=_FRESH)


@rate_limited(_PROBED)
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Run the checks, or those that `?checks=database,disk` names; 503 when one fails.

    The public learns which; whoever sends the metrics token learns why.
    """
    names = [name for name in request.GET.get("checks", "").split(",") if name]
    if unknown := sorted(set(names) - set(CHECKS)):
        known = ", ".join(CHECKS)
        reason = f"There is no check {unknown[0][:40]!r}. There are: {known}."
        return error_response(400, "invalid", reason, errors={"checks": [reason]}, headers=_FRESH)
    checks = run_checks(names or None)
    is_ready = all(check.is_ok for check in checks.values())
    words = {True: "ok", False: "failed"}
    told = {name: words[check.is_ok] for name, check in checks.items()}
    body: dict[str, object] = {"status": words[is_ready], "checks": told}
    if _has_metrics_token(request):
        body["details"] = {name: check.detail for name, check in checks.items()}
    return json_response(body, status=200 if is_ready else 503, headers=_FRESH)


@rate_limited(_PROBED)
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer Prometheus. Without METRICS_TOKEN there is no such address, whoever asks and from wherever."""
    if not settings.METRICS_TOKEN:
        return error_response(404, "not_found", "There is no such address until METRICS_TOKEN is set.")
    if not _has_metrics_token(request):
        words = "Send `Authorization: Bearer <METRICS_TOKEN>`."
        return error_response(401, "not_authenticated", words, headers={"WWW-Authenticate": 'Bearer realm="metrics"'})
    return HttpResponse(exposition(), content_type="text/plain; version=0.0.4; charset=utf-8", headers=_FRESH)


def _has_metrics_token(request: HttpRequest) -> bool:
    scheme, _, given = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    token: str = settings.METRICS_TOKEN
    return bool(token) and scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode())


class PerformanceSummarySerializer(serializers.Serializer):
    """All routes together. Times are seconds; a rate is from 0 to 1 and counts answers of 500 or more."""

    total_requests = serializers.IntegerField()
    avg_response_time = serializers.FloatField()
    error_rate = serializers.FloatField()
    endpoint_count = serializers.IntegerField()


class EndpointSerializer(serializers.Serializer):
    """One method and route."""

    count = serializers.IntegerField()
    avg_response_time = serializers.FloatField()
    error_rate = serializers.FloatField()


class SystemSerializer(serializers.Serializer):
    """How much of the machine was in use on the mean since the server was started, in percent."""

    cpu_avg = serializers.FloatField()
    memory_avg = serializers.FloatField()
    disk_avg = serializers.FloatField()


class PerformanceSerializer(serializers.Serializer):
    """The figures of all web processes of this server since it was started."""

    summary = PerformanceSummarySerializer()
    endpoints = serializers.DictField(child=EndpointSerializer(), help_text='By "METHOD /route".')
    system = SystemSerializer()


class PerformanceView(ApiView):
    """Requests, times and errors by route, and how busy the machine is."""

    permissions = {"GET": "operations.view_performance"}

    @extend_schema(operation_id="performance", responses={200: PerformanceSerializer, **refusals(401, 403)})
    def get(self, _request: Request) -> HttpResponse:
        return json_response(performance(), headers=_FRESH)
