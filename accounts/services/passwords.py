"""Passwords of people: forgotten, reset by a link, changed by who is signed in. Staff passwords are set by staff."""

from datetime import timedelta

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from accounts.choices import KeyEnd, LinkPurpose, SessionEnd
from accounts.errors import LinkRefused
from accounts.identifiers import email_kept
from accounts.mails import mail_password_changed, mail_password_link
from accounts.models import OneTimeLink, SignInSession, User
from accounts.password_rules import password_faults
from accounts.personal_data import email_proven
from accounts.services.api_keys import api_keys_end
from accounts.services.identities import identities_unlink_foreign
from accounts.services.links import link_issue, link_use, links_cancel, token_digest
from accounts.services.sessions import sessions_end
from accounts.services.sign_in import password_prove, sign_in_lock_lift
from carboncore.audit.services import event_record
from carboncore.common.errors import InvalidInput

RESET_WITHIN = timedelta(hours=1)
# What an open link could still do in the name of whoever knew the old password.
_ENDED_WITH_A_PASSWORD = [LinkPurpose.RESET_PASSWORD, LinkPurpose.CHANGE_EMAIL]


def password_forgotten(*, email: str) -> None:
    """Mail a link to a new password, whether or not the e-mail has an account; the mail says which.

    Raises:
        InvalidInput: on `email`: it is none.
    """
    try:
        email = email_kept(email)
    except ValueError as error:
        raise InvalidInput({"email": [str(error)]}) from None
    with transaction.atomic():
        user = User.objects.filter(email=email, is_active=True, is_staff=False).first()
        token = link_issue(user=user, purpose=LinkPurpose.RESET_PASSWORD, lasts=RESET_WITHIN)
        event_record(action="user.password_reset_asked", obj=user)
        mail_password_link(email=email, token=token.text, expires_at=token.expires_at, has_account=user is not None)


def password_reset(*, token: str, password: str) -> User:
    """Give the person of a link a new password and end all their sessions and API keys. It also proves their e-mail.

    Raises:
        LinkRefused: the link was used or has expired, or its account is deactivated.
        InvalidInput: on `password`: it is too weak; the link still works.
    """
    holder = OneTimeLink.objects.filter(digest=token_digest(token)).select_related("user").first()
    if holder is None or holder.user is None:
        raise LinkRefused
    hashed = _hashed("password", password, holder.user)
    with transaction.atomic():
        link = link_use(token=token, purpose=LinkPurpose.RESET_PASSWORD)
        user = link.user
        if user is None:
            raise LinkRefused
        user.password = hashed
        was_proven = user.email_confirmed_at is not None
        user.email_confirmed_at = user.email_confirmed_at or timezone.now()
        user.save(update_fields=["password", "email_confirmed_at"])
        links_cancel(user=user, purposes=_ENDED_WITH_A_PASSWORD)
        sessions_end(user=user, reason=SessionEnd.PASSWORD)
        api_keys_end(user=user, reason=KeyEnd.PASSWORD)
        identities_unlink_foreign(user=user)
        sign_in_lock_lift(user=user)
        event_record(action="user.password_reset", obj=user, actor=user)
        mail_password_changed(user=user)
        if not was_proven:
            event_record(action="user.email_proven", obj=user, actor=user)
            email_proven(user)
    return user


def password_change(*, user: User, session: SignInSession | None, current_password: str, new_password: str) -> User:
    """Change the password of somebody who is signed in and knows it; every other session of theirs ends.

    Their API keys go on: machines do not use the password, and whoever knows it was not robbed of the account.

    Raises:
        StaffAccount: it is a staff account.
        SignInLocked: five wrong passwords for this e-mail in the last fifteen minutes.
        InvalidInput: on `current_password`: it is not theirs; on `new_password`: it is too weak, or the same.
    """
    password_prove(user=user, password=current_password, field="current_password")
    if new_password == current_password:
        raise InvalidInput({"new_password": ["This is your present password. Choose another one."]})
    hashed = _hashed("new_password", new_password, user)
    with transaction.atomic():
        fresh = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        if fresh.password != user.password:
            raise InvalidInput({"current_password": ["It was changed a moment ago. Sign in again."]})
        fresh.password = hashed
        fresh.save(update_fields=["password"])
        links_cancel(user=fresh, purposes=_ENDED_WITH_A_PASSWORD)
        sessions_end(user=fresh, reason=SessionEnd.PASSWORD, keep=session)
        event_record(action="user.password_changed", obj=fresh, actor=fresh)
        mail_password_changed(user=fresh)
    return fresh


def _hashed(field: str, password: str, user: User) -> str:
    if faults := password_faults(password, user):
        raise InvalidInput({field: faults})
    return make_password(password)
