"""Documents: those of a project for staff, and the stable address of each."""

import uuid

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request

from accounts.api.authentication import bearer_token, signed_in
from accounts.errors import EnrolmentRequired, TokenRefused
from accounts.selectors import staff_by_token
from accounts.staff_gate import staff_by_cookie
from carboncore.common.api.bodies import json_response
from carboncore.common.api.files import stored_file_response
from carboncore.common.api.listing import Condition
from carboncore.common.api.parsers import StrictJSONParser
from carboncore.common.api.reading import PRIVATE_CACHE, PUBLIC_CACHE, list_response
from carboncore.common.api.schema import listing_parameters, refusals
from carboncore.common.api.serializers import RefuseUnknownFields, TextField
from carboncore.common.api.views import ApiView
from carboncore.common.context import Entrance, set_actor
from carboncore.common.errors import NotFound
from registry.api.answers import ChangedSerializer, CreatedDocumentSerializer
from registry.api.project_parts import DOCUMENTS
from registry.api.project_shapes import StaffDocumentSerializer
from registry.api.project_views import KEY, SIGNED_IN
from registry.api.public_views import NOT_MODIFIED
from registry.choices import DocumentKind, DocumentVisibility
from registry.models import Document, Project
from registry.reach import in_reach
from registry.selectors.projects import project_id
from registry.services import document_add, document_delete, document_update

# What a multipart body holds beside the file.
_ENVELOPE_BYTES = 100_000
DOCUMENT_ID = OpenApiParameter("document", OpenApiTypes.UUID, "path")


class DocumentDetailsSerializer(RefuseUnknownFields):
    """What is said about a document."""

    title = TextField(max_length=255)
    kind = serializers.ChoiceField(choices=DocumentKind.choices, required=False)
    version = TextField(max_length=50, required=False, allow_blank=True)
    language = TextField(max_length=10, required=False)
    visibility = serializers.ChoiceField(choices=DocumentVisibility.choices, required=False)


class DocumentLinkBodySerializer(DocumentDetailsSerializer):
    """A document that lies elsewhere."""

    url = serializers.URLField(max_length=1000)


class DocumentUploadSerializer(DocumentDetailsSerializer):
    """A document as a file."""

    file = serializers.FileField()


class DocumentListView(ApiView):
    """The documents of a project."""

    permissions = {"GET": "registry.view_document", "POST": "registry.add_document"}
    parser_classes = [StrictJSONParser, MultiPartParser]

    @property
    def largest_body(self) -> int:  # type: ignore[override]
        """A file and what surrounds it."""
        return int(settings.DOCUMENT_MAX_BYTES) + _ENVELOPE_BYTES

    @extend_schema(
        operation_id="list_documents",
        tags=["documents"],
        parameters=[KEY, *listing_parameters(DOCUMENTS, {})],
        responses={200: StaffDocumentSerializer(many=True), **NOT_MODIFIED, **refusals(400, *SIGNED_IN, 404)},
    )
    def get(self, request: Request, key: str) -> HttpResponse:
        """List its documents, internal ones too."""
        own = Condition('"row"."project_id" = %s', (project_id(key),))
        return list_response(request._request, DOCUMENTS, cache=PRIVATE_CACHE, within=own)

    @extend_schema(
        operation_id="add_document",
        tags=["documents"],
        parameters=[KEY],
        request={"application/json": DocumentLinkBodySerializer, "multipart/form-data": DocumentUploadSerializer},
        responses={201: CreatedDocumentSerializer, **refusals(400, *SIGNED_IN, 404, 409, 413, 415)},
    )
    def post(self, request: Request, key: str) -> HttpResponse:
        """Add a link (JSON) or a file (multipart). A new document is internal unless it says otherwise."""
        project = Project.objects.get(pk=project_id(key))
        is_file = request.content_type.startswith("multipart/")
        body = (DocumentUploadSerializer if is_file else DocumentLinkBodySerializer)(data=_plain(request.data))
        body.is_valid(raise_exception=True)
        details = dict(body.validated_data)
        upload = details.pop("file", None)
        document = document_add(actor=signed_in(request), project=project, details=details, upload=upload)
        url = document.url or f"/documents/{document.public_id}"
        return json_response({"success": True, "id": document.public_id, "url": url}, status=201)


