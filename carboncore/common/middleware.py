"""Request middleware: gives every request an actor, so that history and audit trail say who acted, and from where."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from structlog.contextvars import get_contextvars

from carboncore.common.client_address import client_address
from carboncore.common.context import Entrance, acting

STAFF_PREFIX = "/staff/"


class ActorMiddleware:
    """Run the request as its session's user; the API names its bearer once it has authenticated it.

    Stands after the authentication middleware. Only the staff admin uses cookies, so the session is
    consulted there alone and a public read costs no session look-up. The request's id is the one of the log.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(STAFF_PREFIX):
            user = request.user if request.user.is_authenticated else None
            entrance = Entrance.ADMIN
        else:
            user, entrance = None, Entrance.API
        with acting(
            user,
            entrance,
            ip_address=client_address(request),
            user_agent=request.META.get("HTTP_USER_AGENT", ""),
            request_id=get_contextvars().get("request_id", ""),
        ):
            return self.get_response(request)
