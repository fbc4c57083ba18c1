"""A request with a token goes past the middlewares for cookies and pages, and is answered like one that does not."""

import pytest

from tests.api_clients import Api, buyer_client
from tests.factories import DocumentFactory

pytestmark = pytest.mark.django_db
# Whatever takes the usual way sends one; nobody is signed in by it.
COOKIE = {"Cookie": "theme=dark"}
OWN = {"Date", "X-Request-ID", "Content-Length"}


@pytest.fixture
def cookie_seen(monkeypatch):
    """Notes which requests came to the middleware that reads sessions."""
    seen = []
    from django.contrib.sessions.middleware import SessionMiddleware

    before = SessionMiddleware.process_request
    monkeypatch.setattr(
        SessionMiddleware,
        "process_request",
        lambda self, request: (seen.append(request.path), before(self, request))[1],
    )
    return seen


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", "/users/me", 200),
        ("post", "/purchases", 400),
        ("delete", "/users/me/nothing", 404),
        ("put", "/purchases", 405),
        ("get", "/users/me?" + "x" * 9_000, 414),
    ],
)
def test_both_ways_answer_alike(method, path, status, cookie_seen):
    client = buyer_client()

    short = client.request(method, path)
    seen_then = list(cookie_seen)
    usual = client.request(method, path, **COOKIE)

    assert (short.status_code, short.content) == (status, usual.content)
    assert usual.status_code == status
    assert headers_of(short) == headers_of(usual)
    if status != 404:  # which view is asked for is not known there, so the usual way says it
        assert not seen_then
    assert status == 414 or cookie_seen


def headers_of(answer):
    found = {name: value for name, value in answer.headers.items() if name not in OWN}
    policy = found.pop("Content-Security-Policy")
    return found | {"policy": sorted(part.strip() for part in policy.split(";"))}


def test_a_page_of_another_site_is_answered_by_the_middleware_for_that(cookie_seen):
    answer = buyer_client().get("/users/me", Origin="https://elsewhere.example")

    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert cookie_seen


def test_a_file_asked_for_with_a_key_alone_is_looked_for_without_a_session():
    document = DocumentFactory(visibility="internal")

    answer = Api().get(f"/documents/{document.public_id}", **{"X-Api-Key": "cck_nothing"})

    assert answer.status_code == 404
