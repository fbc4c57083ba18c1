"""Finding an address by its first word finds what Django would find by trying one pattern after the other."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, URLPattern, URLResolver, include, path, re_path, reverse
from django.urls.resolvers import RegexPattern

from carboncore.common.addresses import by_first_word


def view(request: HttpRequest, **_: object) -> HttpResponse:
    return HttpResponse()


PATTERNS: list[URLPattern | URLResolver] = [
    path("", view, name="home"),
    path("", include([path("projects", view, name="projects"), path("projects/<int:pk>", view, name="project")])),
    path("<slug:code>.csv", view, name="table"),
    path("staff/", include(([path("projects", view, name="projects"), path("", view, name="index")], "staff"))),
    re_path(r"^pro(?P<rest>.*)$", view, name="rest of pro"),
    path("projects/new", view, name="never reached"),
    path("pro", include([path("mise/<int:pk>", view, name="part of a word")])),
    path("", include([path("kept/<int:pk>", view, name="kept")]), {"given": 1}),
]


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("", "home"),
        ("projects", "projects"),
        ("projects/7", "project"),
        ("projects/new", "rest of pro"),
        ("projects.csv", "table"),
        ("staff/", "staff:index"),
        ("staff/projects", "staff:projects"),
        ("promise/7", "rest of pro"),
        ("kept/7", "kept"),
        ("staff", None),
        ("project", "rest of pro"),
        ("nothing/7", None),
        ("/projects", None),
    ],
)
def test_resolves_as_django_does(address: str, name: str | None) -> None:
    plain = URLResolver(RegexPattern(r"^/"), PATTERNS)
    sooner = URLResolver(RegexPattern(r"^/"), by_first_word(PATTERNS))

    found = [_resolved(resolver, f"/{address}") for resolver in (plain, sooner)]

    assert found[0] == found[1]
    assert (found[1][0] if found[1] else None) == name


def test_what_is_captured_and_given_arrives() -> None:
    match = URLResolver(RegexPattern(r"^/"), by_first_word(PATTERNS)).resolve("/kept/7")

    assert (match.kwargs, match.route) == ({"pk": 7, "given": 1}, "kept/<int:pk>")


def test_the_servers_own_addresses_reverse_as_before() -> None:
    assert reverse("home") == "/"
    assert reverse("schema") == "/api/schema"
    assert reverse("admin:index") == "/staff/"


def _resolved(resolver: URLResolver, address: str) -> tuple[object, ...] | None:
    try:
        match = resolver.resolve(address)
    except Resolver404:
        return None
    return match.view_name, match.args, match.kwargs, match.route
