"""Request middleware: gives every request an actor, so that history says who and through what."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from carboncore.common.context import Entrance, acting

STAFF_PREFIX = "/staff/"


class ActorMiddleware:
    """Run the request as its session's user; the API names its bearer once it has authenticated it.

    Stands after the authentication middleware. Only the staff admin uses cookies, so the session is
    consulted there alone and a public read costs no session look-up.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(STAFF_PREFIX):
            user = request.user if request.user.is_authenticated else None
            entrance = Entrance.ADMIN
        else:
            user, entrance = None, Entrance.API
        with acting(user, entrance):
            return self.get_response(request)
