"""Refuses requests that no client of ours makes, before anything is read or looked up for them."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from carboncore.common.api.errors import error_response, is_overload, unavailable_response
from carboncore.common.observing.database import failure_seen

_MAX_ADDRESS = 8_192  # characters of path and query together
_MAX_HEADERS = 32_768  # characters of all headers together; their number is held at 100 by the web server
# Where whoever is signed in brings files of readings: to the API, with its prefix or without, and to their page.
_READINGS = re.compile(r"((/api/v1)?/datasources|/account/data-sources)/[0-9a-f-]{36}/uploads")
_ENVELOPE_BYTES = 1_000_000  # what surrounds an uploaded file, and the other fields of its form


class RequestLimitsMiddleware:
    """Stands below the middleware that puts headers on answers, above all that reads.

    A view takes less than what is let through here where it says so (`ApiView.largest_body`); Django itself takes forms
    of `DATA_UPLOAD_MAX_MEMORY_SIZE` without their files.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return refusal_of(request) or self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer 503 for a page whose database is overloaded or away; the API's views answer for themselves."""
        failure_seen(exception)
        return unavailable_response() if is_overload(exception) else None


def address_too_long(request: HttpRequest) -> bool:
    """Return whether the path and its query are longer than anything here needs."""
    return len(request.path_info) + len(request.META.get("QUERY_STRING", "")) > _MAX_ADDRESS


def largest_body(meta: Mapping[str, Any]) -> int:
    """Return the bytes of the largest body that is worth receiving from this caller at this address.

    The staff admin takes registries' exports, a token may bring a document or a file of readings, and a stranger brings
    JSON or a form. That a token or cookie is a good one is found out later.
    """
    signed_in = settings.SESSION_COOKIE_NAME in meta.get("HTTP_COOKIE", "")
    if signed_in and meta.get("PATH_INFO", "").startswith(settings.STAFF_PATH):
        return int(settings.UPLOAD_MAX_BYTES) + _ENVELOPE_BYTES
    if signed_in or meta.get("HTTP_AUTHORIZATION"):
        if _READINGS.fullmatch(meta.get("PATH_INFO", "")):
            return int(settings.UPLOAD_MAX_BYTES) + _ENVELOPE_BYTES
        return int(settings.DOCUMENT_MAX_BYTES) + _ENVELOPE_BYTES
    return settings.DATA_UPLOAD_MAX_MEMORY_SIZE or _ENVELOPE_BYTES


def body_length(meta: Mapping[str, Any]) -> int | None:
    """Return the announced length of the body; None when it is no number."""
    text = meta.get("CONTENT_LENGTH") or "0"
    return int(text[:20]) if text.isascii() and text.isdecimal() else None


def refusal_of(request: HttpRequest) -> HttpResponse | None:
    """Return the answer to a request that no client of ours makes; None lets it pass."""
    meta = request.META
    if address_too_long(request):
        return error_response(414, "uri_too_long", f"The address is longer than {_MAX_ADDRESS:,} characters.")
    if sum(len(name) + len(str(value)) for name, value in meta.items() if name.startswith("HTTP_")) > _MAX_HEADERS:
        return error_response(431, "headers_too_large", f"The headers are longer than {_MAX_HEADERS:,} characters.")
    if not meta.get("CONTENT_LENGTH") and meta.get("HTTP_TRANSFER_ENCODING"):
        return error_response(411, "length_required", "Send the body in one piece, with its Content-Length.")
    length = body_length(meta)
    if length is None:
        return error_response(400, "bad_request", "The Content-Length is no number.", errors={})
    if length > largest_body(meta):
        return error_response(413, "too_large", "The body is larger than this server takes.")
    if meta.get("HTTP_CONTENT_ENCODING", "identity").strip().lower() not in {"", "identity"}:
        # Unpacked, a few kilobytes may become gigabytes.
        return error_response(415, "encoding_not_supported", "Send the body as it is, without Content-Encoding.")
    return None
