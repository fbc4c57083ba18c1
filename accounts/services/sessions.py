"""Sign-in sessions: starting, continuing and ending them.

A session continues by its refresh token, which is exchanged for the next one. One that was exchanged already and comes
again has been copied, so the session ends and its owner is told. The exception is a client that asked twice: for some
seconds it is told that the exchange was made, and given nothing (docs/adr/0012-sessions-in-the-database.md).
"""

import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.choices import SessionEnd, SessionKind
from accounts.errors import InvalidCredentials, RefreshedAlready, RefreshRefused, SessionNotFound
from accounts.mails import mail_refresh_reused
from accounts.models import RefreshToken, SignInSession, User
from accounts.second_factor import has_second_factor
from accounts.services.sign_in import person_prove
from accounts.tokens import STAFF_LIFETIME, AccessToken
from carboncore.audit.choices import Outcome
from carboncore.audit.services import event_record
from carboncore.common.context import current_actor

HONEST_REPETITION = timedelta(seconds=10)
SEEN_EVERY = timedelta(minutes=5)
# Staff are signed out when they leave their desk, so theirs is kept closer.
STAFF_SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class Tokens:
    """What a client gets: an access token for `expires_in` seconds, and what to exchange for the next."""

    session: SignInSession
    access_token: str
    refresh_token: str
    expires_in: int


def person_sign_in(*, email: str, password: str) -> Tokens:
    """Sign a person in at the API.

    Raises:
        SignInLocked: five wrong tries for this e-mail in the last fifteen minutes.
        InvalidCredentials: in any other case, in the same words.
    """
    user = person_prove(email=email, password=password)
    with transaction.atomic():
        session = _start(user, SessionKind.API, timedelta(days=settings.SESSION_DAYS))
        return _tokens(session)


def person_sign_in_by_page(*, email: str, password: str) -> SignInSession:
    """Sign a person in at the site's own pages, for as long as their cookie lasts.

    Raises:
        SignInLocked, InvalidCredentials: as for `person_sign_in`.
    """
    user = person_prove(email=email, password=password)
    with transaction.atomic():
        return _start(user, SessionKind.PAGES, timedelta(seconds=settings.SESSION_COOKIE_AGE))


def staff_session_start(
    *, user: User, kind: SessionKind = SessionKind.STAFF, second_factor: bool = False
) -> SignInSession:
    """Start the session that a staff token or the cookie of the staff admin hangs on.

    Whoever calls has seen the password, and the second factor where `second_factor` says so.

    Raises:
        InvalidCredentials: the account, its password or its second factor changed meanwhile.
    """
    lasts = timedelta(hours=settings.STAFF_SESSION_HOURS) if kind == SessionKind.ADMIN else STAFF_LIFETIME
    with transaction.atomic():
        return _start(user, kind, lasts, second_factor=second_factor)


def session_refresh(*, refresh_token: str) -> Tokens:
    """Exchange a refresh token for a new pair. However many ask at once, one gets it.

    Raises:
        RefreshedAlready: this client exchanged it within the last ten seconds; its session goes on.
        RefreshRefused: it is none, has expired, or its session has ended; or it was used before, which ends it.
    """
    with transaction.atomic():
        token = _locked_token(_digest(refresh_token))
        if token is None or not _may_go_on(token.session):
            raise RefreshRefused
        now, client = timezone.now(), _client()
        if token.used_at is None:
            if token.expires_at <= now:
                raise RefreshRefused
            token.used_at, token.used_by = now, client
            token.save(update_fields=["used_at", "used_by"])
            _seen(token.session, now)
            return _tokens(token.session)
        if token.used_by == client and now - token.used_at <= HONEST_REPETITION:
            raise RefreshedAlready
        _end(token.session, SessionEnd.REUSE)
        user = token.session.user
        event_record(action="session.token_reused", obj=token.session, actor=user, outcome=Outcome.REFUSED)
        mail_refresh_reused(user=user, session=token.session)
    raise RefreshRefused  # after the commit: the session has to stay ended


