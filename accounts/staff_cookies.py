"""The cookie of the staff admin names a sign-in session: it begins with Django's sign-in and ends with its sign-out."""

import uuid
from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.http import HttpRequest

from accounts.choices import SessionEnd, SessionKind
from accounts.errors import SessionNotFound
from accounts.models import SignInSession, User
from accounts.services import session_end, staff_session_start

SESSION_KEY = "staff_session"
_BACKEND = "django.contrib.auth.backends.ModelBackend"


def staff_enter(request: HttpRequest, user: User, *, second_factor: bool) -> None:
    """Have the browser carry a new session of a staff member who has shown all that the sign-in asks for.

    Raises:
        InvalidCredentials: the account, its password or its second factor changed meanwhile.
    """
    setattr(request, "_second_factor_shown", second_factor)  # noqa: B010 - a request has no such attribute to mypy
    login(request, user, backend=_BACKEND)


def staff_session_named(request: HttpRequest, user_pk: int | None) -> SignInSession | None:
    """Return the session that the cookie names, ended or not; None where it names none of this person's."""
    try:
        public_id = uuid.UUID(request.session.get(SESSION_KEY, ""))
    except ValueError:
        return None
    sessions = SignInSession.objects.filter(kind=SessionKind.ADMIN, user=user_pk)
    return sessions.select_related("user").filter(public_id=public_id).first()


def connect() -> None:
    """Follow Django's sign-in and sign-out."""
    user_logged_in.connect(_begin, dispatch_uid="accounts.staff_cookie")
    user_logged_out.connect(_end, dispatch_uid="accounts.staff_cookie")


def _begin(sender: Any, request: HttpRequest, user: User, **_: Any) -> None:  # noqa: ARG001 - what a signal gives
    if not user.is_staff:
        return
    shown = bool(getattr(request, "_second_factor_shown", False))
    session = staff_session_start(user=user, kind=SessionKind.ADMIN, second_factor=shown)
    request.session[SESSION_KEY] = str(session.public_id)
    request.session.set_expiry(settings.STAFF_SESSION_HOURS * 3600)


def _end(sender: Any, request: HttpRequest, user: User | None, **_: Any) -> None:  # noqa: ARG001 - what a signal gives
    if user is None or not request.session.get(SESSION_KEY):
        return
    session = staff_session_named(request, user.pk)
    if session is not None and session.is_live:
        try:
            session_end(user=session.user, public_id=session.public_id, reason=SessionEnd.LOGOUT)
        except SessionNotFound:
            return  # somebody else ended it in this moment
