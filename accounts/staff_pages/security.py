"""My sign-in: what it rests on, my sessions, my password, and showing once more that it is me."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.choices import SessionEnd
from accounts.factors import PASSKEY, TOTP
from accounts.models import SignInSession
from accounts.second_factor import factors_of, grace_until, may_work, recovery_codes_left
from accounts.selectors import sessions_of
from accounts.services import sessions_end, staff_password_change, staff_prove_again
from accounts.staff_pages.forms import AgainForm, PasswordForm
from accounts.staff_pages.parts import for_staff, form_page, page, way_on
from carboncore.common.rate_limits.declare import rate_limited

_shown = require_http_methods(["GET", "HEAD", "POST"])


@for_staff
def overview(request: HttpRequest, session: SignInSession) -> HttpResponse:
    """Show the second factors, and the sessions that are open."""
    factors = factors_of(session.user)
    return page(
        request,
        "security",
        title="My sign-in",
        app=next((factor for factor in factors if factor.type == TOTP), None),
        passkeys=[factor for factor in factors if factor.type == PASSKEY],
        codes_left=recovery_codes_left(session.user),
        has_factor=bool(factors),
        must_enrol=not may_work(session),
        grace_until=grace_until(session.user),
        sessions=sessions_of(session.user),
        present=session,
    )


@rate_limited("sign-in")
@sensitive_post_parameters("password", "code")
@for_staff
@_shown
def again(request: HttpRequest, session: SignInSession) -> HttpResponse:
    """Show once more that it is me, by password, code or passkey."""
    way = way_on(request)
    kinds = {factor.type for factor in factors_of(session.user)}

    def run(data: dict[str, Any]) -> HttpResponse:
        staff_prove_again(session=session, password=data["password"], code=data.get("code", ""))
        return HttpResponseRedirect(way)

    form = AgainForm(request.POST if request.method == "POST" else None, has_app=TOTP in kinds)
    return form_page(
        request, "again", form, run, title="Confirm that it is you", next=way, has_passkey=PASSKEY in kinds
    )


@for_staff
@require_POST
def end_other_sessions(request: HttpRequest, session: SignInSession) -> HttpResponse:
    """End every session of mine but this one."""
    count = sessions_end(user=session.user, reason=SessionEnd.EVERYWHERE, keep=session)
    messages.success(request, f"Ended {count} other session{'' if count == 1 else 's'}.")
    return HttpResponseRedirect(reverse("staff-security"))


@rate_limited("sign-in")
@sensitive_post_parameters()
@for_staff
@_shown
def password(request: HttpRequest, session: SignInSession) -> HttpResponse:
    """Change my password."""

    def run(data: dict[str, Any]) -> HttpResponse:
        user = staff_password_change(
            session=session, current_password=data["current_password"], new_password=data["password"]
        )
        update_session_auth_hash(request, user)
        messages.success(request, "Your password is changed; your other sessions have ended.")
        return HttpResponseRedirect(reverse("staff-security"))

    form = PasswordForm(request.POST if request.method == "POST" else None)
    context = {"title": "Change my password", "submit_label": "Change password", "back": reverse("staff-security")}
    return form_page(request, "form", form, run, **context)
