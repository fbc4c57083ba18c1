"""Second factors of staff: setting them up, showing them, taking them away."""

from collections.abc import Mapping
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from cryptography.fernet import InvalidToken
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.choices import SessionEnd
from accounts.errors import FactorNotFound, InvalidCredentials, SecondFactorRefused
from accounts.factors import (
    MAIN_TYPES,
    PASSKEY,
    RECOVERY_CODES,
    TOTP,
    code_plain,
    passkey_made,
    passkey_proven,
    totp_accepts,
    totp_data,
    totp_step,
)
from accounts.mails import mail_factors_changed, mail_factors_reset
from accounts.models import SignInSession, User
from accounts.rights import require_permission
from accounts.services.sessions import sessions_end
from accounts.services.sign_in import code_guess_begin
from accounts.services.staff_rights import require_not_above
from carboncore.audit.choices import Outcome
from carboncore.audit.services import event_record
from carboncore.common.errors import InvalidInput, NotAllowed, NotFound, StateConflict
from carboncore.common.fresh import require_fresh

LONGEST_NAME = 60
MOST_PASSKEYS = 10
LONGEST_REASON = 1_000


def totp_add(*, user: User, session: SignInSession, secret: str, code: str) -> list[str]:
    """Take an authenticator app that shows the secret's codes; returns recovery codes if it is the first factor.

    `secret` is what the app was given, in base 32.

    Raises:
        ReauthenticationRequired: the person showed who they are too long ago.
        StateConflict: there is an authenticator app already.
        InvalidInput: on `code`: it is not the one that the app shows now.
    """
    require_fresh()
    step = totp_step(secret, code_plain(code))
    if step is None:
        event_record(action="factor.refused", obj=user, outcome=Outcome.REFUSED, note="setting up an authenticator app")
        raise InvalidInput({"code": ["This is not what the app should show now. Check the clock of your phone."]})
    data = totp_data(get_adapter().encrypt(secret), step)
    with transaction.atomic():
        _lock(user)
        if _factors(user).filter(type=TOTP).exists():
            raise StateConflict("You have an authenticator app already. Remove it first to set up another.")
        return _add(user, session, Authenticator(user=user, type=TOTP, data=data), "an authenticator app")


def passkey_add(
    *, user: User, session: SignInSession, name: str, host: str, state: Mapping[str, Any], answer: str
) -> list[str]:
    """Take a passkey that the browser has just made; returns recovery codes if it is the first factor.

    `state` is what the question to the browser was remembered by, `answer` the browser's JSON.

    Raises:
        ReauthenticationRequired: the person showed who they are too long ago.
        StateConflict: there are too many passkeys.
        InvalidInput: on `name`, or on `credential`: the answer does not hold.
    """
    require_fresh()
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidInput({"name": [f"Name the passkey, in up to {LONGEST_NAME} characters."]})
    credential = passkey_made(host=host, state=state, answer=answer)
    if credential is None:
        event_record(action="factor.refused", obj=user, outcome=Outcome.REFUSED, note="setting up a passkey")
        raise InvalidInput({"credential": ["The browser's answer does not hold. Try once more."]})
    with transaction.atomic():
        _lock(user)
        if _factors(user).filter(type=PASSKEY).count() >= MOST_PASSKEYS:
            raise StateConflict(f"You have {MOST_PASSKEYS} passkeys. Remove one first.")
        data = {"name": name, "credential": credential}
        return _add(user, session, Authenticator(user=user, type=PASSKEY, data=data), f"the passkey “{name}”")


def second_factor_prove(*, user: User, code: str) -> None:
    """Have somebody whose password was right show a code: of their app, or a recovery code, which is then used up.

    Raises:
        SignInLocked: five wrong passwords or codes for this e-mail in the last fifteen minutes.
        SecondFactorRefused: it is wrong, or was used before.
    """
    right = code_guess_begin(user=user)
    plain = code_plain(code)
    with transaction.atomic():
        kind = _code_kind(user, plain)
        if kind:
            event_record(action="factor.used", obj=user, actor=user, note=kind)
    if not kind:
        event_record(action="factor.refused", obj=user, outcome=Outcome.REFUSED, note="code")
        raise SecondFactorRefused
    right()


def passkey_prove(*, user: User, host: str, state: Mapping[str, Any], answer: str) -> None:
    """Have somebody show one of their passkeys, which alone is two factors.

    Raises:
        SignInLocked: five wrong tries for this e-mail in the last fifteen minutes.
        SecondFactorRefused: the answer proves none of theirs.
    """
    right = code_guess_begin(user=user)
    with transaction.atomic():
        known = list(_factors(user).filter(type=PASSKEY).select_for_update(no_key=True))
        factor = passkey_proven(host=host, state=state, answer=answer, known=known)
        if factor is not None:
            factor.record_usage()
            event_record(action="factor.used", obj=user, actor=user, note=f"passkey “{factor.wrap().name}”")
    if factor is None:
        event_record(action="factor.refused", obj=user, outcome=Outcome.REFUSED, note="passkey")
        raise SecondFactorRefused("This passkey was not accepted. Try again, or sign in with your password and a code.")
    right()


