"""Answers to reads: the array with its paging headers, entity tags and 304."""

import hashlib

from django.http import HttpRequest, HttpResponse
from django.utils.http import urlencode

from carboncore.common.api.listing import Listing, ListQuery, Page

PUBLIC_CACHE = "public, max-age=10"
PRIVATE_CACHE = "private, no-cache"


def list_response(request: HttpRequest, listing: Listing, *, cache: str) -> HttpResponse:
    """Answer a list request.

    Raises:
        InvalidInput: naming each wrong query parameter.
    """
    asked = listing.parse(request.GET)
    page = listing.page(asked)
    if asked.as_geojson:
        body = '{"type":"FeatureCollection","features":[' + ",".join(page.rows) + "]}"
        response = tagged_response(request, body, cache=cache, content_type="application/geo+json")
    else:
        response = tagged_response(request, "[" + ",".join(page.rows) + "]", cache=cache)
    if page.next_cursor is not None:
        response["Link"] = f'<{_next_address(request, asked, page)}>; rel="next"'
    if page.total is not None:
        response["X-Total-Count"] = str(page.total)
    return response


def tagged_response(
    request: HttpRequest, body: str, *, cache: str, content_type: str = "application/json"
) -> HttpResponse:
    """Answer with `body` and its entity tag, or 304 when the caller has it already."""
    content = body.encode()
    tag = f'"{hashlib.blake2b(content, digest_size=16).hexdigest()}"'
    known = request.META.get("HTTP_IF_NONE_MATCH")
    if known and _matches(known, tag):
        response = HttpResponse(status=304)
    else:
        response = HttpResponse(content, content_type=content_type)
    response["ETag"] = tag
    response["Cache-Control"] = cache
    response["Vary"] = "Authorization" if cache == PRIVATE_CACHE else "Accept-Encoding"
    return response


def _matches(known: str, tag: str) -> bool:
    return known.strip() == "*" or any(given.strip().removeprefix("W/") == tag for given in known.split(","))


def _next_address(request: HttpRequest, asked: ListQuery, page: Page) -> str:
    query = [(name, value) for name, values in asked.raw.lists() if name != "cursor" for value in values]
    query.append(("cursor", page.next_cursor or ""))
    return request.build_absolute_uri(f"{request.path}?{urlencode(query)}")
