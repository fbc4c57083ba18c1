"""My account: what I hold and did, who I am, where I am signed in."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.choices import Role, SessionEnd
from accounts.errors import SessionNotFound
from accounts.models import SignInSession
from accounts.pages.forms import AccountForm, ChangeEmailForm, ChangePasswordForm, EraseForm, ProfileForm
from accounts.pages.parts import account_parts
from accounts.pages.showing import form_page, notice_page, private
from accounts.pages.signing_in import forget, signed_in_page
from accounts.selectors import sessions_of
from accounts.services import (
    email_change_ask,
    password_change,
    person_erase,
    person_update,
    personal_data_export,
    session_end,
    sessions_end,
)
from carboncore.common.api.bodies import json_response
from carboncore.common.rate_limits.declare import rate_limited

_shown = require_http_methods(["GET", "HEAD", "POST"])


@signed_in_page
@require_safe
def overview(request: HttpRequest, session: SignInSession) -> HttpResponse:
    """Show what the person holds and did: each app of the registry fills its part."""
    parts = [part(session.user) for part in account_parts()]
    return _page(request, "overview", session, parts=parts)


@signed_in_page
@_shown
def profile(request: HttpRequest, session: SignInSession) -> HttpResponse:
    """Show and change username and name."""
    user = session.user
    present = {"username": user.username, "full_name": user.full_name}

    def run(data: dict[str, Any]) -> HttpResponse:
        person_update(user=user, fields=data)
        return _done(request, "Saved.", "account-profile")

    form = ProfileForm(request.POST) if request.method == "POST" else ProfileForm(initial=present)
    names = [Role(role).label for role in user.roles]
    return form_page(request, "profile", form, run, role_names=names, **_about(session, "profile"))


@signed_in_page
@rate_limited("sign-in")
@sensitive_post_parameters()
@_shown
def password(request: HttpRequest, session: SignInSession) -> HttpResponse:
    """Change the password."""

    def run(data: dict[str, Any]) -> HttpResponse:
        password_change(user=session.user, session=session, **data)
        return _done(request, "Your password is changed; your other sessions have ended.", "account-profile")

    return form_page(request, "password", _form(ChangePasswordForm, request), run, **_about(session, "profile"))


@signed_in_page
@rate_limited("sign-in")
@sensitive_post_parameters("password")
@_shown
def email(request: HttpRequest, session: SignInSession) -> HttpResponse:
    """Ask for another e-mail."""

    def run(data: dict[str, Any]) -> HttpResponse:
        email_change_ask(user=session.user, password=data["password"], new_email=data["new_email"])
        words = f"We have sent a mail to {data['new_email']}. Your e-mail changes when you open the link in it."
        return _done(request, words, "account-profile")

    return form_page(request, "email", _form(ChangeEmailForm, request), run, **_about(session, "profile"))


@signed_in_page
@require_safe
def sessions(request: HttpRequest, session: SignInSession) -> HttpResponse:
    """Show where the person is signed in."""
    return _page(request, "sessions", session, sessions=sessions_of(session.user))


@signed_in_page
@require_POST
def session_revoke(request: HttpRequest, session: SignInSession, public_id: uuid.UUID) -> HttpResponse:
    """End one session."""
    try:
        session_end(user=session.user, public_id=public_id)
    except SessionNotFound:
        return _done(request, "This session had ended already.", "account-sessions")
    return _done(request, "The session has ended.", "account-sessions")


@signed_in_page
@require_POST
def sessions_revoke(request: HttpRequest, session: SignInSession) -> HttpResponse:
    """End all sessions but this one."""
    count = sessions_end(user=session.user, reason=SessionEnd.EVERYWHERE, keep=session)
    return _done(request, f"{count} other session{'' if count == 1 else 's'} ended.", "account-sessions")


@signed_in_page
@rate_limited("export")
@require_POST
def export(_request: HttpRequest, session: SignInSession) -> HttpResponse:
    """Hand out a copy of everything that is held about the person."""
    headers = {"Content-Disposition": 'attachment; filename="my-carboncore-data.json"'}
    return private(json_response(personal_data_export(user=session.user), headers=headers))


@signed_in_page
@rate_limited("sign-in")
@sensitive_post_parameters("password")
@_shown
def erase(request: HttpRequest, session: SignInSession) -> HttpResponse:
    """Erase the account."""

    def run(data: dict[str, Any]) -> HttpResponse:
        person_erase(user=session.user, **data)
        forget(request)
        words = "Nothing personal of you is left here. What the ledger says of credits stays, without your name."
        return notice_page(request, title="Your account is erased", words=words)

    return form_page(request, "erase", _form(EraseForm, request), run, **_about(session, "profile"))


def _form(kind: type[AccountForm], request: HttpRequest) -> AccountForm:
    return kind(request.POST if request.method == "POST" else None)


def _about(session: SignInSession, place: str) -> dict[str, Any]:
    return {"person": session.user, "current": session, "place": place}


def _page(request: HttpRequest, name: str, session: SignInSession, **context: Any) -> HttpResponse:
    return private(render(request, f"accounts/pages/{name}.html", {**_about(session, name), **context}))


def _done(request: HttpRequest, words: str, where: str) -> HttpResponse:
    messages.success(request, words)
    return HttpResponseRedirect(reverse(where))
