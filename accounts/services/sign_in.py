"""Proving a password: one place for every door, with the lock-out inside it."""

import hashlib
import hmac
import ipaddress
import math
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import connection, transaction
from django.utils import timezone

from accounts.errors import InvalidCredentials, SignInLocked, StaffAccount
from accounts.identifiers import email_sought
from accounts.models import SignInAttempt, User
from accounts.password_rules import MAX_PASSWORD_LENGTH, is_storable
from accounts.second_factor import has_second_factor
from carboncore.audit.choices import Outcome
from carboncore.audit.services import event_record
from carboncore.common.context import current_actor
from carboncore.common.errors import InvalidInput
from carboncore.common.password_hashing import refuse_when_crowded

MAX_WRONG_TRIES = 5
WINDOW = timedelta(minutes=15)


def sign_in(*, email: str, password: str, ip_address: str | None) -> User:
    """Return the active staff member whose e-mail and password these are.

    Whoever has a second factor still has to show it, and the wrong tries count until then.

    The try is recorded as wrong *before* the password is looked at and corrected afterwards, so that
    any number of simultaneous guesses cannot get more than five looks at one e-mail.

    Raises:
        SignInLocked: five wrong tries for this e-mail in the last fifteen minutes.
        InvalidCredentials: anything else, in the same words and the same time.
    """
    email = email.strip().lower()
    return _proven(email, password, ip_address, lambda user: user.is_active and user.is_staff)


def person_prove(*, email: str, password: str) -> User:
    """Return the active person with a confirmed e-mail whose e-mail and password these are; staff have their own door.

    Raises:
        SignInLocked, InvalidCredentials: as for `sign_in`.
    """
    email = email_sought(email) or email.strip().lower()
    try:
        return _proven(email, password, current_actor().ip_address, _is_person)
    except InvalidCredentials:
        raise InvalidCredentials(
            "This e-mail and this password open no account. If you have just registered, confirm your e-mail first:"
            " we have sent you a link."
        ) from None


def password_prove(*, user: User, password: str, field: str = "password") -> None:
    """Have somebody who is signed in show that they know the password. Wrong ones count like wrong sign-ins.

    Raises:
        StaffAccount: it is a staff account, which nothing of this is for.
        SignInLocked: five wrong tries for this e-mail in the last fifteen minutes.
        InvalidInput: on `field`: it is not the password, or the account has none.
    """
    if user.is_staff:
        raise StaffAccount
    if not user.has_usable_password():
        raise InvalidInput(
            {field: ["Your account has no password yet. Choose one at /users/password/forgotten first."]}
        )
    _prove_again(user, password, field)


def staff_password_prove(*, user: User, password: str, field: str = "password") -> None:
    """Have a staff member who is signed in show that they know the password. Wrong ones count like wrong sign-ins.

    Raises:
        SignInLocked: five wrong tries for this e-mail in the last fifteen minutes.
        InvalidInput: on `field`: it is not the password.
    """
    _prove_again(user, password, field)


def _prove_again(user: User, password: str, field: str) -> None:
    try:
        _proven(user.email, password, current_actor().ip_address, lambda found: found.pk == user.pk and found.is_active)
    except InvalidCredentials:
        raise InvalidInput({field: ["This is not your password."]}) from None


def guess_begin(*, email: str) -> Callable[[], None]:
    """Count a look at a secret that hangs on an e-mail without an account; returns what to call once it proved right.

    Raises:
        SignInLocked: five wrong tries for this e-mail in the last fifteen minutes.
    """
    return _guess(email, None)


def code_guess_begin(*, user: User) -> Callable[[], None]:
    """Count a look at a second factor, together with the wrong passwords; returns what to call once it proved right.

    Raises:
        SignInLocked: five wrong tries for this e-mail in the last fifteen minutes.
    """
    try:
        return _guess(user.email, user)
    except SignInLocked:
        event_record(action="session.locked", obj=user, outcome=Outcome.REFUSED)
        raise


def _guess(email: str, user: User | None) -> Callable[[], None]:
    attempt = _begin_attempt(email=email, user=user, ip_address=current_actor().ip_address)

    def right() -> None:
        _clear_counting_attempts(attempt.email_digest, succeeded_pk=attempt.pk)

    return right


def _is_person(user: User) -> bool:
    return user.is_active and not user.is_staff and user.email_confirmed_at is not None


def _proven(email: str, password: str, ip_address: str | None, may: Callable[[User], bool]) -> User:
    refuse_when_crowded()
    user = User.objects.filter(email=email).first() if is_storable(email) else None
    try:
        attempt = _begin_attempt(email=email, user=user, ip_address=ip_address)
    except SignInLocked:
        event_record(action="session.locked", obj=user, outcome=Outcome.REFUSED)
        raise
    if not _password_is_right(user, password) or user is None or not may(user):
        event_record(action="session.refused", obj=user, outcome=Outcome.REFUSED)
        raise InvalidCredentials
    if user.is_staff and has_second_factor(user):
        # Wrong codes go on counting: whoever knows the password could otherwise guess codes for ever.
        SignInAttempt.objects.filter(pk=attempt.pk).update(succeeded=True)
    else:
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
        count = _clear_counting_attempts(digest)
        event_record(action="sign_in_lock.lifted", obj=user, changes={"tries": count})
    return count


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
    if len(password) > MAX_PASSWORD_LENGTH or not is_storable(password):
        return False  # known from the text alone, so its speed tells nothing about the account
    if user is None or not user.has_usable_password():
        make_password(password)  # the same work as a check, so that the answer takes the same time
        return False
    return check_password(password, user.password)


def _known_address(text: str | None) -> str | None:
    """Return the address without its zone; a proxy's or a socket's placeholder is no address."""
    try:
        return str(ipaddress.ip_address((text or "").partition("%")[0]))
    except ValueError:
        return None


def _clear_counting_attempts(digest: str, succeeded_pk: int | None = None) -> int:
    with transaction.atomic():
        _lock_digest(digest)  # two right tries at once would otherwise each wait for the other's row
        if succeeded_pk is not None:
            SignInAttempt.objects.filter(pk=succeeded_pk).update(succeeded=True)
        return SignInAttempt.objects.filter(email_digest=digest, succeeded=False, cleared_at__isnull=True).update(
            cleared_at=timezone.now()
        )
