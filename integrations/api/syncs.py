"""Syncs of data sources over HTTP: ask for one, see how far it is, the log, what was rejected, gaps."""

import csv
import io
import uuid
from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request

from accounts.api.authentication import signed_in
from carboncore.common.api.bodies import json_response
from carboncore.common.api.schema import BINARY, refusals
from carboncore.common.api.views import ApiView
from carboncore.common.errors import InvalidInput
from integrations.api.sources import SOURCE_ID
from integrations.choices import ReadingType, SyncStatus, SyncType
from integrations.models import SyncRun
from integrations.selectors.connections import connection_visible_to
from integrations.selectors.series import MOST_GAPS, series_gaps
from integrations.selectors.syncs import rejects_of, sync_visible_to, syncs_of
from integrations.services.rejects import harmless
from integrations.services.syncing import sync_request

_PAGE, _LARGEST_PAGE = 50, 200
_MOST_DAYS = 800
_SYNC_ID = OpenApiParameter("sync_id", OpenApiTypes.UUID, "path", description="The sync's id.")


class SyncSerializer(serializers.Serializer):
    """One sync. `range_start` and `range_end` are what it read, the end excluded; `duration` is in seconds."""

    id = serializers.UUIDField()
    sync_type = serializers.ChoiceField(SyncType.values)
    status = serializers.ChoiceField(SyncStatus.values)
    percent_done = serializers.IntegerField()
    records_processed = serializers.IntegerField()
    records_created = serializers.IntegerField()
    records_changed = serializers.IntegerField()
    records_failed = serializers.IntegerField()
    problem = serializers.CharField(allow_null=True)
    error_message = serializers.CharField(allow_null=True)
    range_start = serializers.DateTimeField(allow_null=True)
    range_end = serializers.DateTimeField(allow_null=True)
    queued_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    duration = serializers.FloatField(allow_null=True)


class SyncListSerializer(serializers.Serializer):
    """A page of the log; `next_before` is null on its last page."""

    data = SyncSerializer(many=True)  # type: ignore[assignment]
    count = serializers.IntegerField()
    next_before = serializers.UUIDField(allow_null=True)


class GapSerializer(serializers.Serializer):
    """A time of a series, the end excluded, that no reading covers (`gap`) or that two do (`overlap`).

    `missing` counts the intervals that are not there, by the length of those before.
    """

    kind = serializers.ChoiceField(["gap", "overlap"])
    type = serializers.ChoiceField(ReadingType.values)
    series = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    missing = serializers.IntegerField()


class GapListSerializer(serializers.Serializer):
    """The latest gaps and overlaps; `complete` is false where there are more than can be shown."""

    data = GapSerializer(many=True)  # type: ignore[assignment]
    count = serializers.IntegerField()
    complete = serializers.BooleanField()


