"""The gate of the staff admin: a cookie opens it only with a live session that has shown a second factor.

Within the grace after an account was made, the password is enough. After it, the only way is to set a factor up. This
stands before every address under `STAFF_PATH`, so that no page, ours or a package's, can be forgotten.
"""

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import get_user, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from accounts.choices import SessionEnd
from accounts.models import SignInSession, User
from accounts.second_factor import may_work
from accounts.services import session_end, session_seen
from accounts.staff_cookies import staff_session_named
from carboncore.common.context import set_proven_at

# What is reached before anybody is signed in, or to be no longer so.
_OPEN = ("login/", "logout/", "jsi18n/", "second-factor/", "passkey/", "invitation/")
_ENROLMENT = "security/"


class StaffGateMiddleware:
    """Let a signed-in staff member through, or send them where they have to go first; stands after the actor's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = request.path_info
        if path.startswith(settings.STAFF_PATH):
            user = request.user
            if user.is_authenticated and user.is_staff:
                refusal = _refusal(request, path.removeprefix(settings.STAFF_PATH))
                if refusal is not None:
                    return refusal
        return self.get_response(request)


def staff_session(request: HttpRequest) -> SignInSession | None:
    """Return the session that this request came by; None where nobody is signed in."""
    session: SignInSession | None = getattr(request, "_staff_session", None)
    return session


def staff_by_cookie(request: HttpRequest) -> User | None:
    """Return the staff member whose session of the staff admin comes with a request to another address, if it holds."""
    if not hasattr(request, "session"):
        return None  # it brought no cookie (`carboncore.common.api.bearer_requests`)
    user = get_user(request)  # not `request.user`, in whose place the API puts the bearer of a token
    if not isinstance(user, User) or not user.is_staff:
        return None
    session = staff_session_named(request, user.pk)
    if session is None or not session.is_live or _is_idle(session) or not may_work(session):
        return None
    return user


def _is_idle(session: SignInSession) -> bool:
    return timezone.now() - session.last_seen_at > timedelta(minutes=settings.STAFF_IDLE_MINUTES)


def _refusal(request: HttpRequest, page: str) -> HttpResponse | None:
    session = staff_session_named(request, request.user.pk)
    if page.startswith(_OPEN):
        if session is not None and session.is_live:
            _enter(request, session)
        return None
    if session is None:
        return _sign_in_again(request, "ended")
    if session.ended_at is not None:
        return _sign_in_again(request, "idle" if session.end_reason == SessionEnd.IDLE else "ended")
    if not session.is_live:
        return _sign_in_again(request, "expired")
    if _is_idle(session):
        session_end(user=session.user, public_id=session.public_id, reason=SessionEnd.IDLE)
        return _sign_in_again(request, "idle")
    _enter(request, session)
    session_seen(session=session)
    if may_work(session) or page.startswith(_ENROLMENT):
        return None
    return HttpResponseRedirect(reverse("staff-security"))


def _enter(request: HttpRequest, session: SignInSession) -> None:
    setattr(request, "_staff_session", session)  # noqa: B010 - a request has no such attribute to mypy
    set_proven_at(session.proven_at)


def _sign_in_again(request: HttpRequest, why: str) -> HttpResponse:
    logout(request)
    back = request.get_full_path() if request.method == "GET" else reverse("admin:index")
    return HttpResponseRedirect(f"{reverse('admin:login')}?{urlencode({'next': back, 'why': why})}")
