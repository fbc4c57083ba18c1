"""Answers to reads: the array with its paging headers, entity tags and 304."""

import hashlib

from django.http import HttpRequest, HttpResponse
from django.utils.http import urlencode

from carboncore.common.api.json_rows import RowShape
from carboncore.common.api.listing import Condition, Listing, ListQuery, Page
from carboncore.common.api.statements import fetch_all

# Kept by caches but asked about each time: what staff publish or hide shows at once, and an unchanged answer is a 304.
PUBLIC_CACHE = "public, no-cache"
PRIVATE_CACHE = "private, no-cache"


def list_response(
    request: HttpRequest, listing: Listing, *, cache: str, within: Condition | None = None
) -> HttpResponse:
    """Answer a list request; `within` narrows the list to what its address names.

    Raises:
        InvalidInput: naming each wrong query parameter.
    """
    asked = listing.parse(request.GET, within)
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
    tag = entity_tag(content)
    known = request.META.get("HTTP_IF_NONE_MATCH")
    if known and _matches(known, tag):
        response = HttpResponse(status=304)
    else:
        response = HttpResponse(content, content_type=content_type)
    response["ETag"] = tag
    response["Cache-Control"] = cache
    response["Vary"] = "Authorization" if cache == PRIVATE_CACHE else "Accept-Encoding"
    return response


def row_text(shape: RowShape, where: Condition) -> str | None:
    """Return the one row that `where` names as JSON text, None where there is none."""
    columns, tables = shape.select()
    rows = fetch_all(
        f"SELECT row_to_json(shown)::text FROM {tables}"  # noqa: S608 - no value is pasted in
        f" CROSS JOIN LATERAL (SELECT {columns}) AS shown WHERE {where.sql}",
        where.values,
    )
    return rows[0][0] if rows else None


def entity_tag(content: bytes) -> str:
    """Return the entity tag of a body."""
    return f'"{hashlib.blake2b(content, digest_size=16).hexdigest()}"'


def _matches(known: str, tag: str) -> bool:
    return known.strip() == "*" or any(given.strip().removeprefix("W/") == tag for given in known.split(","))


def _next_address(request: HttpRequest, asked: ListQuery, page: Page) -> str:
    query = [(name, value) for name, values in asked.raw.lists() if name != "cursor" for value in values]
    query.append(("cursor", page.next_cursor or ""))
    return request.build_absolute_uri(f"{request.path}?{urlencode(query)}")