class SyncView(ApiView):
    """Asking for a sync."""

    permission_classes = [IsAuthenticated]
    key_scopes = {"POST": "data-sources"}
    rate_limit = {"POST": "connect"}

    @extend_schema(
        operation_id="sync_data_source",
        tags=["data sources"],
        parameters=[SOURCE_ID],
        request=None,
        responses={202: SyncSerializer, **refusals(401, 404, 409, 429)},
    )
    def post(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Queue a sync; its progress is at `sync-logs/{id}`. 409 while one is under way, 429 right after one."""
        return json_response(sync_body(sync_request(actor=signed_in(request), public_id=public_id)), status=202)


class SyncListView(ApiView):
    """The sync log."""

    permission_classes = [IsAuthenticated]
    key_scopes = {"GET": "data-sources"}

    @extend_schema(
        operation_id="list_syncs",
        tags=["data sources"],
        parameters=[
            SOURCE_ID,
            OpenApiParameter("limit", OpenApiTypes.INT, description="Syncs of a page, 1 to 200; else 50."),
            OpenApiParameter("before", OpenApiTypes.UUID, description="Syncs before this one; from `next_before`."),
        ],
        responses={200: SyncListSerializer, **refusals(400, 401, 404)},
    )
    def get(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """List a data source's syncs, the latest first."""
        limit = _number(request, "limit", _PAGE, _LARGEST_PAGE)
        runs = syncs_of(user=signed_in(request), source=public_id, before=_uuid(request, "before"), limit=limit + 1)
        shown = runs[:limit]
        more = str(shown[-1].public_id) if len(runs) > limit else None
        return json_response({"data": [sync_body(run) for run in shown], "count": len(shown), "next_before": more})


class SyncDetailView(ApiView):
    """One sync."""

    permission_classes = [IsAuthenticated]
    key_scopes = {"GET": "data-sources"}

    @extend_schema(
        operation_id="get_sync",
        tags=["data sources"],
        parameters=[SOURCE_ID, _SYNC_ID],
        responses={200: SyncSerializer, **refusals(401, 404)},
    )
    def get(self, request: Request, public_id: uuid.UUID, sync_id: uuid.UUID) -> HttpResponse:
        """Show how far a sync is, or what came of it."""
        return json_response(sync_body(sync_visible_to(user=signed_in(request), source=public_id, public_id=sync_id)))


class SyncRejectsView(ApiView):
    """The records that a sync rejected."""

    permission_classes = [IsAuthenticated]
    key_scopes = {"GET": "data-sources"}

    @extend_schema(
        operation_id="read_sync_rejects",
        tags=["data sources"],
        parameters=[SOURCE_ID, _SYNC_ID],
        responses={(200, "text/csv"): BINARY, **refusals(401, 404)},
    )
    def get(self, request: Request, public_id: uuid.UUID, sync_id: uuid.UUID) -> HttpResponse:
        """Get them as CSV with their reasons, the first 10,000; nothing in it runs as a formula."""
        run = sync_visible_to(user=signed_in(request), source=public_id, public_id=sync_id)
        return rejects_response(run)


class GapListView(ApiView):
    """Gaps and overlaps."""

    permission_classes = [IsAuthenticated]
    key_scopes = {"GET": "data-sources"}

    @extend_schema(
        operation_id="list_gaps",
        tags=["data sources"],
        parameters=[
            SOURCE_ID,
            OpenApiParameter("days", OpenApiTypes.INT, description="How many days back, 1 to 800; else 400."),
        ],
        responses={200: GapListSerializer, **refusals(400, 401, 404)},
    )
    def get(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """List where a data source's series miss readings or have two for one time, the latest first."""
        since = timezone.now() - timedelta(days=_number(request, "days", 400, _MOST_DAYS))
        connection = connection_visible_to(user=signed_in(request), public_id=public_id)
        gaps = series_gaps(connection_id=connection.pk, since=since, most=MOST_GAPS + 1)
        data = [
            {
                "kind": "overlap" if gap.is_overlap else "gap",
                "type": gap.reading_type,
                "series": gap.series,
                "starts_at": gap.begins,
                "ends_at": gap.ends,
                "missing": gap.missing,
            }
            for gap in gaps[:MOST_GAPS]
        ]
        return json_response({"data": data, "count": len(data), "complete": len(gaps) <= MOST_GAPS})


def rejects_response(run: SyncRun) -> HttpResponse:
    """Return the records that a sync rejected as a CSV file; nothing in it runs as a formula."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["external_id", "series", "starts_at", "quantity", "reason"])
    for row in rejects_of(run=run):
        cells = (row.external_id, row.series, row.starts_at, row.quantity, row.reason)
        writer.writerow([harmless(cell) for cell in cells])
    name = f"rejects-{run.queued_at:%Y-%m-%d}.csv"
    return HttpResponse(
        text.getvalue(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def sync_body(run: SyncRun) -> dict[str, Any]:
    """Return a sync as its source's owner sees it."""
    took = (run.finished_at - run.started_at).total_seconds() if run.finished_at and run.started_at else None
    return {
        "id": str(run.public_id),
        "sync_type": run.sync_type,
        "status": run.status,
        "percent_done": run.percent_done,
        "records_processed": run.records_processed,
        "records_created": run.records_created,
        "records_changed": run.records_changed,
        "records_failed": run.records_failed,
        "problem": run.problem or None,
        "error_message": run.error_message or None,
        "range_start": run.range_start,
        "range_end": run.range_end,
        "queued_at": run.queued_at,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "duration": took,
    }


def _number(request: Request, name: str, usual: int, most: int) -> int:
    text = request.query_params.get(name, "")
    if not text:
        return usual
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= most):
        raise InvalidInput({name: [f"Give a whole number from 1 to {most}."]})
    return int(text)


def _uuid(request: Request, name: str) -> uuid.UUID | None:
    text = request.query_params.get(name, "")
    try:
        return uuid.UUID(text) if text else None
    except ValueError as error:
        raise InvalidInput({name: ["Give the id (UUID) of a sync."]}) from error
