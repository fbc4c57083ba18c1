"""Where a provider sends a person's browser back to after they gave their permission, or did not."""

from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request

from accounts.models import User
from accounts.pages.signing_in import present_session
from carboncore.common.api.schema import refusals
from carboncore.common.api.views import ApiView
from carboncore.common.errors import RegistryError
from integrations.oauth_return import came_from_pages
from integrations.services.oauth_flow import permission_take

_LONGEST = 4_000
_ANYBODY: Any = [{"bearer": []}, {}]


def _text(name: str, words: str) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.STR, description=words)


class OAuthCallbackView(ApiView):
    """The one redirect address that is registered with every provider."""

    permission_classes = []
    rate_limit = "sign-in"

    @extend_schema(
        operation_id="oauth_callback",
        tags=["data sources"],
        auth=_ANYBODY,
        parameters=[
            _text("code", "The provider's code."),
            _text("state", "What was sent to the provider; good once, for the person who asked."),
            _text("error", "Why there is no code."),
            _text("iss", "Who answers (RFC 9207)."),
        ],
        responses={
            (200, "text/html"): OpenApiResponse(OpenApiTypes.STR, "Connected: a page that says so."),
            302: OpenApiResponse(None, "Connected or not: to OAUTH_RETURN_URL, where one is set."),
            **refusals(401),
            (400, "text/html"): OpenApiResponse(OpenApiTypes.STR, "Not connected: a page that says why."),
        },
    )
    def get(self, request: Request) -> HttpResponse:
        """Exchange the code, mark the data source active, and return to the client."""
        asked = {name: request.query_params.get(name, "")[:_LONGEST] for name in ("state", "code", "error", "iss")}
        caller = _caller(request)
        try:
            connection = permission_take(
                state=asked["state"], code=asked["code"], error=asked["error"], issuer=asked["iss"], caller=caller
            )
        except RegistryError as error:
            return _back(
                request,
                {"status": "failed", "reason": error.code},
                title="Not connected",
                words=error.message,
                status=error.http_status,
            )
        return _back(
            request,
            {"status": "connected", "source": str(connection.public_id)},
            title="Connected",
            words=f"“{connection.display_name}” is connected, and its first readings are on their way."
            " You can close this page.",
            status=200,
        )


def _caller(request: Request) -> User | None:
    """Return who is signed in: by a token, or at the account pages, whose cookie a browser brings back with it."""
    if isinstance(request.user, User):
        return request.user
    session = present_session(request._request)
    return session.user if session else None


def _back(request: Request, query: dict[str, str], *, title: str, words: str, status: int) -> HttpResponse:
    """Go where the browser left from, or to the client's own page. The address holds a code: nobody else is told it."""
    response: HttpResponse
    if came_from_pages(request._request):
        say = messages.success if status == 200 else messages.error
        say(request._request, words.removesuffix(" You can close this page."))
        response = HttpResponseRedirect(reverse("account-data-sources"))
    elif target := settings.OAUTH_RETURN_URL:
        glue = "&" if urlsplit(target).query else "?"
        response = HttpResponseRedirect(f"{target}{glue}{urlencode(query)}")
    else:
        context = {"title": title, "words": words, "way": None}
        response = render(request._request, "accounts/pages/notice.html", context, status=status)
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store"
    return response
