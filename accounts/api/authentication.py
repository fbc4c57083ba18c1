"""Signing a request in: by a token of ours, by one of an outside issuer, or by a machine's key."""

from typing import cast

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts.bearers import Bearer, bearer_of
from accounts.errors import TokenRefused
from accounts.models import SignInSession, User
from accounts.outside_tokens import is_from_outside
from accounts.services import api_key_sign_in, identity_sign_in, session_seen
from accounts.services.api_keys import PREFIX
from carboncore.common.context import Entrance, set_actor, set_proven_at


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token>` of a person or of staff; the request then acts in their name.

    A person's machine sends its key there, or as `X-Api-Key`. `request.auth` is the `Bearer`: who, by which session,
    and for what.
    """

    def authenticate(self, request: Request) -> tuple[User, Bearer] | None:
        text, api_key = bearer_token(request), request.META.get("HTTP_X_API_KEY")
        if api_key is not None:
            if text is not None:
                raise TokenRefused("Send either Authorization or X-Api-Key, not both.")
            bearer = _bearer_of_key(api_key.strip())
        elif text is None:
            return None
        else:
            bearer = _bearer(text)
        set_actor(bearer.user, Entrance.API)
        if bearer.session is not None:
            set_proven_at(bearer.session.proven_at)
            session_seen(session=bearer.session)
        return bearer.user, bearer

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


def _bearer(text: str) -> Bearer:
    if text.startswith(PREFIX):
        return _bearer_of_key(text)
    if is_from_outside(text):
        return Bearer(identity_sign_in(token=text).user, None)
    return bearer_of(text)


def _bearer_of_key(text: str) -> Bearer:
    key = api_key_sign_in(text=text)
    return Bearer(key.user, None, scopes=frozenset(key.scopes), rate_limit_caller=key.handle)


def signed_in(request: Request) -> User:
    """Return who signed this request in; the permission classes let nobody else through."""
    return cast("User", request.user)


def present_session(request: Request) -> SignInSession | None:
    """Return the session that signed this request in; None for a machine's key and a token from outside."""
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
