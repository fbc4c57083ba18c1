"""Counts what the API's views do not count themselves: pages, forms, the staff admin, addresses that do not exist."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve

from carboncore.common.api.errors import error_response
from carboncore.common.rate_limits.declare import RateLimited, judge_request


class RateLimitMiddleware:
    """Stands after the authentication middleware, so that a signed-in person is counted as that person.

    Views of the API count after they know whose token it is (`ApiView.perform_authentication`).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        view = _view_of(request)
        if getattr(view, "counts_itself", False):
            return self.get_response(request)
        try:
            verdict = judge_request(request, getattr(view, "rate_limit", None), user=_user_of(request))
        except RateLimited as refusal:
            return _refused(request, refusal)
        response = self.get_response(request)
        for name, value in verdict.headers().items() if verdict else ():
            response.headers.setdefault(name, value)
        return response


def _view_of(request: HttpRequest) -> Any:
    """Return the view's class or function; None for an address that does not exist."""
    try:
        view = resolve(request.path_info).func
    except Resolver404:
        return None
    return getattr(view, "view_class", view)


def _user_of(request: HttpRequest) -> Any:
    """Return who is signed in by cookie; a page that the public reads costs no look-up of a session."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return None
    if request.method in {"GET", "HEAD"} and not request.path_info.startswith(tuple(settings.SIGNED_IN_PATHS)):
        return None
    return request.user


def _refused(request: HttpRequest, refusal: RateLimited) -> HttpResponse:
    headers = {**refusal.verdict.headers(), "Cache-Control": "no-store"}
    if request.get_preferred_type(["text/html", "application/json"]) == "text/html":
        response = render(request, "429.html", {"message": refusal.message}, status=429)
        for name, value in headers.items():
            response[name] = value
        return response
    return error_response(429, refusal.code, refusal.message, headers=headers)
