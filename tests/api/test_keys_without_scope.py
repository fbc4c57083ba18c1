"""A machine's key with no scope at every route of the URLconf: refused wherever anybody's name is asked for."""

import re
import uuid

import pytest
from django.urls import URLPattern, get_resolver

from accounts.choices import KeyScope
from accounts.models import ApiKey
from accounts.services import api_key_create
from carboncore.common.api.permissions import HasNamedPermission
from carboncore.common.api.views import LeanReadView
from tests.api_clients import Api, person_token
from tests.factories import PASSWORD, buyer

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
VALUES = {"uuid": str(uuid.UUID(int=7)), "int": "7", "str": "x", "slug": "x"}


def routes(patterns=None, prefix="/"):
    """Yield every (route, view class) of the API."""
    for pattern in get_resolver("carboncore.api_urls").url_patterns if patterns is None else patterns:
        route = f"{prefix}{pattern.pattern}"
        if not isinstance(pattern, URLPattern):
            yield from routes(pattern.url_patterns, route)
        elif hasattr(pattern.callback, "view_class"):
            yield route, pattern.callback.view_class


CASES = [(method, route, view) for route, view in routes() for method in METHODS if hasattr(view, method.lower())]
ASKED = [case for case in CASES if case[2].authentication_classes]
OPEN = [case for case in CASES if not case[2].authentication_classes]


def filled(route):
    return re.sub(r"<(?:(\w+):)?\w+>", lambda found: VALUES[found[1] or "str"], route)


@pytest.fixture
def bare(db):
    """A client with a key that has no scope: no service makes one, so it is made by hand."""
    made = api_key_create(user=buyer(), password=PASSWORD, name="Bare", scopes=["read"])
    ApiKey.objects.update(scopes=[])
    return Api(made.text)


def test_the_walk_finds_the_routes():
    assert len(ASKED) > 80
    assert {route for _, route, _ in CASES} >= {"/users/me", "/purchases", "/admin/projects/<str:key>"}


@pytest.mark.parametrize(("method", "route", "view"), ASKED, ids=str)
def test_a_key_without_scope_is_refused(bare, method, route, view):
    answer = bare.request(method, filled(route), {})

    assert (answer.status_code, answer.json()["code"]) == (403, "api_key_scope_missing")


@pytest.mark.parametrize(("method", "route", "view"), OPEN, ids=str)
def test_where_nobody_is_asked_for_a_name_a_key_changes_nothing(bare, method, route, view):
    assert bare.request(method, filled(route), {}).status_code == Api().request(method, filled(route), {}).status_code


def test_the_walk_is_no_empty_word(bare, monkeypatch):
    user = ApiKey.objects.get().user
    assert Api(person_token(user)).get("/holding-accounts").status_code == 200
    assert bare.get("/holding-accounts").status_code == 403
    ApiKey.objects.update(scopes=["read"])
    assert bare.get("/holding-accounts").status_code == 200


@pytest.mark.parametrize(("route", "view"), [*routes()], ids=str)
def test_views_name_scopes_that_there_are_for_methods_that_they_have(route, view):
    named = getattr(view, "key_scopes", {})

    assert set(named.values()) <= set(KeyScope.values)
    assert all(hasattr(view, method.lower()) for method in named)
    if HasNamedPermission in view.permission_classes or issubclass(view, LeanReadView):
        assert named == {}, "staff have no keys, and a lean read looks at none"
