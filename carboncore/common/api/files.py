"""Handing out a stored document: as a download that runs nothing, with its entity tag."""

from django.db.models.fields.files import FieldFile
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from carboncore.common.errors import NotFound


def stored_file_response(
    request: Request | HttpRequest, file: FieldFile, *, name: str, mime_type: str, sha256: str, cache: str
) -> HttpResponseBase:
    """Answer with a stored file as an attachment, or 304 when the caller has it already.

    Raises:
        NotFound: its content is gone.
    """
    tag = f'"{sha256}"'
    response: HttpResponseBase
    if request.META.get("HTTP_IF_NONE_MATCH", "").removeprefix("W/") == tag:
        response = HttpResponse(status=304)
    else:
        try:
            content = file.open("rb")
        except FileNotFoundError:
            raise NotFound("Document not found.") from None
        response = FileResponse(content, as_attachment=True, filename=name, content_type=mime_type)
    response["ETag"] = tag
    response["Cache-Control"] = cache
    response["Vary"] = "Authorization, Cookie"
    response["X-Content-Type-Options"] = "nosniff"
    # Whatever a file holds, it runs nothing and loads nothing in this origin.
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