def recovery_codes_renew(*, user: User) -> list[str]:
    """Make ten new recovery codes; the old ones work no more.

    Raises:
        ReauthenticationRequired: the person showed who they are too long ago.
        StateConflict: there is no second factor that they could stand in for.
    """
    require_fresh()
    with transaction.atomic():
        _lock(user)
        if not _factors(user).filter(type__in=MAIN_TYPES).exists():
            raise StateConflict("Set up an authenticator app or a passkey first.")
        codes = _new_codes(user)
        mail_factors_changed(user=user, what="New recovery codes were made; the old ones work no more.")
    return codes


def factor_remove(*, user: User, pk: int) -> None:
    """Take one of one's own factors away; without the last one, only setting another up is possible.

    Raises:
        ReauthenticationRequired: the person showed who they are too long ago.
        FactorNotFound: there is no such factor of theirs.
    """
    require_fresh()
    with transaction.atomic():
        _lock(user)
        factor = _factors(user).filter(pk=pk, type__in=MAIN_TYPES).first()
        if factor is None:
            raise FactorNotFound
        what = _told(factor)
        factor.delete()
        if not _factors(user).filter(type__in=MAIN_TYPES).exists():
            _without_factors(user)
        event_record(action="factor.removed", obj=user, actor=user, note=what)
        mail_factors_changed(user=user, what=f"Removed: {what}.")


def factors_reset(*, actor: User | None, pk: int, reason: str) -> User:
    """Take all factors of a staff member who lost them, and end their sessions; they then have to set one up.

    `actor` is None on the command line, which is where the only super admin's factors are reset.

    Raises:
        ReauthenticationRequired: `actor` showed who they are too long ago.
        NotAllowed: `actor` is no super admin, or holds less than the account, or it is their own.
        NotFound: there is no such account.
        StateConflict: it has no second factor.
        InvalidInput: on `reason`.
    """
    if actor is not None:
        require_permission(actor, "accounts.reset_factors", "reset second factors")
        require_fresh()
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON or "\x00" in reason:
        raise InvalidInput({"reason": [f"Say why, in up to {LONGEST_REASON} characters; it is kept."]})
    if actor is not None and actor.pk == pk:
        raise NotAllowed("Your own factors you remove yourself, under “Second factor”.")
    with transaction.atomic():
        user = _lock_by_key(pk)
        if actor is not None:
            require_not_above(actor, user)
        held = [_told(factor) for factor in _factors(user).filter(type__in=MAIN_TYPES)]
        if not held:
            raise StateConflict("This account has no second factor.")
        _factors(user).delete()
        _without_factors(user)
        sessions_end(user=user, reason=SessionEnd.FACTOR)
        event_record(action="factor.removed", obj=user, actor=actor, note=f"Reset of {', '.join(held)}: {reason}")
        mail_factors_reset(user=user, reason=reason)
    return user


def _add(user: User, session: SignInSession, factor: Authenticator, what: str) -> list[str]:
    first = not _factors(user).filter(type__in=MAIN_TYPES).exists()
    factor.save()
    now = timezone.now()
    SignInSession.objects.filter(pk=session.pk).update(second_factor_at=now, proven_at=now)
    event_record(action="factor.added", obj=user, actor=user, note=what)
    codes: list[str] = []
    if first:
        # The grace is over for good; what was opened by the password alone has to be opened again.
        User.objects.filter(pk=user.pk).update(second_factor_grace_from=None)
        sessions_end(user=user, reason=SessionEnd.FACTOR, keep=session)
        codes = _new_codes(user)
    mail_factors_changed(user=user, what=f"Added: {what}.")
    return codes


def _new_codes(user: User) -> list[str]:
    _factors(user).filter(type=RECOVERY_CODES).delete()
    event_record(action="factor.recovery_codes_made", obj=user, actor=user)
    codes: list[str] = RecoveryCodes.activate(user).generate_codes()
    return codes


def _code_kind(user: User, code: str) -> str:
    """Use the code up and return of what kind it was; empty when it is none."""
    factors = _factors(user).filter(type__in=(TOTP, RECOVERY_CODES)).select_for_update(no_key=True)
    for factor in factors.order_by("pk"):
        if _accepts(factor, code):
            factor.refresh_from_db()
            factor.record_usage()
            return "authenticator app" if factor.type == TOTP else "recovery code"
    return ""


def _accepts(factor: Authenticator, code: str) -> bool:
    try:
        return totp_accepts(factor, code) if factor.type == TOTP else bool(factor.wrap().validate_code(code))
    except InvalidToken:  # sealed under a SECRET_KEY that is no more
        return False


def _without_factors(user: User) -> None:
    _factors(user).delete()
    User.objects.filter(pk=user.pk).update(second_factor_grace_from=None)
    SignInSession.objects.live().filter(user=user).update(second_factor_at=None)


def _factors(user: User) -> QuerySet[Authenticator]:
    return Authenticator.objects.filter(user_id=user.pk)


def _told(factor: Authenticator) -> str:
    return "the authenticator app" if factor.type == TOTP else f"the passkey “{factor.wrap().name}”"


def _lock(user: User) -> None:
    if not User.objects.select_for_update(no_key=True).filter(pk=user.pk, is_active=True, is_staff=True).exists():
        raise InvalidCredentials("This account is no longer a staff account.")


def _lock_by_key(pk: int) -> User:
    user = User.objects.select_for_update(no_key=True).filter(pk=pk, is_staff=True).first()
    if user is None:
        raise NotFound("Account not found.")
    return user
