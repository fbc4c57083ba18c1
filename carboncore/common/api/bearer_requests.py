"""The short way of requests with a token: past the middlewares that deal in cookies, forms, sessions and pages.

Who sends a token or a key and no cookie is known by that alone, so a dozen middlewares can only cost it time: a tenth
of a purchase's, as measured by `benchmarks/ledger_wide.py`. What they would have decided or put on the answer is
decided and put on it here, from the same settings.
"""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import Resolver404, ResolverMatch, resolve
from structlog.contextvars import get_contextvars

from carboncore.common.api.views import ApiView
from carboncore.common.client_address import client_address
from carboncore.common.context import Entrance, acting
from carboncore.common.request_limits import refusal_of

_TOKENS = ("HTTP_AUTHORIZATION", "HTTP_X_API_KEY")


class BearerRequestsMiddleware:
    """Stands before the other middlewares, below the one that gives every answer its security headers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        match = self._short_way(request)
        if match is None:
            return self.get_response(request)
        request.resolver_match = match
        response = refusal_of(request) or self._answered(request, match)
        response.headers["Vary"] = f"{response.headers['Vary']}, origin" if "Vary" in response.headers else "origin"
        if not response.streaming and "Content-Length" not in response.headers:
            response.headers["Content-Length"] = str(len(response.content))  # type: ignore[attr-defined]
        return response

    def _answered(self, request: HttpRequest, match: ResolverMatch) -> HttpResponseBase:
        with acting(
            None,
            Entrance.API,
            ip_address=client_address(request),
            user_agent=request.META.get("HTTP_USER_AGENT", ""),
            request_id=get_contextvars().get("request_id", ""),
        ):
            response: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
            return response.render() if hasattr(response, "render") else response

    def _short_way(self, request: HttpRequest) -> ResolverMatch | None:
        """Return the API's view that this request asks for, None where any of the usual checks has to decide."""
        meta = request.META
        if not any(name in meta for name in _TOKENS) or meta.get("HTTP_COOKIE") or "HTTP_ORIGIN" in meta:
            return None
        if settings.SECURE_SSL_REDIRECT and not request.is_secure():
            return None
        try:
            request.get_host()
            match = resolve(request.path_info)
        except (Resolver404, DisallowedHost):
            return None  # the usual way says it in its words
        return match if issubclass(getattr(match.func, "view_class", object), ApiView) else None
