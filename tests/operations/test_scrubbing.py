"""What a log line or an error report may not hold is taken out of it, and the rest is left as it is."""

import pytest

from carboncore.common.observing.requests import route_name
from carboncore.common.observing.scrubbing import scrub, scrub_text


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        ("no account for ada.l+x@mail.example.org here", "no account for [hidden] here"),
        ("Authorization: Bearer abcdefgh12345678", "Authorization: [hidden] [hidden]"),
        ("token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOjF9.sig-_1 ended", "token [hidden] ended"),
        ("key " + "sk_" + "test_4eC39HqLyjWD refused", "key [hidden] refused"),
        ("postgresql://registry:s3cret-w0rd@db/registry", "postgresql://registry:[hidden]@db/registry"),
        ('{"password": "Hunter-2-Hunter"}', '{"password": "[hidden]"}'),
        ("password=Hunter-2&next=/", "password=[hidden]&next=/"),
        (
            "duplicate key value violates unique constraint\nDETAIL:  Key (email)=(somebody) already exists.\nline",
            "duplicate key value violates unique constraint\nDETAIL: [hidden]\nline",
        ),
        ("batch VCS-12-2023 moved 12.5 t to account 7", "batch VCS-12-2023 moved 12.5 t to account 7"),
        (
            'SELECT "password" FROM "accounts_user" WHERE "id" = %s',
            'SELECT "password" FROM "accounts_user" WHERE "id" = %s',
        ),
    ],
)
def test_texts_lose_what_looks_like_a_secret_and_nothing_else(text, scrubbed):
    assert scrub_text(text) == scrubbed


def test_entries_are_known_by_their_names_at_any_depth():
    given = {"user": {"new_password": "x1", "id": 7}, "rows": [{"api_key": "k", "n": 1}], "token": "", "count": 3}

    assert scrub(given) == {
        "user": {"new_password": "[hidden]", "id": 7},
        "rows": [{"api_key": "[hidden]", "n": 1}],
        "token": "",
        "count": 3,
    }


@pytest.mark.parametrize(
    ("route", "name"),
    [
        ("api/v1/projects/<str:key>/documents/<uuid:document>", "/api/v1/projects/{key}/documents/{document}"),
        ("^admin/?$", "/admin/?"),
        (r"^serials/(?P<serial>[^/]+)$", "/serials/{serial}"),
        ("", "/"),
    ],
)
def test_routes_are_named_as_people_write_them(route, name):
    assert route_name(route) == name
