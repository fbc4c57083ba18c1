"""Signing a request in by its bearer token."""

from typing import cast

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts.bearers import Bearer, bearer_of
from accounts.errors import TokenRefused
from accounts.models import SignInSession, User
from accounts.services import session_seen
from carboncore.common.context import Entrance, set_actor, set_proven_at


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token>` of a person or of staff; the request then acts in their name.

    `request.auth` is the `Bearer`: who, and by which session.
    """

    def authenticate(self, request: Request) -> tuple[User, Bearer] | None:
        text = bearer_token(request)
        if text is None:
            return None
        bearer = bearer_of(text)
        set_actor(bearer.user, Entrance.API)
        if bearer.session is not None:
            set_proven_at(bearer.session.proven_at)
            session_seen(session=bearer.session)
        return bearer.user, bearer

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


def signed_in(request: Request) -> User:
    """Return who signed this request in; the permission classes let nobody else through."""
    return cast("User", request.user)


def present_session(request: Request) -> SignInSession | None:
    """Return the session that signed this request in; None for a machine's key."""
    return cast("Bearer", request.auth).session


def bearer_token(request: Request) -> str | None:
    """Return the token of the Authorization header, None where there is no bearer header.

    Raises:
        TokenRefused: the header says Bearer and then something that cannot be a token.
    """
    scheme, _, rest = request.META.get("HTTP_AUTHORIZATION", "").strip().partition(" ")
    if scheme.lower() != "bearer":
        return None
    token: str = rest.strip()
    if not token or " " in token or not token.isascii():
        raise TokenRefused("Invalid token")
    return token
