"""Whether a session has shown what staff must show, and until when the password alone is enough."""

from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.utils import timezone

from accounts.factors import MAIN_TYPES, RECOVERY_CODES
from accounts.models import SignInSession, User


def has_second_factor(user: User) -> bool:
    """Return whether the person has an authenticator app or a passkey."""
    return Authenticator.objects.filter(user_id=user.pk, type__in=MAIN_TYPES).exists()


def factors_of(user: User) -> list[Authenticator]:
    """Return the person's authenticator app and passkeys, the oldest first."""
    return list(Authenticator.objects.filter(user_id=user.pk, type__in=MAIN_TYPES).order_by("created_at", "pk"))


def recovery_codes_left(user: User) -> int:
    """Return how many of the person's recovery codes are still good."""
    row = Authenticator.objects.filter(user_id=user.pk, type=RECOVERY_CODES).first()
    try:
        return len(RecoveryCodes(row).get_unused_codes()) if row is not None else 0
    except InvalidToken:  # sealed under a SECRET_KEY that is no more
        return 0


def grace_until(user: User) -> datetime | None:
    """Return until when a password alone is enough; None: not at all.

    The grace ends for good when a first factor is set up.
    """
    if user.second_factor_grace_from is None:
        return None
    return user.second_factor_grace_from + timedelta(days=settings.STAFF_SECOND_FACTOR_GRACE)


def grace_holds(user: User) -> bool:
    """Return whether the password alone is still enough."""
    until = grace_until(user)
    return until is not None and until > timezone.now()


def may_work(session: SignInSession) -> bool:
    """Return whether the session opens more than the way to set a factor up."""
    return session.second_factor_at is not None or grace_holds(session.user)