class DocumentView(ApiView):
    """One document of a project."""

    permissions = {"PATCH": "registry.change_document", "DELETE": "registry.delete_document"}

    @extend_schema(
        operation_id="change_document",
        tags=["documents"],
        parameters=[KEY, DOCUMENT_ID],
        request=DocumentDetailsSerializer(partial=True),
        responses={200: ChangedSerializer, **refusals(400, *SIGNED_IN, 404, 409, 413, 415)},
    )
    def patch(self, request: Request, key: str, document: uuid.UUID) -> HttpResponse:
        """Change what is said about it; the file or link itself stays."""
        pk = _document_pk(key, document)
        body = DocumentDetailsSerializer(data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        document_update(pk=pk, details=body.validated_data)
        return json_response({"success": True, "message": "Document updated"})

    @extend_schema(
        operation_id="delete_document",
        tags=["documents"],
        parameters=[KEY, DOCUMENT_ID],
        responses={200: ChangedSerializer, **refusals(*SIGNED_IN, 404, 409)},
    )
    def delete(self, request: Request, key: str, document: uuid.UUID) -> HttpResponse:
        """Remove it, with its file."""
        document_delete(pk=_document_pk(key, document))
        return json_response({"success": True, "message": "Document deleted"})


class DocumentFileView(ApiView):
    """The stable address of a document."""

    authentication_classes = []
    permission_classes = []

    @extend_schema(
        operation_id="open_document",
        tags=["public"],
        auth=[{}, {"bearer": []}],  # type: ignore[list-item]
        parameters=[DOCUMENT_ID],
        responses={
            (200, "*/*"): OpenApiTypes.BINARY,
            302: OpenApiResponse(description="It lies elsewhere; `Location` says where."),
            **NOT_MODIFIED,
            **refusals(404),
        },
    )
    def get(self, request: Request, document: uuid.UUID) -> HttpResponseBase:
        """Get the file, or the way to it. An internal one is there only for staff who may see documents."""
        found = Document.objects.select_related("project").filter(public_id=document).first()
        if found is None or not (_is_public(found) or (_may_see(request) and _is_reached(found))):
            raise NotFound("Document not found.")
        if found.url:
            return HttpResponseRedirect(found.url)
        return _file_response(request, found)


def _is_public(document: Document) -> bool:
    return document.visibility == DocumentVisibility.PUBLIC and document.project.is_public


def _is_reached(document: Document) -> bool:
    return Project.objects.filter(in_reach(), pk=document.project_id).exists()


def _may_see(request: Request) -> bool:
    """Whether a bearer token, or the session of the staff admin, belongs to somebody who may see documents."""
    try:
        token = bearer_token(request)
        user = staff_by_cookie(request._request) if token is None else staff_by_token(token)
    except (TokenRefused, EnrolmentRequired):
        return False
    if user is None or not user.has_perm("registry.view_document"):
        return False
    set_actor(user, Entrance.API)
    return True


def _file_response(request: Request, document: Document) -> HttpResponseBase:
    return stored_file_response(
        request,
        document.file,
        name=document.file_name,
        mime_type=document.mime_type,
        sha256=document.sha256,
        cache=PUBLIC_CACHE if _is_public(document) else PRIVATE_CACHE,
    )


def _document_pk(key: str, document: uuid.UUID) -> int:
    found = Document.objects.filter(public_id=document, project=project_id(key)).values_list("pk", flat=True).first()
    if found is None:
        raise NotFound("Document not found.")
    return found


def _plain(data: object) -> object:
    """Return a form's fields as a plain mapping, so that a field given twice is the last one."""
    return data.dict() if hasattr(data, "dict") else data
