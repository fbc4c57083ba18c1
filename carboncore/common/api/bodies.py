"""JSON answers from plain Python values."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson
from django.http import HttpResponse


def json_response(body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """Return `body` as JSON; a Decimal becomes a string, so that no float ever stands between."""
    return HttpResponse(
        orjson.dumps(body, default=_plain), status=status, content_type="application/json", headers=dict(headers or {})
    )


def _plain(value: Any) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value)
