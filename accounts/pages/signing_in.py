"""Who is signed in at the pages: a cookie's session names a sign-in session, which is read at each request."""

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.cache import never_cache

from accounts.choices import SessionKind
from accounts.models import SignInSession
from accounts.selectors import live_session
from accounts.services import session_seen
from carboncore.common.context import Entrance, set_actor

_KEY = "sign_in_session"
_P = ParamSpec("_P")


def remember(request: HttpRequest, session: SignInSession) -> None:
    """Have the browser carry this session, under a cookie that nobody knew before."""
    request.session.flush()
    request.session[_KEY] = str(session.public_id)
    rotate_token(request)


def forget(request: HttpRequest) -> None:
    """Have the browser carry nothing any more."""
    request.session.flush()


def present_session(request: HttpRequest) -> SignInSession | None:
    """Return the session that the browser carries, if it still holds."""
    text = request.session.get(_KEY)
    return live_session(uuid.UUID(text), kind=SessionKind.PAGES) if text else None


def signed_in_page(
    view: Callable[Concatenate[HttpRequest, SignInSession, _P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, _P], HttpResponse]:
    """Give a page the session of whoever is signed in; send everybody else to sign in first, and back afterwards."""

    @never_cache
    @wraps(view)
    def page(request: HttpRequest, *args: _P.args, **kwargs: _P.kwargs) -> HttpResponse:
        session = present_session(request)
        if session is None:
            back = request.get_full_path() if request.method == "GET" else reverse("account")
            return HttpResponseRedirect(f"{reverse('account-sign-in')}?{urlencode({'next': back})}")
        set_actor(session.user, Entrance.API)
        session_seen(session=session)
        return view(request, session, *args, **kwargs)

    return page


def way_back(request: HttpRequest) -> str:
    """Return where somebody wanted to go before they had to sign in; only to this site."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    inside = (wanted == "/account" or wanted.startswith("/account/")) and url_has_allowed_host_and_scheme(
        wanted, allowed_hosts=None
    )
    return wanted if inside else reverse("account")
