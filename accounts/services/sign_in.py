"""Signing in: one function for the JSON login and the admin form, with the lock-out inside it."""

import hashlib
import hmac
import ipaddress
import math
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import connection, transaction
from django.utils import timezone

from accounts.errors import InvalidCredentials, SignInLocked
from accounts.models import SignInAttempt, User

MAX_WRONG_TRIES = 5
WINDOW = timedelta(minutes=15)
# Argon2 reads the whole text: a bound keeps a huge "password" from being a cheap way to busy the server.
MAX_PASSWORD_LENGTH = 1024


def sign_in(*, email: str, password: str, ip_address: str | None) -> User:
    """Return the active staff member whose e-mail and password these are.

    The try is recorded as wrong *before* the password is looked at and corrected afterwards, so that
    any number of simultaneous guesses cannot get more than five looks at one e-mail.

    Raises:
        SignInLocked: five wrong tries for this e-mail in the last fifteen minutes.
        InvalidCredentials: anything else, in the same words and the same time.
    """
    email = email.strip().lower()
    user = User.objects.filter(email=email).first() if _is_storable(email) else None
    attempt = _begin_attempt(email=email, user=user, ip_address=ip_address)
    if not _password_is_right(user, password) or user is None or not user.is_active or not user.is_staff:
        raise InvalidCredentials
    _clear_counting_attempts(attempt.email_digest, succeeded_pk=attempt.pk)
    return user


def sign_in_lock_seconds(*, email: str) -> int:
    """Return the seconds until the next try for this e-mail counts; 0 when it is not locked."""
    return _seconds_locked(email_digest(email), timezone.now())


def sign_in_lock_lift(*, user: User) -> int:
    """Let `user` try again at once; returns how many wrong tries stopped counting."""
    with transaction.atomic():
        digest = email_digest(user.email)
        _lock_digest(digest)
        return _clear_counting_attempts(digest)


def email_digest(email: str) -> str:
    """Return the keyed digest under which tries for this e-mail are counted (64 hex digits)."""
    key = settings.SECRET_KEY.encode()
    return hmac.new(key, b"sign-in:" + email.strip().lower().encode(errors="surrogatepass"), hashlib.sha256).hexdigest()


def _begin_attempt(*, email: str, user: User | None, ip_address: str | None) -> SignInAttempt:
    digest = email_digest(email)
    # Durable: inside a transaction that the refusal rolls back, no wrong try would ever be counted.
    with transaction.atomic(durable=True):
        _lock_digest(digest)
        now = timezone.now()
        if (seconds := _seconds_locked(digest, now)) > 0:
            raise SignInLocked(retry_after=seconds)
        return SignInAttempt.objects.create(
            email_digest=digest, user=user, attempted_at=now, ip_address=_known_address(ip_address)
        )


def _lock_digest(digest: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [digest])


def _seconds_locked(digest: str, now: datetime) -> int:
    newest_first = list(
        SignInAttempt.objects.filter(
            email_digest=digest, succeeded=False, cleared_at__isnull=True, attempted_at__gt=now - WINDOW
        )
        .order_by("-attempted_at", "-pk")
        .values_list("attempted_at", flat=True)[:MAX_WRONG_TRIES]
    )
    if len(newest_first) < MAX_WRONG_TRIES:
        return 0
    return max(1, math.ceil((newest_first[-1] + WINDOW - now).total_seconds()))


def _password_is_right(user: User | None, password: str) -> bool:
    if len(password) > MAX_PASSWORD_LENGTH or not _is_storable(password):
        return False  # known from the text alone, so its speed tells nothing about the account
    if user is None or not user.has_usable_password():
        make_password(password)  # the same work as a check, so that the answer takes the same time
        return False
    return check_password(password, user.password)


def _is_storable(text: str) -> bool:
    """Return whether the text is one that PostgreSQL and Argon2 take: no null character, no half character."""
    return not any(c == "\x00" or "\ud800" <= c <= "\udfff" for c in text)


def _known_address(text: str | None) -> str | None:
    """Return the address without its zone; a proxy's or a socket's placeholder is no address."""
    try:
        return str(ipaddress.ip_address((text or "").partition("%")[0]))
    except ValueError:
        return None


def _clear_counting_attempts(digest: str, succeeded_pk: int | None = None) -> int:
    with transaction.atomic():
        if succeeded_pk is not None:
            SignInAttempt.objects.filter(pk=succeeded_pk).update(succeeded=True)
        return SignInAttempt.objects.filter(email_digest=digest, succeeded=False, cleared_at__isnull=True).update(
            cleared_at=timezone.now()
        )
