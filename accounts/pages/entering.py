"""Registering, signing in and out, and the pages that links in mails lead to.

A link's page asks first: programs that read mails open links, and must not use them up.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.choices import SessionEnd
from accounts.pages.forms import ConfirmForm, EmailForm, EmptyForm, NewPasswordForm, RegisterForm, SignInForm
from accounts.pages.showing import form_page, notice_page
from accounts.pages.signing_in import forget, present_session, remember, way_back
from accounts.services import (
    account_reclaim,
    email_change_confirm,
    password_forgotten,
    password_reset,
    person_sign_in_by_page,
    registration_confirm,
    registration_create,
    registration_mail_again,
    session_end,
)
from carboncore.common.rate_limits.declare import rate_limited

_shown = require_http_methods(["GET", "HEAD", "POST"])
_MAILED = "We have sent a mail to {}. Open the link in it to go on. It may take a minute; look among junk mail, too."


@rate_limited("register")
@sensitive_post_parameters("password")
@_shown
def register(request: HttpRequest) -> HttpResponse:
    """Ask for an account."""

    def run(data: dict[str, Any]) -> HttpResponse:
        registration = registration_create(**data)
        return notice_page(request, title="Look into your mail", words=_MAILED.format(registration.email))

    return form_page(request, "register", RegisterForm(_posted(request)), run)


@rate_limited("sign-in")
@sensitive_post_parameters("password")
@never_cache
@_shown
def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in and go where the person wanted to go."""
    back = way_back(request)
    if request.method != "POST" and present_session(request) is not None:
        return HttpResponseRedirect(back)

    def run(data: dict[str, Any]) -> HttpResponse:
        remember(request, person_sign_in_by_page(**data))
        return HttpResponseRedirect(back)

    return form_page(request, "sign_in", SignInForm(_posted(request)), run, next=back)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End this session."""
    session = present_session(request)
    if session is not None:
        session_end(user=session.user, public_id=session.public_id, reason=SessionEnd.LOGOUT)
    forget(request)
    return HttpResponseRedirect(reverse("account-sign-in"))


@rate_limited("password-forgotten")
@_shown
def forgotten(request: HttpRequest) -> HttpResponse:
    """Have a link to a new password sent."""

    def run(data: dict[str, Any]) -> HttpResponse:
        password_forgotten(**data)
        return notice_page(request, title="Look into your mail", words=_MAILED.format(data["email"]))

    return form_page(request, "forgotten", EmailForm(_posted(request)), run)


@rate_limited("password-forgotten")
@_shown
def confirm_again(request: HttpRequest) -> HttpResponse:
    """Have another link sent for a registration."""

    def run(data: dict[str, Any]) -> HttpResponse:
        registration_mail_again(**data)
        return notice_page(request, title="Look into your mail", words=_MAILED.format(data["email"]))

    return form_page(request, "confirm_again", EmailForm(_posted(request)), run)


@rate_limited("sign-in")
@sensitive_post_parameters("password")
@_shown
def confirm_email(request: HttpRequest, token: str) -> HttpResponse:
    """Confirm a registration."""

    def run(data: dict[str, Any]) -> HttpResponse:
        user = registration_confirm(token=token, **data)
        words = f"Welcome, {user.username}. Your account is there; sign in with your e-mail and your password."
        return notice_page(request, title="Your e-mail is confirmed", words=words, way=_to_sign_in())

    return form_page(request, "confirm_email", ConfirmForm(_posted(request)), run)


@rate_limited("sign-in")
@sensitive_post_parameters("password")
@_shown
def reset_password(request: HttpRequest, token: str) -> HttpResponse:
    """Choose a new password by a link."""

    def run(data: dict[str, Any]) -> HttpResponse:
        password_reset(token=token, **data)
        forget(request)
        words = "Every session of your account has ended. Sign in with the new password."
        return notice_page(request, title="Your password is changed", words=words, way=_to_sign_in())

    return form_page(request, "reset_password", NewPasswordForm(_posted(request)), run)


@rate_limited("sign-in")
@_shown
def confirm_new_email(request: HttpRequest, token: str) -> HttpResponse:
    """Confirm a new e-mail."""

    def run(_: dict[str, Any]) -> HttpResponse:
        user = email_change_confirm(token=token)
        words = f"From now on you sign in with {user.email}."
        return notice_page(request, title="Your e-mail is changed", words=words, way=("My account", reverse("account")))

    return form_page(request, "confirm_new_email", EmptyForm(_posted(request)), run)


@rate_limited("sign-in")
@_shown
def reclaim(request: HttpRequest, token: str) -> HttpResponse:
    """Take an account back to its old e-mail."""

    def run(_: dict[str, Any]) -> HttpResponse:
        user = account_reclaim(token=token)
        words = (
            f"It belongs to {user.email} again, and every session has ended. We have sent you a link: choose a new"
            " password with it within the hour."
        )
        return notice_page(request, title="You have your account back", words=words)

    return form_page(request, "reclaim", EmptyForm(_posted(request)), run)


def _posted(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _to_sign_in() -> tuple[str, str]:
    return "Sign in", reverse("account-sign-in")
