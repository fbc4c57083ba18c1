"""The outermost middleware: gives each request its id, and tells, when it is answered, what it was and what it cost."""

import os
import re
from collections.abc import Callable
from functools import lru_cache
from time import perf_counter

import structlog
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.functional import LazyObject

from carboncore.common.observing import metrics
from carboncore.common.observing.database import Tally, current_tally
from carboncore.common.observing.lines import level_of, request_line, request_logger

REQUEST_ID_HEADER = "X-Request-ID"
# What a proxy in front may call a request. Anything else could forge lines of the log.
_GIVEN_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
NO_ROUTE = "(no route)"


class ObservedRequestsMiddleware:
    """Stands first, so that it sees what every other middleware answers, and what that took."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        metrics.IN_FLIGHT.set(0)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = perf_counter()
        request_id = _request_id(request)
        tally = Tally()
        counting = current_tally.set(tally)
        bound = structlog.contextvars.bind_contextvars(request_id=request_id)
        metrics.IN_FLIGHT.inc()
        try:
            response = self.get_response(request)
        finally:
            metrics.IN_FLIGHT.dec()
            current_tally.reset(counting)
            structlog.contextvars.reset_contextvars(**bound)
        response.headers[REQUEST_ID_HEADER] = request_id
        _tell(request, response.status_code, perf_counter() - began, tally, request_id)
        return response


def _tell(request: HttpRequest, status: int, seconds: float, tally: Tally, request_id: str) -> None:
    method = request.method if request.method in _METHODS else "OTHER"
    match = request.resolver_match
    route = route_name(match.route) if match is not None else NO_ROUTE
    metrics.request_answered(str(method), route, status, seconds)
    level = level_of(status)
    if not request_logger.isEnabledFor(level):
        return
    fields: dict[str, object] = {
        "request_id": request_id,
        "method": method,
        "route": route,
        "status": status,
        "duration_ms": round(seconds * 1000, 2),
        "queries": tally.queries,
        "database_ms": round(tally.seconds * 1000, 2),
    }
    if match is not None and (numbers := {k: v for k, v in match.kwargs.items() if type(v) is int}):
        fields["of"] = numbers
    if (user_id := _user_id(request)) is not None:
        fields["user_id"] = user_id
    request_line(level, fields)


def _request_id(request: HttpRequest) -> str:
    given = request.META.get("HTTP_X_REQUEST_ID", "")
    return given if given and _GIVEN_ID.fullmatch(given) else os.urandom(16).hex()


def _user_id(request: HttpRequest) -> int | None:
    """Return whose request it was, if that is known by now: asking the session here would cost a query."""
    user = request.__dict__.get("_cached_user") or request.__dict__.get("user")
    return user.pk if user is not None and not isinstance(user, LazyObject) and user.pk else None


@lru_cache(maxsize=2048)
def route_name(route: str) -> str:
    """Return a route as people write it: `/api/v1/projects/{pk}` for `api/v1/projects/<int:pk>`."""
    text = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", re.sub(r"\(\?P(<\w+>)[^)]*\)", r"\1", route))
    return "/" + text.replace("^", "").replace("$", "").removeprefix("/")
