"""Whose bearer token a text is. Each kind of token says how it is recognised and who checks it; one list, in order.

Another kind (keys of machines, tokens of an outside issuer) adds its line to `_KINDS`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import jwt

from accounts.choices import SessionKind
from accounts.errors import EnrolmentRequired, TokenRefused
from accounts.models import SignInSession, User
from accounts.second_factor import may_work
from accounts.tokens import PERSON_ISSUER, STAFF_ISSUER, AccessToken, SessionToken, StaffToken, token_read


@dataclass(frozen=True)
class Bearer:
    """Who signed a request in, and by which session; a machine's key has none."""

    user: User
    session: SignInSession | None


def bearer_of(text: str) -> Bearer:
    """Return whom this token signs in now.

    Raises:
        TokenRefused: it expired, was not made here, or what it rests on (session, account, password) has ended.
    """
    for recognises, check in _KINDS:
        if recognises(text):
            return check(text)
    raise TokenRefused("Invalid token")


def staff_bearer(text: str) -> Bearer:
    """Return the active staff member whose token this is.

    Raises:
        TokenRefused: as for `bearer_of`, or it is no token of staff.
        EnrolmentRequired: it was got by the password alone, and the time for which that was enough is over.
    """
    token = token_read(StaffToken, text)
    session = _live_session(token, SessionKind.STAFF)
    if not token.belongs_to(session.user):
        raise TokenRefused("Invalid token")
    if not may_work(session):
        raise EnrolmentRequired
    return Bearer(session.user, session)


def person_bearer(text: str) -> Bearer:
    """Return the person whose access token this is; never staff, who have a door of their own.

    Raises:
        TokenRefused: as for `bearer_of`, or it is no token of a person.
    """
    session = _live_session(token_read(AccessToken, text), SessionKind.API)
    if session.user.is_staff:
        raise TokenRefused("Invalid token")
    return Bearer(session.user, session)


def _live_session(token: SessionToken, kind: SessionKind) -> SignInSession:
    """Return session and person in one statement."""
    live = SignInSession.objects.live().select_related("user__staff_scope")
    session = live.filter(
        public_id=token.session, kind=kind, user__public_id=token.subject, user__is_active=True
    ).first()
    if session is None:
        raise TokenRefused("Invalid token")
    return session


def _issued_by(issuer: str) -> Callable[[str], bool]:
    def recognises(text: str) -> bool:
        try:
            # Only to choose who checks it: nothing of this is believed.
            claims = jwt.decode(text, options={"verify_signature": False, "verify_exp": False})
        except jwt.PyJWTError:
            return False
        return claims.get("iss") == issuer

    return recognises


_KINDS: list[tuple[Callable[[str], bool], Callable[[str], Bearer]]] = [
    (_issued_by(PERSON_ISSUER), person_bearer),
    (_issued_by(STAFF_ISSUER), staff_bearer),
]
