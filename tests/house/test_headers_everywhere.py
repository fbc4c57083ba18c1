"""Every address of the URLconf: the security headers on whatever it answers, and no cookie that moves anything."""

from types import SimpleNamespace

import pytest
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.authentication import SessionAuthentication

from carboncore.common.api.public_reads import PublicReadsMiddleware
from carboncore.common.api.views import ApiView, LeanReadView

EXACT = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
# Read no body and change nothing: they redirect, or say that there is nothing there.
EXEMPT_FUNCTIONS = {"carboncore.common.api.errors.not_found_response", "carboncore.api_urls.to_staff_admin"}


def careful(answer):
    wrong = {name: answer.get(name) for name, value in EXACT.items() if answer.get(name) != value}
    assert not wrong
    assert "default-src 'self'" in answer["Content-Security-Policy"]
    assert "camera=()" in answer["Permissions-Policy"]
    assert answer["Cross-Origin-Resource-Policy"] in {"same-origin", "cross-origin"}
    return True


def patterns(resolver=None, before=""):
    """Yield every pattern of the URLconf with its route."""
    for found in (resolver or get_resolver()).url_patterns:
        route = before + str(found.pattern)
        if isinstance(found, URLResolver):
            yield from patterns(found, route)
        elif isinstance(found, URLPattern):
            yield route, found


# --- headers


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", "/", 200),
        ("get", "/projects", 200),
        ("head", "/projects", 200),
        ("get", "/projects/999999", 404),
        ("get", "/projects?limit=x", 400),
        ("post", "/projects", 405),
        ("get", "/admin/projects", 401),
        ("post", "/admin/login", 415),
        ("get", "/api/v1/nothing", 404),
        ("get", "/nothing", 404),
        ("get", "/staff/", 302),
        ("get", "/staff/login/", 200),
        ("get", "/api/docs", 200),
        ("get", "/static/carboncore/icon.svg", 200),
        ("get", "/static/nothing.css", 404),
        ("options", "/projects", 204),
        ("get", "/projects?search=" + "x" * 9000, 414),
    ],
)
def test_every_kind_of_answer_carries_the_headers(method, path, status):
    answer = getattr(Client(raise_request_exception=False), method)(path)

    assert answer.status_code == status
    assert careful(answer)
    assert "Strict-Transport-Security" not in answer  # this one came over plain HTTP


def test_a_request_for_another_host_gets_them_too():
    answer = Client(raise_request_exception=False).get("/", HTTP_HOST="evil.example")

    assert answer.status_code == 400
    assert careful(answer)


def test_a_page_that_breaks_gets_them_too(monkeypatch):
    monkeypatch.setattr("carboncore.views.public_counts", None)

    answer = Client(raise_request_exception=False).get("/")

    assert answer.status_code == 500
    assert careful(answer)


def test_a_refused_form_gets_them_too(db):
    answer = Client(enforce_csrf_checks=True).post("/staff/login/", {"username": "a@b.test", "password": "x"})

    assert answer.status_code == 403
    assert careful(answer)


def test_over_https_browsers_are_told_to_stay_there(settings):
    settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = 31_536_000, True
    answered = SimpleNamespace(headers={}, cookies={})

    PublicReadsMiddleware(lambda _: answered)(RequestFactory().get("/nothing", secure=True))

    assert answered.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/admin/validate", "/admin/projects", "/staff/", "/staff/login/", "/nothing"])
def test_what_a_person_is_answered_stays_with_that_person(path):
    answer = Client().get(path, headers={"Authorization": "Bearer x"})

    assert "no-store" in answer["Cache-Control"]


# --- cookies and forgeries


@pytest.mark.parametrize(("route", "pattern"), [pytest.param(*found, id=found[0] or "/") for found in patterns()])
def test_no_address_takes_a_cookie_without_looking_for_forgery(route, pattern):
    view = pattern.callback
    if not getattr(view, "csrf_exempt", False):
        return  # the middleware looks
    view_class = getattr(view, "view_class", None)
    if view_class is None:
        assert f"{view.__module__}.{view.__qualname__}" in EXEMPT_FUNCTIONS
        return
    authenticators = view_class.authentication_classes
    assert not [one for one in authenticators if issubclass(one, SessionAuthentication)]
    # Nobody's own idea of a view of the API: those two know no cookie.
    assert issubclass(view_class, (ApiView, LeanReadView)) or route.startswith("api/docs")


def test_a_session_cookie_moves_nothing_in_the_api(db, admin_client):
    # given a browser that is signed in at the staff admin, and a page of somebody else's that makes it call the API
    answers = [
        admin_client.post("/admin/projects", {}, content_type="application/json"),
        admin_client.get("/admin/projects"),
        admin_client.delete("/admin/projects/1"),
    ]

    assert [answer.status_code for answer in answers] == [401, 401, 401]
