"""My machines' keys, and my sign-ins at outside providers."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.entry_errors import ApiKeyNotFound, IdentityNotFound, LastWayIn
from accounts.models import SignInSession
from accounts.pages.forms import ApiKeyForm
from accounts.pages.showing import form_page, private
from accounts.pages.signing_in import signed_in_page
from accounts.selectors import api_keys_of, identities_of
from accounts.services import api_key_create, api_key_revoke, identity_unlink
from carboncore.common.rate_limits.declare import rate_limited


@signed_in_page
@rate_limited("sign-in")
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def keys(request: HttpRequest, session: SignInSession) -> HttpResponse:
    """Show the keys and make one, which is shown in the answer to the form and never again."""
    about = {"person": session.user, "current": session, "place": "keys"}

    def run(data: dict[str, Any]) -> HttpResponse:
        days = data.pop("expires_in_days")
        made = api_key_create(user=session.user, days=days, **data)
        return private(render(request, "accounts/pages/key_made.html", {**about, "made": made}))

    form = ApiKeyForm(request.POST if request.method == "POST" else None)
    lists = {"keys": api_keys_of(session.user), "identities": identities_of(session.user)}
    return form_page(request, "keys", form, run, **about, **lists)


@signed_in_page
@require_POST
def key_revoke(request: HttpRequest, session: SignInSession, public_id: uuid.UUID) -> HttpResponse:
    """End one key."""
    try:
        api_key_revoke(user=session.user, public_id=public_id)
    except ApiKeyNotFound:
        return _done(request, "This key had ended already.")
    return _done(request, "The key is revoked.")


@signed_in_page
@require_POST
def identity_revoke(request: HttpRequest, session: SignInSession, public_id: uuid.UUID) -> HttpResponse:
    """Unlink one outside sign-in."""
    try:
        identity_unlink(user=session.user, public_id=public_id)
    except (IdentityNotFound, LastWayIn) as error:
        messages.error(request, error.message)
        return HttpResponseRedirect(reverse("account-keys"))
    return _done(request, "It signs you in no more.")


def _done(request: HttpRequest, words: str) -> HttpResponse:
    messages.success(request, words)
    return HttpResponseRedirect(reverse("account-keys"))
