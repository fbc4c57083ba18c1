"""Changing one's e-mail: the new one is confirmed, the old one is told and can take the account back."""

from datetime import timedelta

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.choices import KeyEnd, LinkPurpose, SessionEnd
from accounts.errors import LinkRefused
from accounts.identifiers import email_kept
from accounts.mails import mail_email_change_asked, mail_email_changed, mail_new_email, mail_password_link
from accounts.models import Registration, User
from accounts.personal_data import email_proven
from accounts.services.api_keys import api_keys_end
from accounts.services.identities import identities_unlink_foreign
from accounts.services.links import link_issue, link_use, links_cancel
from accounts.services.passwords import RESET_WITHIN
from accounts.services.sessions import sessions_end
from accounts.services.sign_in import password_prove
from carboncore.audit.services import event_record
from carboncore.common.errors import InvalidInput

CONFIRM_WITHIN = timedelta(hours=24)
RECLAIM_WITHIN = timedelta(days=7)


def email_change_ask(*, user: User, password: str, new_email: str) -> None:
    """Mail a link to the new address, and word of it to the present one. Until the link is used nothing changes.

    An address that has an account already is told so; the answer here is the same.

    Raises:
        StaffAccount: it is a staff account.
        SignInLocked: five wrong passwords for this e-mail in the last fifteen minutes.
        InvalidInput: on `password`: it is not theirs; on `new_email`: it is none, or the present one.
    """
    try:
        new_email = email_kept(new_email)
    except ValueError as error:
        raise InvalidInput({"new_email": [str(error)]}) from None
    if new_email == user.email:
        raise InvalidInput({"new_email": ["This is your present e-mail."]})
    password_prove(user=user, password=password)
    with transaction.atomic():
        links_cancel(user=user, purposes=[LinkPurpose.CHANGE_EMAIL])
        token = link_issue(user=user, purpose=LinkPurpose.CHANGE_EMAIL, lasts=CONFIRM_WITHIN, email=new_email)
        is_taken = User.objects.filter(email=new_email).exists()
        event_record(action="user.email_change_asked", obj=user, actor=user)
        mail_new_email(user=user, email=new_email, token=token.text, expires_at=token.expires_at, is_taken=is_taken)
        mail_email_change_asked(user=user, email=new_email)


def email_change_confirm(*, token: str) -> User:
    """Make the address of the link the person's; the old one gets a link that undoes it, for seven days.

    Raises:
        LinkRefused: the link was used or has expired, or the address has an account by now.
    """
    with transaction.atomic():
        link = link_use(token=token, purpose=LinkPurpose.CHANGE_EMAIL)
        user = _owner(link.user)
        old = user.email
        _set_email(user, link.email)
        Registration.objects.filter(email=user.email).delete()
        undo = link_issue(user=user, purpose=LinkPurpose.RECLAIM, lasts=RECLAIM_WITHIN, email=old)
        event_record(action="user.email_changed", obj=user, actor=user, changes={"email": [old, user.email]})
        mail_email_changed(old_email=old, user=user, token=undo.text, expires_at=undo.expires_at)
        email_proven(user)
    return user


def account_reclaim(*, token: str) -> User:
    """Undo a change of e-mail that was not the owner's: the old address back, all sessions ended, no password.

    A link to a new password goes to that address.

    Raises:
        LinkRefused: the link was used or has expired, or the old address has another account by now.
    """
    with transaction.atomic():
        link = link_use(token=token, purpose=LinkPurpose.RECLAIM)
        user = _owner(link.user)
        taken_by = user.email
        user.password = make_password(None)
        _set_email(user, link.email)
        links_cancel(user=user, purposes=list(LinkPurpose))
        sessions_end(user=user, reason=SessionEnd.RECLAIMED)
        api_keys_end(user=user, reason=KeyEnd.RECLAIMED)
        identities_unlink_foreign(user=user)
        reset = link_issue(user=user, purpose=LinkPurpose.RESET_PASSWORD, lasts=RESET_WITHIN)
        changes = {"email": [taken_by, user.email]}
        event_record(action="user.email_changed", obj=user, actor=user, changes=changes, note="Taken back")
        mail_password_link(email=user.email, token=reset.text, expires_at=reset.expires_at, has_account=True)
    return user


def _owner(user: User | None) -> User:
    if user is None:
        raise LinkRefused
    return user


def _set_email(user: User, email: str) -> None:
    user.email, user.email_confirmed_at = email, timezone.now()
    try:
        with transaction.atomic():
            user.save(update_fields=["email", "email_confirmed_at", "password"])
    except IntegrityError:  # it has an account by now
        raise LinkRefused from None
