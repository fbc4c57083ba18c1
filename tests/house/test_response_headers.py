"""The headers that every answer carries, on the site and under the staff admin's path."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def policy(response):
    directives = (part.split() for part in response["Content-Security-Policy"].split(";"))
    return {name: " ".join(sources) for name, *sources in directives}


@pytest.mark.django_db
def test_staff_pages_are_allowed_what_their_theme_needs(client):
    answer = policy(client.get("/staff/login/"))

    assert answer["default-src"] == "'self'"
    assert answer["script-src"] == "'self' 'unsafe-eval'"
    assert answer["style-src"] == "'self' 'unsafe-inline'"
    assert answer["img-src"] == "'self' data: blob:"


@pytest.mark.parametrize("path", ["/favicon.ico", "/no/such/page", "/staffroom/"])
def test_every_other_page_is_strict(client, path):
    answer = policy(client.get(path))

    assert answer["default-src"] == "'self'"
    assert "script-src" not in answer
    assert "style-src" not in answer
    assert answer["object-src"] == answer["frame-ancestors"] == "'none'"


def test_the_browser_is_told_to_be_careful(client):
    answer = client.get("/favicon.ico")

    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"


def test_a_production_server_speaks_https_only():
    # given the settings of a server, in a process of its own
    names = ["SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "DEBUG"]
    names += ["SECURE_HSTS_INCLUDE_SUBDOMAINS", "SESSION_COOKIE_HTTPONLY", "CSRF_COOKIE_HTTPONLY"]
    names += ["SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME"]
    secret = "uQ3v_1bWm0Zr8XyK2sTnP5dLcGhJ7aEfRiO9wVxB4kNqMtYzCl6-eHgU0pSjDoIA"
    done = subprocess.run(
        [
            *(sys.executable, "-c"),
            f"import json, carboncore.settings as s; print(json.dumps({{n: getattr(s, n) for n in {names}}}))",
        ],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "DEBUG": "false",
            "SECRET_KEY": secret,
            "JWT_SIGNING_KEY": secret[::-1],
            "DATABASE_URL": "postgresql://registry@db/registry",
            "ALLOWED_HOSTS": "registry.test",
        },
        capture_output=True,
        text=True,
        check=True,
    )

    assert json.loads(done.stdout) == {
        "DEBUG": False,
        "SECURE_SSL_REDIRECT": True,
        "SECURE_HSTS_SECONDS": 31_536_000,
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
        "SESSION_COOKIE_SECURE": True,
        "SESSION_COOKIE_HTTPONLY": True,
        "CSRF_COOKIE_SECURE": True,
        "CSRF_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_NAME": "__Host-sessionid",
        "CSRF_COOKIE_NAME": "__Host-csrftoken",
    }
