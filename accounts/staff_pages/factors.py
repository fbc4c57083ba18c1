"""Setting up and removing my second factors."""

from typing import Any

import segno
from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.errors import FactorNotFound
from accounts.factors import (
    PASSKEY,
    TOTP,
    FactorAdapter,
    new_secret,
    passkey_offer,
)
from accounts.models import SignInSession
from accounts.second_factor import factors_of
from accounts.services import factor_remove, passkey_add, recovery_codes_renew, totp_add
from accounts.staff_pages.forms import NewAppForm, NewPasskeyForm
from accounts.staff_pages.parts import (
    for_staff,
    form_page,
    fresh_first,
    host_of,
    page,
    passkey_asked,
    passkey_question_of,
    private,
)
from carboncore.common.rate_limits.declare import rate_limited

_shown = require_http_methods(["GET", "HEAD", "POST"])
_NEW_KEY = "staff_new_app"


@rate_limited("sign-in")
@for_staff
@fresh_first
@_shown
def authenticator(request: HttpRequest, session: SignInSession) -> HttpResponse:
    """Set an authenticator app up: scan, then show its first code."""
    adapter = FactorAdapter()
    if _NEW_KEY not in request.session:
        request.session[_NEW_KEY] = adapter.encrypt(new_secret())
    secret = adapter.decrypt(request.session[_NEW_KEY])

    def run(data: dict[str, Any]) -> HttpResponse:
        codes = totp_add(user=session.user, session=session, secret=secret, code=data["code"])
        request.session.pop(_NEW_KEY, None)
        return _added(request, "Your authenticator app is set up.", codes)

    address = adapter.build_totp_url(session.user, secret)
    context = {
        "title": "Set up an authenticator app",
        "qr": segno.make(address, error="m").svg_data_uri(scale=5, border=2, dark="#12372a", light="#ffffff"),
        "secret": " ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
        "account": session.user.email,
    }
    form = NewAppForm(request.POST if request.method == "POST" else None)
    return form_page(request, "authenticator", form, run, **context)


@rate_limited("sign-in")
@for_staff
@fresh_first
@_shown
def new_passkey(request: HttpRequest, session: SignInSession) -> HttpResponse:
    """Have the browser make a passkey, and keep it."""
    host = host_of(request)
    state = passkey_question_of(request)

    def run(data: dict[str, Any]) -> HttpResponse:
        codes = passkey_add(
            user=session.user,
            session=session,
            name=data["name"],
            host=host,
            state=state,
            answer=data["credential"],
        )
        return _added(request, "Your passkey is set up.", codes)

    known = [factor for factor in factors_of(session.user) if factor.type == PASSKEY]
    offer, question = passkey_offer(session.user, host=host, known=known)
    form = NewPasskeyForm(request.POST if request.method == "POST" else None)
    context = {"title": "Set up a passkey", "offer": {"creation_options": offer}, "host": host}
    response = form_page(request, "passkey", form, run, **context)
    if response.status_code != 302:
        passkey_asked(request, question)
    return response


@for_staff
@fresh_first
@_shown
def recovery_codes(request: HttpRequest, session: SignInSession) -> HttpResponse:
    """Make new recovery codes and show them once."""

    def run(_: dict[str, Any]) -> HttpResponse:
        codes = recovery_codes_renew(user=session.user)
        return private(page(request, "recovery_codes", title="Your new recovery codes", codes=codes))

    context = {
        "title": "Make new recovery codes?",
        "explanation": "The old ones work no more from then on. You see the new ones once, on the next page.",
        "submit_label": "Make new codes",
        "back": reverse("staff-security"),
    }
    return form_page(request, "form", forms.Form(request.POST if request.method == "POST" else None), run, **context)


@for_staff
@fresh_first
@_shown
def remove(request: HttpRequest, session: SignInSession, pk: int) -> HttpResponse:
    """Ask, and take one of my factors away."""
    factors = factors_of(session.user)
    factor = next((one for one in factors if one.pk == pk), None)
    if factor is None:
        raise Http404(FactorNotFound().message)
    name = "your authenticator app" if factor.type == TOTP else f"the passkey “{factor}”"

    def run(_: dict[str, Any]) -> HttpResponse:
        factor_remove(user=session.user, pk=pk)
        messages.success(request, f"Removed {name}.")
        return HttpResponseRedirect(reverse("staff-security"))

    last = len(factors) == 1
    context = {
        "title": f"Remove {name}?",
        "explanation": "It is your last one: until you set up another, nothing else here opens for you."
        if last
        else "",
        "submit_label": "Remove",
        "submit_variant": "danger",
        "back": reverse("staff-security"),
    }
    return form_page(request, "form", forms.Form(request.POST if request.method == "POST" else None), run, **context)


def _added(request: HttpRequest, words: str, codes: list[str]) -> HttpResponse:
    if not codes:
        messages.success(request, words)
        return HttpResponseRedirect(reverse("staff-security"))
    return page(request, "recovery_codes", title="Keep your recovery codes", words=words, codes=codes)
