"""What these pages share: how one is shown, where it leads, and what a browser remembers between two steps."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.dateparse import parse_datetime
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.cache import never_cache

from accounts.models import SignInSession, User
from accounts.staff_gate import staff_session
from carboncore.common.errors import InvalidInput, RegistryError, TryLater
from carboncore.common.fresh import is_fresh

PENDING_FOR = timedelta(minutes=10)
_PENDING = "staff_pending"
_PASSKEY = "staff_passkey_question"
_P = ParamSpec("_P")


def page(request: HttpRequest, template: str, *, status: int = 200, **context: Any) -> HttpResponse:
    """Show a page in the look of the staff admin."""
    request.current_app = admin.site.name
    values = {**admin.site.each_context(request), **context}
    response = TemplateResponse(request, f"accounts/staff/{template}.html", values, status=status)
    return private(response)


def private(response: HttpResponse) -> HttpResponse:
    """Keep an answer out of every cache, and its address, which may hold a token, out of others' logs."""
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "same-origin"
    return response


def form_page(
    request: HttpRequest, template: str, form: Any, run: Callable[[dict[str, Any]], HttpResponse], **context: Any
) -> HttpResponse:
    """Show the form; when it was sent, run it, and show it again with what was refused."""
    status, retry_after = 200, 0
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                return private(run(form.cleaned_data))
            except RegistryError as error:
                _refuse(form, error)
                status = error.http_status
                retry_after = error.retry_after if isinstance(error, TryLater) else 0
    response = page(request, template, status=status, form=form, **context)
    if retry_after:
        response["Retry-After"] = str(retry_after)
    return response


def for_staff(
    view: Callable[Concatenate[HttpRequest, SignInSession, _P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, _P], HttpResponse]:
    """Give a page the session of whoever is signed in; the gate has judged it. Others are sent to sign in."""

    @never_cache
    @wraps(view)
    def shown(request: HttpRequest, *args: _P.args, **kwargs: _P.kwargs) -> HttpResponse:
        session = staff_session(request)
        if session is None:
            return HttpResponseRedirect(f"{reverse('admin:login')}?{urlencode({'next': request.path})}")
        return view(request, session, *args, **kwargs)

    return shown


def fresh_first(
    view: Callable[Concatenate[HttpRequest, SignInSession, _P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, SignInSession, _P], HttpResponse]:
    """Have the person show who they are before they fill in what would be refused otherwise."""

    @wraps(view)
    def shown(request: HttpRequest, session: SignInSession, *args: _P.args, **kwargs: _P.kwargs) -> HttpResponse:
        if not is_fresh():
            return HttpResponseRedirect(f"{reverse('staff-again')}?{urlencode({'next': request.path})}")
        return view(request, session, *args, **kwargs)

    return shown


def way_on(request: HttpRequest) -> str:
    """Return where the person wanted to go; only inside the staff admin."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    inside = wanted.startswith(settings.STAFF_PATH) and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if inside else reverse("admin:index")


def pending_begin(request: HttpRequest, user: User, way: str) -> None:
    """Remember for ten minutes that this browser showed the password of `user`, who is not signed in yet."""
    request.session.flush()
    now = timezone.now().isoformat()
    values = {"user": str(user.public_id), "password": _fingerprint(user), "at": now, "way": way}
    request.session[_PENDING] = values
    request.session.set_expiry(int(PENDING_FOR.total_seconds()))


def pending_user(request: HttpRequest) -> tuple[User, str] | None:
    """Return who showed their password here a moment ago, and where they want to go."""
    values = request.session.get(_PENDING)
    at = parse_datetime(values["at"]) if values else None
    if values is None or at is None or timezone.now() - at > PENDING_FOR:
        return None
    user = User.objects.filter(public_id=uuid.UUID(values["user"]), is_active=True, is_staff=True).first()
    if user is None or not constant_time_compare(values["password"], _fingerprint(user)):
        return None
    return user, values["way"]


def pending_end(request: HttpRequest) -> None:
    """Forget the first step."""
    request.session.pop(_PENDING, None)


def passkey_asked(request: HttpRequest, state: dict[str, Any]) -> None:
    """Remember what a browser was asked, for one answer."""
    request.session[_PASSKEY] = state


def passkey_question_of(request: HttpRequest) -> dict[str, Any]:
    """Return what this browser was asked, and forget it; empty when it was asked nothing."""
    state: dict[str, Any] = request.session.pop(_PASSKEY, None) or {}
    return state


def host_of(request: HttpRequest) -> str:
    """Return the host whose passkeys these are: one of ALLOWED_HOSTS, without a port."""
    host = request.get_host()
    return host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() and ":" in host else host


def _refuse(form: Any, error: RegistryError) -> None:
    if not isinstance(error, InvalidInput):
        form.add_error(None, error.message)
        return
    for field, reasons in error.errors.items():
        for reason in reasons:
            form.add_error(field if field in form.fields else None, reason)


def _fingerprint(user: User) -> str:
    return salted_hmac("accounts.staff-pending", user.password, algorithm="sha256").hexdigest()
