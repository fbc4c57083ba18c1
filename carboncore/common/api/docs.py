"""The published schema and its page for people: Swagger UI from our own files, without inline script or style."""

import json
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularSwaggerSplitView

from carboncore.common.api.reading import PUBLIC_CACHE, tagged_response


def schema_view(request: HttpRequest) -> HttpResponse:
    """Answer with the OpenAPI 3 description of the API as JSON."""
    return tagged_response(request, _schema(), cache=PUBLIC_CACHE)


class ApiDocsView(SpectacularSwaggerSplitView):
    """The page at `/api/docs`; its script is the same address with `?script`."""

    template_name = "api/docs.html"


def published_schema() -> dict[str, Any]:
    """Return the OpenAPI 3 description of the API."""
    described: dict[str, Any] = json.loads(_schema())
    return described


@lru_cache(maxsize=1)
def _schema() -> str:
    """The schema follows from the code alone, so a process works it out once."""
    return json.dumps(SchemaGenerator().get_schema(request=None, public=True), default=_plain)


def _plain(value: object) -> float | str:
    """Bounds of decimal fields are numbers in a schema; whatever else JSON does not know is told as text."""
    return float(value) if isinstance(value, Decimal) else str(value)
