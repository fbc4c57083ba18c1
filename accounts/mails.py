"""The mails about somebody's account. Links lead to this site's own pages.

Whoever knows an e-mail can have some of these sent to it, so it gets few of them an hour: further ones are not sent,
and the answer does not say so.
"""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts.models import ApiKey, SignInSession, User
from carboncore.mail.models import OutgoingMail
from carboncore.mail.services import mail_send

MAILS_AN_HOUR = 5
_FOLDER = "accounts/mail/"
_ASKED_FOR_BY_ANYBODY = [
    f"{_FOLDER}{name}"
    for name in ("confirm_email", "account_exists", "reset_password", "no_account", "nothing_to_confirm", "new_email")
]


def link_address(page: str, token: str) -> str:
    """Return the address of one of our pages with a token in it."""
    return f"{settings.PUBLIC_URL}/account/{page}/{token}"


def mail_registration(*, email: str, username: str, token: str, expires_at: datetime, is_taken: bool) -> None:
    """Ask to confirm a registration; or tell the owner of an account that somebody tried to make another."""
    if is_taken:
        _account_exists(email)
        return
    link = _link("Confirm this e-mail", "confirm-email", token, expires_at)
    _send_if_few("confirm_email", email, {"username": username, **link})


def mail_nothing_to_confirm(*, email: str) -> None:
    """Answer somebody who asked for another link where no registration waits for one."""
    _send_if_few("nothing_to_confirm", email, _page("Sign in", "sign-in"))


def mail_password_link(*, email: str, token: str, expires_at: datetime, has_account: bool) -> None:
    """Send the link to a new password; or tell that this e-mail has no account that it could be for."""
    if has_account:
        _send_if_few("reset_password", email, _link("Choose a new password", "reset-password", token, expires_at))
    else:
        _send_if_few("no_account", email, _page("Register", "register"))


def mail_new_email(*, user: User, email: str, token: str, expires_at: datetime, is_taken: bool) -> None:
    """Ask the new address to confirm that it is the person's; or tell who has it already."""
    if is_taken:
        _account_exists(email)
        return
    link = _link("Confirm the new e-mail", "confirm-new-email", token, expires_at)
    _send_if_few("new_email", email, {"username": user.username, **link})


def mail_email_change_asked(*, user: User, email: str) -> None:
    """Tell the present address that a change to another was asked for."""
    _send("email_change_asked", user.email, {"new_email": email})


def mail_email_changed(*, old_email: str, user: User, token: str, expires_at: datetime) -> None:
    """Tell the old address of the change, with the link that undoes it."""
    link = _link("This was not me", "reclaim", token, expires_at)
    _send("email_changed", old_email, {"new_email": user.email, **link})


def mail_password_changed(*, user: User) -> None:
    """Tell that the password is another one now."""
    at = _moment(timezone.now())
    _send("password_changed", user.email, {"at": at, **_page("This was not me", "forgotten")})


def mail_refresh_reused(*, user: User, session: SignInSession) -> None:
    """Tell that a session was ended because its refresh token had been copied."""
    values = {"started": _moment(session.created_at), "device": session.user_agent or "an unknown program"}
    _send("refresh_reused", user.email, {**values, **_page("Look at your sessions", "sessions")})


def mail_api_key_created(*, user: User, key: ApiKey) -> None:
    """Tell that a key was made, so that nobody else's stays unnoticed."""
    values = {"name": key.name, "scopes": key.scopes, "until": _moment(key.expires_at)}
    _send("api_key_created", user.email, {**values, **_page("Look at your keys", "keys")})


def mail_identity_linked(*, user: User, issuer: str) -> None:
    """Tell that somebody can sign in by an outside provider now."""
    _send("identity_linked", user.email, {"issuer": issuer, **_page("Look at your account", "keys")})


def mail_roles_changed(*, user: User, given: list[str], taken: list[str]) -> None:
    """Tell which roles staff gave and took."""
    _send("roles_changed", user.email, {"given": given, "taken": taken})


def mail_erased(*, email: str) -> None:
    """Tell, for the last time, that the account is erased."""
    _send("erased", email, {})


def mail_factors_changed(*, user: User, what: str) -> None:
    """Tell a staff member that something about their second factor has changed."""
    _send(
        "factors_changed",
        user.email,
        {"what": what, "at": _moment(timezone.now()), **_staff("Look at it", "security/")},
    )


def mail_factors_reset(*, user: User, reason: str) -> None:
    """Tell a staff member that a super admin took their factors away."""
    at = _moment(timezone.now())
    _send("factors_reset", user.email, {"reason": reason, "at": at, **_staff("Sign in", "")})


def mail_staff_invitation(*, user: User, invited_by: User, token: str, expires_at: datetime) -> None:
    """Send a new staff member the link to choose a password."""
    link = _staff("Choose a password", f"invitation/{token}")
    values = {"email": user.email, "invited_by": invited_by.get_full_name(), "until": _moment(expires_at)}
    _send("staff_invitation", user.email, {**values, **link})


def _staff(label: str, page: str) -> dict[str, str]:
    return {"link_label": label, "link": f"{settings.PUBLIC_URL}{settings.STAFF_PATH}{page}"}


def _account_exists(email: str) -> None:
    _send_if_few("account_exists", email, _page("Choose a new password", "forgotten"))


def _link(label: str, page: str, token: str, expires_at: datetime) -> dict[str, str]:
    return {"link_label": label, "link": link_address(page, token), "until": _moment(expires_at)}


def _page(label: str, page: str) -> dict[str, str]:
    return {"link_label": label, "link": f"{settings.PUBLIC_URL}/account/{page}"}


def _send(name: str, to: str, values: dict[str, Any]) -> None:
    mail_send(to=to, template=f"{_FOLDER}{name}", context=values)


def _send_if_few(name: str, to: str, values: dict[str, Any]) -> None:
    an_hour_ago = timezone.now() - timedelta(hours=1)
    lately = OutgoingMail.objects.filter(recipient=to, template__in=_ASKED_FOR_BY_ANYBODY, created_at__gt=an_hour_ago)
    if lately.count() < MAILS_AN_HOUR:
        _send(name, to, values)


def _moment(moment: datetime) -> str:
    return f"{moment:%d %B %Y, %H:%M} UTC".lstrip("0")
