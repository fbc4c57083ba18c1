"""The short way of public reads: past every middleware that deals in sessions, forms, people or pages.

A public read looks at no cookie, names no actor and shows no page, so most of the chain can only cost it
time: more than the read itself, as measured by `benchmarks/list_projects.py`. What the skipped middlewares
would have put on the answer (security and CORS headers) is put on it here, from the same settings.
"""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import Resolver404, ResolverMatch, resolve

from carboncore.common.api.views import LeanReadView
from carboncore.common.request_limits import address_too_long
from carboncore.common.security_headers import is_personal, security_headers

_LONG_WAY = ("/staff/", "/static/", "/admin/", "/api/v1/admin/")


class PublicReadsMiddleware:
    """Stands before all that answers. Answers GETs of lean reads itself; everything else goes the usual way.

    Sees to it that every answer has the security headers: static files, errors and refusals of the web framework too.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self._headers = {
            (secure, shared): security_headers(secure=secure, shared=shared)
            for secure in (False, True)
            for shared in (False, True)
        }

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        match = self._short_way(request)
        if match is None:
            return self._completed(request, self.get_response(request))
        request.resolver_match = match
        response: HttpResponse = match.func(request, *match.args, **match.kwargs)
        headers = response.headers
        for name, value in self._headers[request.is_secure(), True]:
            headers[name] = value
        headers["Vary"] = f"{headers['Vary']}, origin" if "Vary" in headers else "origin"
        if "HTTP_ORIGIN" in request.META:
            headers["Access-Control-Allow-Origin"] = "*"
            headers["Access-Control-Expose-Headers"] = ", ".join(settings.CORS_EXPOSE_HEADERS)
        if not response.streaming:
            headers["Content-Length"] = str(len(response.content))
        return response

    def _completed(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Add what the usual way has left out."""
        for name, value in self._headers[request.is_secure(), False]:
            response.headers.setdefault(name, value)
        if "Cache-Control" not in response.headers and is_personal(request, response):
            response.headers["Cache-Control"] = "no-store"
        return response

    def _short_way(self, request: HttpRequest) -> ResolverMatch | None:
        """Return the lean read that this request asks for, None where any of the usual checks has to decide."""
        if request.method != "GET" or request.path_info.startswith(_LONG_WAY):
            return None
        if settings.SECURE_SSL_REDIRECT and not request.is_secure():
            return None
        if address_too_long(request):
            return None
        if "HTTP_ORIGIN" in request.META and not settings.CORS_ALLOW_ALL_ORIGINS:
            return None
        try:
            request.get_host()
            match = resolve(request.path_info)
        except (Resolver404, DisallowedHost):
            return None  # the usual way says it in its words
        return match if issubclass(getattr(match.func, "view_class", object), LeanReadView) else None
