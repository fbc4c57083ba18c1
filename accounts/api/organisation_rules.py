"""What an organisation shows to staff, and how much its members may transfer alone within 24 hours."""

import uuid
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request

from accounts.api.authentication import signed_in
from accounts.api.organisation_part_shapes import (
    LimitBodySerializer,
    LimitSerializer,
    NewDocumentSerializer,
    OrganisationDocumentSerializer,
    document_body,
    limit_body,
)
from accounts.api.organisations import ORGANISATION_ID
from accounts.organisation_selectors import document_visible_to, documents_visible_to, limit_request_of
from accounts.selectors import organisation_visible_to
from accounts.services import (
    organisation_document_add,
    organisation_document_delete,
    organisation_limit_approve,
    organisation_limit_reject,
    organisation_limit_set,
)
from carboncore.audit.services import personal_data_read_record
from carboncore.common.api.bodies import json_response
from carboncore.common.api.files import stored_file_response
from carboncore.common.api.reading import PRIVATE_CACHE
from carboncore.common.api.schema import refusals
from carboncore.common.api.serializers import DoneSerializer
from carboncore.common.api.views import ApiView

DOCUMENT_ID = OpenApiParameter("document", OpenApiTypes.UUID, "path", description="The document's id.")
_ENVELOPE_BYTES = 1_000_000


class LimitView(ApiView):
    """The quantity that members may transfer alone within 24 hours."""

    key_scopes = {"GET": "read"}
    permission_classes = [IsAuthenticated]

    @extend_schema(
        operation_id="read_transfer_limit",
        tags=["organisations"],
        parameters=[ORGANISATION_ID],
        responses={200: LimitSerializer, **refusals(401, 404)},
    )
    def get(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Read it, and the higher one that waits for a second owner."""
        found = organisation_visible_to(user=signed_in(request), public_id=public_id)
        return json_response(limit_body(found, limit_request_of(found)))

    @extend_schema(
        operation_id="set_transfer_limit",
        tags=["organisations"],
        parameters=[ORGANISATION_ID],
        request=LimitBodySerializer,
        responses={200: LimitSerializer, 202: LimitSerializer, **refusals(400, 401, 403, 404, 409, 413, 415)},
    )
    def put(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Set the tonnes that members may transfer out alone in any 24 hours.

        A stricter limit holds at once; a looser one waits (202) for a second owner, where there is one.
        """
        found = organisation_visible_to(user=signed_in(request), public_id=public_id)
        body = LimitBodySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        organisation, asked = organisation_limit_set(
            actor=signed_in(request), organisation=found, limit_kg=body.validated_data["limit"]
        )
        return json_response(limit_body(organisation, asked), status=200 if asked is None else 202)


class LimitApproveView(ApiView):
    """Agreeing to a higher limit."""

    permission_classes = [IsAuthenticated]

    @extend_schema(
        operation_id="approve_transfer_limit",
        tags=["organisations"],
        parameters=[ORGANISATION_ID],
        request=None,
        responses={200: LimitSerializer, **refusals(401, 403, 404, 409)},
    )
    def post(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Agree to what another owner asked for; it holds at once."""
        found = organisation_visible_to(user=signed_in(request), public_id=public_id)
        return json_response(limit_body(organisation_limit_approve(actor=signed_in(request), organisation=found), None))


class LimitRejectView(ApiView):
    """Refusing a higher limit."""

    permission_classes = [IsAuthenticated]

    @extend_schema(
        operation_id="reject_transfer_limit",
        tags=["organisations"],
        parameters=[ORGANISATION_ID],
        request=None,
        responses={200: LimitSerializer, **refusals(401, 403, 404)},
    )
    def post(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Refuse what another owner asked for, or take back what one asked for oneself."""
        found = organisation_visible_to(user=signed_in(request), public_id=public_id)
        return json_response(limit_body(organisation_limit_reject(actor=signed_in(request), organisation=found), None))


class OrganisationDocumentListView(ApiView):
    """The documents of an organisation."""

    permission_classes = [IsAuthenticated]
    parser_classes = [MultiPartParser]

    @property
    def largest_body(self) -> int:  # type: ignore[override]
        """A file and what surrounds it."""
        return int(settings.DOCUMENT_MAX_BYTES) + _ENVELOPE_BYTES

    @extend_schema(
        operation_id="list_organisation_documents",
        tags=["organisations"],
        parameters=[ORGANISATION_ID],
        responses={200: OrganisationDocumentSerializer(many=True), **refusals(401, 403, 404)},
    )
    def get(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """List them (at most fifty), for members and for staff who decide about organisations."""
        found = organisation_visible_to(user=signed_in(request), public_id=public_id)
        documents = documents_visible_to(user=signed_in(request), organisation=found)
        return json_response([document_body(document) for document in documents])

    @extend_schema(
        operation_id="add_organisation_document",
        tags=["organisations"],
        parameters=[ORGANISATION_ID],
        request={"multipart/form-data": NewDocumentSerializer},
        responses={201: OrganisationDocumentSerializer, **refusals(400, 401, 403, 404, 409, 413, 415)},
    )
    def post(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Add a file; an owner may. What it is, is read from its content."""
        found = organisation_visible_to(user=signed_in(request), public_id=public_id)
        form: Any = request.data  # always a form's: nothing else is parsed here
        body = NewDocumentSerializer(data=form.dict())
        body.is_valid(raise_exception=True)
        document = organisation_document_add(
            actor=signed_in(request),
            organisation=found,
            title=body.validated_data["title"],
            upload=body.validated_data["file"],
        )
        return json_response(document_body(document), status=201)


class OrganisationDocumentView(ApiView):
    """One document of an organisation."""

    permission_classes = [IsAuthenticated]

    @extend_schema(
        operation_id="open_organisation_document",
        tags=["organisations"],
        parameters=[ORGANISATION_ID, DOCUMENT_ID],
        responses={(200, "*/*"): OpenApiTypes.BINARY, **refusals(401, 403, 404)},
    )
    def get(self, request: Request, public_id: uuid.UUID, document: uuid.UUID) -> HttpResponseBase:
        """Get the file; that staff did is an event of the audit trail."""
        user = signed_in(request)
        organisation = organisation_visible_to(user=user, public_id=public_id)
        found = document_visible_to(user=user, organisation=organisation, public_id=document)
        if user.is_staff:
            personal_data_read_record(obj=organisation)
        return stored_file_response(
            request,
            found.file,
            name=found.file_name,
            mime_type=found.mime_type,
            sha256=found.sha256,
            cache=PRIVATE_CACHE,
        )

    @extend_schema(
        operation_id="delete_organisation_document",
        tags=["organisations"],
        parameters=[ORGANISATION_ID, DOCUMENT_ID],
        responses={200: DoneSerializer, **refusals(401, 403, 404, 409)},
    )
    def delete(self, request: Request, public_id: uuid.UUID, document: uuid.UUID) -> HttpResponse:
        """Remove it while staff have not decided about the organisation; an owner may."""
        user = signed_in(request)
        organisation = organisation_visible_to(user=user, public_id=public_id)
        found = document_visible_to(user=user, organisation=organisation, public_id=document)
        organisation_document_delete(actor=user, pk=found.pk)
        return json_response({"success": True, "message": "Document deleted"})