def session_end(*, user: User, public_id: uuid.UUID, reason: SessionEnd = SessionEnd.REVOKED) -> None:
    """End one of a person's sessions, with every token of it.

    Raises:
        SessionNotFound: there is no such session, it is somebody else's, or it has ended.
    """
    with transaction.atomic():
        session = SignInSession.objects.live().select_for_update().filter(user=user, public_id=public_id).first()
        if session is None:
            raise SessionNotFound
        _end(session, reason)
        event_record(action="session.ended", obj=session, actor=user, note=reason.label)


def sessions_end(*, user: User, reason: SessionEnd, keep: SignInSession | None = None) -> int:
    """End all sessions of a person, except one if it is named; returns how many."""
    with transaction.atomic():
        live = SignInSession.objects.live().filter(user=user).exclude(pk=keep.pk if keep else 0)
        ended = live.update(ended_at=timezone.now(), end_reason=reason)
        event_record(action="session.ended_everywhere", obj=user, note=f"{reason.label}: {ended} sessions")
    return ended


def session_seen(*, session: SignInSession) -> None:
    """Note that a session is in use and from where; at most once in some minutes, so that reads stay reads."""
    now = timezone.now()
    every = STAFF_SEEN_EVERY if session.kind == SessionKind.ADMIN else SEEN_EVERY
    if now - session.last_seen_at >= every:
        _seen(session, now)


def _start(user: User, kind: SessionKind, lasts: timedelta, *, second_factor: bool = False) -> SignInSession:
    """Start a session of somebody whose password was right a moment ago, unless it was changed since."""
    now, here = timezone.now(), current_actor()
    # Locked: who changes the password ends all sessions, and this one must be there before that, or never.
    same = User.objects.select_for_update(no_key=True).filter(pk=user.pk, password=user.password, is_active=True)
    if not same.exists() or (user.is_staff and not second_factor and has_second_factor(user)):
        raise InvalidCredentials
    User.objects.filter(pk=user.pk).update(last_login=now)
    session = SignInSession.objects.create(
        user=user,
        kind=kind,
        ip_address=here.ip_address,
        user_agent=here.user_agent[:500],
        created_at=now,
        last_seen_at=now,
        expires_at=now + lasts,
        second_factor_at=now if second_factor else None,
        proven_at=now,
    )
    event_record(action="session.started", obj=session, actor=user, note=kind.label)
    return session


def _tokens(session: SignInSession) -> Tokens:
    text = secrets.token_urlsafe(32)
    lasts_until = timezone.now() + timedelta(days=settings.REFRESH_TOKEN_DAYS)
    RefreshToken.objects.create(session=session, digest=_digest(text), expires_at=min(lasts_until, session.expires_at))
    access = AccessToken.for_session(session)
    return Tokens(session, str(access), text, int(AccessToken.lifetime.total_seconds()))


def _locked_token(digest: str) -> RefreshToken | None:
    tokens = RefreshToken.objects.select_related("session__user")
    return tokens.select_for_update(of=("self", "session"), no_key=True).filter(digest=digest).first()


def _may_go_on(session: SignInSession) -> bool:
    return session.is_live and session.user.is_active and not session.user.is_staff


def _end(session: SignInSession, reason: SessionEnd) -> None:
    session.ended_at, session.end_reason = timezone.now(), reason
    session.save(update_fields=["ended_at", "end_reason"])


def _seen(session: SignInSession, now: datetime) -> None:
    session.last_seen_at, session.ip_address = now, current_actor().ip_address
    session.save(update_fields=["last_seen_at", "ip_address"])


def _client() -> str:
    """Return by what two requests count as the same client's: address and program."""
    here = current_actor()
    return hashlib.sha256(f"{here.ip_address}\n{here.user_agent}".encode(errors="replace")).hexdigest()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()
