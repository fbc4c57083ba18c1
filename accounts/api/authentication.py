"""Signing a request in by its bearer token."""

from typing import cast

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts.errors import TokenRefused
from accounts.models import User
from accounts.selectors import staff_by_token
from carboncore.common.context import Entrance, set_actor


class StaffTokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token>` of an active staff member; the request then acts in their name."""

    def authenticate(self, request: Request) -> tuple[User, str] | None:
        text = bearer_token(request)
        if text is None:
            return None
        user = staff_by_token(text)
        set_actor(user, Entrance.API)
        return user, text

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


def signed_in(request: Request) -> User:
    """Return the staff member who signed this request in; the permission classes let nobody else through."""
    return cast("User", request.user)


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
