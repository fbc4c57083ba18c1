"""Coming in: the second step of signing in, passkeys, and the link of an invitation."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.errors import InvalidCredentials, LinkRefused, SecondFactorRefused, SignInLocked
from accounts.factors import PASSKEY, passkey_question
from accounts.models import User
from accounts.second_factor import factors_of
from accounts.services import (
    second_factor_prove,
    session_proven,
    staff_by_passkey,
    staff_invitation_accept,
    staff_invitation_open,
)
from accounts.staff_cookies import staff_enter
from accounts.staff_gate import staff_session
from accounts.staff_pages.forms import CodeForm, InvitedForm
from accounts.staff_pages.parts import (
    form_page,
    host_of,
    page,
    passkey_asked,
    passkey_question_of,
    pending_end,
    pending_user,
    private,
    way_on,
)
from carboncore.common.rate_limits.declare import rate_limited

_shown = require_http_methods(["GET", "HEAD", "POST"])
LONGEST_ANSWER = 20_000


@rate_limited("sign-in")
@never_cache
@_shown
def second_factor(request: HttpRequest) -> HttpResponse:
    """Show the code after the password."""
    pending = pending_user(request)
    if pending is None:
        return _sign_in(request, "again")
    user, way = pending

    def run(data: dict[str, Any]) -> HttpResponse:
        second_factor_prove(user=user, code=data["code"])
        return _enter(request, user, way)

    kinds = {factor.type for factor in factors_of(user)}
    form = CodeForm(request.POST if request.method == "POST" else None)
    context = {"title": "Second step", "has_passkey": PASSKEY in kinds, "next": way}
    return form_page(request, "second_factor", form, run, **context)


@rate_limited("sign-in")
@never_cache
@_shown
def passkey(request: HttpRequest) -> HttpResponse:
    """Ask the browser for a passkey of this site, and take its answer: to sign in, or to show that it is still you."""
    host = host_of(request)
    if request.method != "POST":
        question, state = passkey_question(host=host, known=None)
        passkey_asked(request, state)
        return private(JsonResponse({"request_options": question}))
    way, state, answer = way_on(request), passkey_question_of(request), request.POST.get("credential", "")
    session = staff_session(request)
    try:
        user = staff_by_passkey(host=host, state=state, answer=answer[:LONGEST_ANSWER])
        if session is None:
            return _enter(request, user, way)
        if session.user_id != user.pk:
            raise SecondFactorRefused("This passkey is another person's. Sign out first.")
    except (SecondFactorRefused, SignInLocked, InvalidCredentials) as error:
        messages.error(request, error.message)
        back = reverse("admin:login") if session is None else reverse("staff-again")
        return HttpResponseRedirect(f"{back}?{urlencode({'next': way})}")
    session_proven(session=session)
    return HttpResponseRedirect(way)


@rate_limited("sign-in")
@sensitive_post_parameters("password", "repeated")
@never_cache
@_shown
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Choose the first password of a staff account."""
    try:
        user = staff_invitation_open(token=token)
    except LinkRefused:
        words = "It was used already, has expired, or was replaced by a newer one. Ask whoever invited you for another."
        return page(request, "notice", status=400, title="This link works no more", words=words)

    def run(data: dict[str, Any]) -> HttpResponse:
        accepted = staff_invitation_accept(token=token, password=data["password"])
        return _enter(request, accepted, reverse("staff-security"), second_factor=False)

    form = InvitedForm(request.POST if request.method == "POST" else None)
    return form_page(request, "invitation", form, run, title="Welcome to the staff", account=user.email)


def _enter(request: HttpRequest, user: User, way: str, *, second_factor: bool = True) -> HttpResponse:
    pending_end(request)
    staff_enter(request, user, second_factor=second_factor)
    return HttpResponseRedirect(way)


def _sign_in(request: HttpRequest, why: str) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('admin:login')}?{urlencode({'next': way_on(request), 'why': why})}")
