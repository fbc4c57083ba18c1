"""Reading the tokens of outside issuers: whose they are is believed only after all that can be checked was."""

import hashlib
from dataclasses import dataclass
from typing import Any

import jwt
from django.conf import settings

from accounts.errors import TokenRefused
from accounts.identifiers import email_sought, username_fault
from accounts.issuer_keys import issuer_key
from accounts.password_rules import is_storable
from accounts.tokens import LONGEST_TOKEN, issuer_named_by
from carboncore.common.outside_issuers import OutsideIssuer

CLOCKS_DIFFER_SECONDS = 60
# An ID token or an access token (RFC 9068). Others that issuers sign, such as logout tokens, sign nobody in.
_TYPES = {"jwt", "at+jwt", "application/at+jwt"}
_BROKEN = (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError)


@dataclass(frozen=True)
class OutsideToken:
    """What an issuer says about somebody. `email` is empty unless it says, and is believed, that it is verified.

    `username` and `full_name` are what may be proposed for a new account; empty where they would not do.
    """

    issuer: str
    subject: str
    email: str
    username: str
    full_name: str

    @property
    def digest(self) -> str:
        """What finds the identity (64 hex digits)."""
        return hashlib.sha256(f"{self.issuer}\n{self.subject}".encode()).hexdigest()


def is_from_outside(text: str) -> bool:
    """Return whether a token names an issuer that the settings name; nothing else of it is believed yet."""
    return bool(settings.OIDC_ISSUERS) and issuer_named_by(text) in settings.OIDC_ISSUERS


def outside_token_read(text: str) -> OutsideToken:
    """Return whom a token of an outside issuer is about.

    Raises:
        TokenRefused: it is not of a known issuer, not signed by a key of theirs with an allowed algorithm, not for us,
            not yet or no longer valid, or names nobody.
        IssuerUnreachable: it cannot be checked at the moment.
    """
    issuer = settings.OIDC_ISSUERS.get(issuer_named_by(text))
    if issuer is None or len(text) > LONGEST_TOKEN:
        raise TokenRefused("Invalid token")
    claims = _checked_claims(issuer, text)
    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= 255 or not is_storable(subject):
        raise TokenRefused("Invalid token")
    is_verified = issuer.trust_email and claims.get("email_verified") is True
    return OutsideToken(
        issuer=issuer.issuer,
        subject=subject,
        email=email_sought(_text(claims, "email")) if is_verified else "",
        username=_username(claims),
        full_name=_full_name(claims),
    )


def _checked_claims(issuer: OutsideIssuer, text: str) -> dict[str, Any]:
    try:
        header = jwt.get_unverified_header(text)
        algorithm, kid, kind = header.get("alg"), header.get("kid"), header.get("typ", "JWT")
        if algorithm not in issuer.algorithms or "crit" in header:
            raise TokenRefused("Invalid token")
        if not isinstance(kind, str) or kind.lower() not in _TYPES:
            raise TokenRefused("Invalid token")
        claims: dict[str, Any] = jwt.decode(
            text,
            key=issuer_key(issuer, kid=kid, algorithm=algorithm),
            algorithms=[algorithm],
            issuer=issuer.issuer,
            audience=list(issuer.audiences) or None,
            leeway=CLOCKS_DIFFER_SECONDS,
            options={
                "require": ["iss", "sub", "iat", "exp", *(["aud"] if issuer.audiences else [])],
                "verify_aud": bool(issuer.audiences),
            },
        )
    except jwt.ExpiredSignatureError:
        raise TokenRefused("Token expired", code="token_expired") from None
    except _BROKEN:
        raise TokenRefused("Invalid token") from None
    if issuer.authorized_parties and claims.get("azp", claims.get("client_id")) not in issuer.authorized_parties:
        raise TokenRefused("Invalid token")
    if "events" in claims:  # a security event or a logout of somebody, signed with the same keys
        raise TokenRefused("Invalid token")
    return claims


def _username(claims: dict[str, Any]) -> str:
    proposed = _text(claims, "preferred_username")
    return "" if username_fault(proposed) else proposed


def _full_name(claims: dict[str, Any]) -> str:
    name = _text(claims, "name").strip()
    return name if len(name) <= 150 and name.isprintable() and is_storable(name) else ""


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""
