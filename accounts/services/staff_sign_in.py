"""Signing staff in, at the API and at the staff admin: password, second factor, session."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.choices import SessionEnd
from accounts.errors import EnrolmentRequired, SecondFactorRefused, SecondFactorRequired
from accounts.factors import passkey_owner
from accounts.mails import mail_password_changed
from accounts.models import SignInSession, User
from accounts.second_factor import grace_holds, has_second_factor
from accounts.services.second_factors import passkey_prove, second_factor_prove
from accounts.services.sessions import sessions_end, staff_session_start
from accounts.services.sign_in import sign_in, staff_password_prove
from accounts.services.staff import check_staff_password
from carboncore.audit.choices import Outcome
from carboncore.audit.services import event_record
from carboncore.common.errors import InvalidInput


def staff_api_sign_in(*, email: str, password: str, code: str, ip_address: str | None) -> SignInSession:
    """Sign a staff member in at the API; `code` is empty where the client sent none.

    Raises:
        SignInLocked: five wrong passwords or codes for this e-mail in the last fifteen minutes.
        InvalidCredentials: the e-mail or the password is wrong.
        SecondFactorRequired: the account has a second factor, and no code was sent.
        SecondFactorRefused: the code is wrong or was used.
        EnrolmentRequired: the account has no second factor, and its grace is over.
    """
    user = sign_in(email=email, password=password, ip_address=ip_address)
    has_factor = has_second_factor(user)
    if has_factor:
        if not code:
            raise SecondFactorRequired
        second_factor_prove(user=user, code=code)
    elif not grace_holds(user):
        event_record(action="session.refused", obj=user, outcome=Outcome.REFUSED, note="no second factor set up")
        raise EnrolmentRequired
    return staff_session_start(user=user, second_factor=has_factor)


def staff_by_passkey(*, host: str, state: Mapping[str, Any], answer: str) -> User:
    """Return the active staff member whose passkey answered a question to anybody.

    Raises:
        SignInLocked: five wrong tries for their e-mail in the last fifteen minutes.
        SecondFactorRefused: it is no passkey of ours, or does not hold.
    """
    handle = passkey_owner(answer)
    public_id = uuid.UUID(bytes=handle) if handle is not None and len(handle) == 16 else None
    user = User.objects.filter(public_id=public_id, is_active=True, is_staff=True).first() if public_id else None
    if user is None:
        event_record(action="factor.refused", outcome=Outcome.REFUSED, note="a passkey of nobody here")
        raise SecondFactorRefused("This passkey opens no account here. Sign in with your e-mail and password.")
    passkey_prove(user=user, host=host, state=state, answer=answer)
    return user


def staff_prove_again(*, session: SignInSession, password: str = "", code: str = "") -> None:
    """Have somebody who is signed in show once more who they are, by their password or by a code.

    Raises:
        SignInLocked: five wrong tries for their e-mail in the last fifteen minutes.
        InvalidInput: on `password`: it is not theirs.
        SecondFactorRefused: the code is wrong or was used.
    """
    user = session.user
    try:
        if code:
            second_factor_prove(user=user, code=code)
        else:
            staff_password_prove(user=user, password=password)
    except (InvalidInput, SecondFactorRefused):
        event_record(action="reauthentication.refused", obj=user, actor=user, outcome=Outcome.REFUSED)
        raise
    session_proven(session=session)


def session_proven(*, session: SignInSession) -> None:
    """Note that the person has just shown once more who they are."""
    with transaction.atomic():
        SignInSession.objects.filter(pk=session.pk).update(proven_at=timezone.now())
        event_record(action="reauthentication.done", obj=session, actor=session.user)


def staff_password_change(*, session: SignInSession, current_password: str, new_password: str) -> User:
    """Change one's own password; every other session of one's own ends.

    Raises:
        SignInLocked: five wrong tries for this e-mail in the last fifteen minutes.
        InvalidInput: on `current_password`: it is not theirs; on `password`: it is too weak, or the same.
    """
    user = session.user
    staff_password_prove(user=user, password=current_password, field="current_password")
    if new_password == current_password:
        raise InvalidInput({"password": ["This is your present password. Choose another one."]})
    check_staff_password(new_password, user)
    with transaction.atomic():
        fresh = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        if fresh.password != user.password or not fresh.is_active:
            raise InvalidInput({"current_password": ["It was changed a moment ago. Sign in again."]})
        fresh.set_password(new_password)
        fresh.save(update_fields=["password"])
        sessions_end(user=fresh, reason=SessionEnd.PASSWORD, keep=session)
        event_record(action="user.password_changed", obj=fresh, actor=fresh)
        mail_password_changed(user=fresh)
    return fresh
