"""Bearer tokens: HS256 JSON Web Tokens, of staff (eight hours) and of people (half an hour, then refreshed).

The claims tell the client what to show. They grant nothing: permissions are read from the database at every request,
and each token names the session that it hangs on, so it ends with that at once.
"""

import base64
import time
import uuid
from datetime import timedelta
from functools import lru_cache
from typing import Any, TypeVar

import orjson
from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import ExpiredTokenError, TokenError
from rest_framework_simplejwt.tokens import Token

from accounts.errors import TokenRefused
from accounts.models import SignInSession, User
from accounts.roles import client_permissions

STAFF_ISSUER = "carboncore-admin"
PERSON_ISSUER = "carboncore"
LONGEST_TOKEN = 8_192
STAFF_LIFETIME = timedelta(hours=8)
_FINGERPRINT_CLAIM = "pwf"
_MOST_KNOWN = 4_096
_Kind = TypeVar("_Kind", bound="SessionToken")


class SessionToken(Token):
    """A token of one session of one person."""

    issuer: str

    def get_token_backend(self) -> TokenBackend:
        return TokenBackend("HS256", signing_key=settings.JWT_SIGNING_KEY, issuer=self.issuer)

    @property
    def token_backend(self) -> TokenBackend:
        return self.get_token_backend()

    @property
    def subject(self) -> uuid.UUID:
        """The person's public id."""
        return uuid.UUID(str(self.payload.get("sub")))

    @property
    def session(self) -> uuid.UUID:
        """The session's public id."""
        return uuid.UUID(str(self.payload.get("sid")))

    def _of(self, session: SignInSession) -> None:
        self["sub"] = str(session.user.public_id)
        self["sid"] = str(session.public_id)


class AccessToken(SessionToken):
    """What a person sends with each request; `for_session` makes it."""

    token_type = "access"  # noqa: S105 - the name of a kind of token, not a secret
    lifetime = timedelta(minutes=settings.ACCESS_TOKEN_MINUTES)
    issuer = PERSON_ISSUER

    @classmethod
    def for_session(cls, session: SignInSession) -> "AccessToken":
        """Return a fresh token of a person's session."""
        token = cls()
        token._of(session)
        return token


class StaffToken(SessionToken):
    """A token of one staff member; `for_session` makes it, `belongs_to` says whether it still holds."""

    token_type = "staff"  # noqa: S105 - the name of a kind of token, not a secret
    lifetime = STAFF_LIFETIME
    issuer = STAFF_ISSUER

    @classmethod
    def for_session(cls, session: SignInSession) -> "StaffToken":
        """Return a fresh token with the contract's claims (email, permissions, iat, exp, iss)."""
        user = session.user
        token = cls()
        token._of(session)
        token["email"] = user.email
        token["permissions"] = client_permissions(user)
        token[_FINGERPRINT_CLAIM] = _password_fingerprint(user)
        return token

    def belongs_to(self, user: User) -> bool:
        """Return whether `user` may still use this token: theirs, active, staff, and the password unchanged."""
        claim: Any = self.payload.get(_FINGERPRINT_CLAIM, "")
        return (
            self.payload.get("sub") == str(user.public_id)
            and user.is_active
            and user.is_staff
            and isinstance(claim, str)
            and constant_time_compare(claim, _password_fingerprint(user))
        )


def issuer_named_by(text: str) -> str:
    """Return whom a token names as its issuer, only to choose who checks it: nothing of this is believed."""
    parts = text.split(".")
    if len(text) > LONGEST_TOKEN or len(parts) != 3:
        return ""
    try:
        claims = orjson.loads(base64.urlsafe_b64decode(f"{parts[1]}==="))
    except ValueError:
        return ""
    issuer = claims.get("iss") if isinstance(claims, dict) else None
    return issuer if isinstance(issuer, str) else ""


def token_read(kind: type[_Kind], text: str) -> _Kind:
    """Return the token of that kind that the text is.

    Raises:
        TokenRefused: it has expired, or was not made here for this.
    """
    try:
        token = _verified(kind, text, settings.JWT_SIGNING_KEY)  # type: ignore[arg-type]
        if token.payload["exp"] <= time.time():
            raise ExpiredTokenError
    except ExpiredTokenError:
        raise TokenRefused("Token expired", code="token_expired") from None
    except (TokenError, ValueError):
        raise TokenRefused("Invalid token") from None
    return token


@lru_cache(maxsize=_MOST_KNOWN)
def _verified(kind: type[_Kind], text: str, _signing_key: str) -> _Kind:
    """Return the token, whose signature and claims were right at some time: people send the same one again and again.

    Only what was signed here is kept. Whoever asks looks at its end anew; the key is asked for so that another one
    knows nothing of it.
    """
    token = kind(text)  # type: ignore[arg-type]
    _ = token.subject, token.session
    return token


def _password_fingerprint(user: User) -> str:
    return salted_hmac("accounts.staff-token", user.password, algorithm="sha256").hexdigest()[:24]
