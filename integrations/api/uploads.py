"""Uploading files of readings over HTTP, confirming and following them, and entering readings by hand."""

import uuid
from typing import Any

from django.conf import settings
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request

from carboncore.common.api.bodies import json_response
from carboncore.common.api.schema import BINARY, refusals
from carboncore.common.api.views import ApiView
from carboncore.common.errors import InvalidInput
from integrations.api.upload_shapes import (
    EntriesSerializer,
    EntriesShapeSerializer,
    StoredSerializer,
    UploadConfirmSerializer,
    UploadFileSerializer,
    UploadListSerializer,
    UploadSerializer,
    upload_body,
)
from integrations.errors import UploadNotFound
from integrations.models import Upload
from integrations.selectors.uploads import source_changeable_by, source_visible_to, upload_of
from integrations.services.reading_entries import readings_enter
from integrations.services.uploads import upload_confirm, upload_create
from transactions.api.callers import signed_in_caller

SOURCE_ID = OpenApiParameter("source", OpenApiTypes.UUID, "path", description="The data source's id.")
UPLOAD_ID = OpenApiParameter("upload", OpenApiTypes.UUID, "path", description="The upload's id.")
_ENVELOPE_BYTES = 100_000  # what a multipart body holds beside the file
_MOST_LISTED = 100


class UploadListView(ApiView):
    """The files of a data source."""

    key_scopes = {"GET": "data-sources", "POST": "data-sources"}
    permission_classes = []
    parser_classes = [MultiPartParser]

    @property
    def largest_body(self) -> int:  # type: ignore[override]
        """A file and what surrounds it."""
        return int(settings.UPLOAD_MAX_BYTES) + _ENVELOPE_BYTES

    @extend_schema(
        operation_id="list_uploads",
        tags=["data sources"],
        parameters=[SOURCE_ID],
        responses={200: UploadListSerializer, **refusals(401, 404)},
    )
    def get(self, request: Request, source: uuid.UUID) -> HttpResponse:
        """List the latest hundred."""
        connection = source_visible_to(user=signed_in_caller(request), public_id=source)
        rows = [upload_body(upload, source) for upload in Upload.objects.filter(connection=connection)[:_MOST_LISTED]]
        return json_response({"data": rows, "count": len(rows)})

    @extend_schema(
        operation_id="upload_readings",
        tags=["data sources"],
        parameters=[SOURCE_ID],
        request={"multipart/form-data": UploadFileSerializer},
        responses={201: UploadSerializer, **refusals(400, 401, 404, 409, 413, 415)},
    )
    def post(self, request: Request, source: uuid.UUID) -> HttpResponse:
        """Upload a CSV or XLSX file. Nothing of it counts until the preview is confirmed."""
        user = signed_in_caller(request)
        connection = source_changeable_by(user=user, public_id=source)
        body = UploadFileSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        upload = upload_create(actor=user, connection=connection, upload=body.validated_data["file"])
        return json_response(upload_body(upload, source), status=201)


class UploadView(ApiView):
    """One file of a data source."""

    key_scopes = {"GET": "data-sources"}
    permission_classes = []

    @extend_schema(
        operation_id="read_upload",
        tags=["data sources"],
        parameters=[SOURCE_ID, UPLOAD_ID],
        responses={200: UploadSerializer, **refusals(401, 404)},
    )
    def get(self, request: Request, source: uuid.UUID, upload: uuid.UUID) -> HttpResponse:
        """Read its preview, how far it is, and what came of it."""
        connection = source_visible_to(user=signed_in_caller(request), public_id=source)
        return json_response(upload_body(upload_of(connection=connection, public_id=upload), source))


class UploadConfirmView(ApiView):
    """How a file is to be understood."""

    key_scopes = {"POST": "data-sources"}
    permission_classes = []

    @extend_schema(
        operation_id="confirm_upload",
        tags=["data sources"],
        parameters=[SOURCE_ID, UPLOAD_ID],
        request=UploadConfirmSerializer,
        responses={202: UploadSerializer, **refusals(400, 401, 404, 409, 413, 415)},
    )
    def post(self, request: Request, source: uuid.UUID, upload: uuid.UUID) -> HttpResponse:
        """Confirm the preview, or correct it; the file is then read in the background."""
        user = signed_in_caller(request)
        connection = source_changeable_by(user=user, public_id=source)
        found = upload_of(connection=connection, public_id=upload)
        body = UploadConfirmSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        fields = dict(body.validated_data)
        if "mapping" in fields:
            fields["columns"] = fields.pop("mapping")
        confirmed = upload_confirm(actor=user, upload=found, fields=fields)
        return json_response(upload_body(confirmed, source), status=202)


class UploadRejectsView(ApiView):
    """The rows of a file that could not be taken."""

    key_scopes = {"GET": "data-sources"}
    permission_classes = []

    @extend_schema(
        operation_id="read_upload_rejects",
        tags=["data sources"],
        parameters=[SOURCE_ID, UPLOAD_ID],
        responses={(200, "text/csv"): BINARY, **refusals(401, 404)},
    )
    def get(self, request: Request, source: uuid.UUID, upload: uuid.UUID) -> HttpResponseBase:
        """Get them as CSV: the line, the reason, and the cells as they were. 404 when no row was rejected."""
        connection = source_visible_to(user=signed_in_caller(request), public_id=source)
        return rejected_rows(upload_of(connection=connection, public_id=upload))


class EntryView(ApiView):
    """Readings entered by hand."""

    key_scopes = {"POST": "data-sources"}
    permission_classes = []

    @extend_schema(
        operation_id="enter_readings",
        tags=["data sources"],
        parameters=[SOURCE_ID],
        request=EntriesShapeSerializer,
        responses={201: StoredSerializer, **refusals(400, 401, 404, 409, 413, 415)},
    )
    def post(self, request: Request, source: uuid.UUID) -> HttpResponse:
        """Enter up to 1,000 readings, all or none. A time that is there already is corrected."""
        user = signed_in_caller(request)
        connection = source_changeable_by(user=user, public_id=source)
        body = EntriesSerializer(data=_object(request.data))
        body.is_valid(raise_exception=True)
        counts = readings_enter(actor=user, connection=connection, entries=body.initial_data["readings"])
        stored = {"created": counts.created, "changed": counts.changed, "unchanged": counts.unchanged}
        return json_response(stored, status=201)


def rejected_rows(upload: Upload) -> FileResponse:
    """Return the rejected rows of a file as a CSV file.

    Raises:
        UploadNotFound: no row of it was rejected.
    """
    if not upload.rejects:
        raise UploadNotFound
    name = f"rejects-{upload.created_at:%Y-%m-%d}.csv"
    return FileResponse(upload.rejects.open("rb"), as_attachment=True, filename=name, content_type="text/csv")


def _object(data: Any) -> Any:
    if not isinstance(data, dict):
        raise InvalidInput({"readings": ["Send an object with a list of readings."]})
    return data
