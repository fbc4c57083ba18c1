"""Every page outside the staff admin by everybody: what each is answered, and that a refusal changes nothing.

A line is (method, path, who is answered how, who changes something by it, body). Letters and names in braces are those
of `tests/world.py`; SIGN_IN stands for being sent to sign in first. Staff have no account pages: they work at /staff/.
A new page needs a line.
"""

import re
from uuid import UUID

import pytest
from django.urls import URLPattern, get_resolver, resolve

from tests.api.authorization_table import LEDGERS_OF_ATTEMPTS, answers
from tests.factories import PASSWORD
from tests.world import _files_in_a_folder_of_their_own, db, one_case, what_is_stored, world

__all__ = ["_files_in_a_folder_of_their_own", "db", "world"]

SIGN_IN = 302.1
LETTERS, PEOPLE = "AOVTWSDUI", "OVTW"
# What looking at a page may write down. No page is opened by a key, so that what becomes of keys shows.
SEEN = LEDGERS_OF_ATTEMPTS - {"accounts_apikey"}


def everybody(status):
    return dict.fromkeys(LETTERS, status)


def signed_in(status, **others):
    return {**everybody(SIGN_IN), **dict.fromkeys(PEOPLE, status), **answers(**others)}


_ORGANISATION, _PENDING = "/account/organisations/{organisation}", "/account/organisations/{pending}"
_DOCUMENT = f"{_PENDING}/documents/{{organisation_document}}"
_SOURCE = "/account/data-sources/{source}"
_FIGURE = {
    "reading_type": "fuel_consumption",
    "quantity": "1",
    "unit": "litre",
    "first_day": "2025-06-01",
    "last_day": "2025-06-30",
}
_TOKEN = "x" * 43
_HANDED = {"user": "{member}", "own_role": "viewer"}
PAGES = [
    ("GET", "/", everybody(200), "", None),
    ("GET", "/favicon.ico", everybody(302), "", None),
    ("GET", "/certificates/{retirement}", everybody(200), "", None),
    ("GET", "/certificates/{retirement}.pdf", everybody(200), "", None),
    ("GET", "/certificates/{retirement}.json", everybody(200), "", None),
    ("GET", "/proof", everybody(200), "", None),
    ("GET", "/proof/check_proof.py", everybody(200), "", None),
    ("GET", "/health", everybody(200), "", None),
    ("GET", "/health/ready?checks=database", everybody(200), "", None),
    ("GET", "/metrics", everybody(404), "", None),
    ("GET", "/account/register", everybody(200), "", None),
    ("GET", "/account/sign-in", {**everybody(200), **dict.fromkeys(PEOPLE, 302)}, "", None),
    ("POST", "/account/sign-in", everybody(401), "", {"email": "owner@example.org", "password": "x"}),
    ("GET", "/account/forgotten", everybody(200), "", None),
    ("GET", "/account/confirm-again", everybody(200), "", None),
    *(
        ("POST", f"/account/{name}/{_TOKEN}", everybody(400), "", {"password": "nine quiet herons 9"})
        for name in ("confirm-email", "reset-password", "confirm-new-email", "reclaim")
    ),
    ("GET", f"/account/invitation/{_TOKEN}", everybody(200), "", None),
    ("GET", "/account", signed_in(200), "", None),
    ("GET", "/account/organisations", signed_in(200), "", None),
    ("POST", "/account/organisations", signed_in(302), PEOPLE, {"name": "Mill", "country": "PT"}),
    ("GET", _ORGANISATION, signed_in(200, s404="O"), "", None),
    ("POST", _ORGANISATION, signed_in(302, s404="O", s403="VT"), "W", {"email": "n@example.org", "role": "viewer"}),
    ("POST", f"{_ORGANISATION}/invitations/{{invitation}}/revoke", signed_in(302), "W", {}),
    ("POST", "/account/invitations/{invitation}/accept", signed_in(302), "O", {}),
    ("POST", f"{_ORGANISATION}/limit", signed_in(302, s404="O", s403="VT"), "W", {"limit": "5"}),
    ("POST", f"{_ORGANISATION}/limit/approve", signed_in(302), "", {}),
    ("POST", f"{_PENDING}/documents", signed_in(404, s400="W"), "", {"title": "No file"}),
    ("GET", _DOCUMENT, signed_in(404, s200="W"), "", None),
    ("POST", f"{_DOCUMENT}/remove", signed_in(302), "W", {}),
    ("POST", f"{_ORGANISATION}/hand-over", signed_in(302, s404="O", s403="T", s400="V"), "W", _HANDED),
    ("GET", "/account/transfers", signed_in(200), "", None),
    ("POST", "/account/transfer-offers/{offer}/accept", signed_in(302, s404="O"), "TW", {}),
    ("POST", "/account/transfer-offers/{offer}/withdraw", signed_in(302, s404="O"), "W", {}),
    ("POST", "/account/transfer-approvals/{nobody}/approve", signed_in(404), "", {}),
    ("GET", "/account/emissions", signed_in(200), "", None),
    ("GET", "/account/emissions/report.{nobody}", signed_in(404), "", None),
    ("GET", "/account/emissions/offset", signed_in(200), "", None),
    ("GET", "/account/emissions/offsets/{nobody}", signed_in(404), "", None),
    ("GET", "/account/emissions/offsets/{nobody}/report.json", signed_in(404), "", None),
    ("POST", "/account/emissions/offsets/{nobody}/cancel", signed_in(302), "", {}),
    ("GET", "/account/data-sources", signed_in(200), "", None),
    ("GET", "/account/data-sources/connect/manual-entry", signed_in(200), "", None),
    ("POST", "/account/data-sources/connect/manual-entry", signed_in(302), PEOPLE, {"country_code": "GB"}),
    ("GET", _SOURCE, signed_in(200, s404="O"), "", None),
    ("POST", f"{_SOURCE}/sync", signed_in(404, s302="TW"), "", {}),
    ("POST", f"{_SOURCE}/change", signed_in(404, s302="TW"), "TW", {"display_name": "Van", "country_code": "PT"}),
    ("POST", f"{_SOURCE}/credentials", signed_in(404, s400="TW"), "", {}),
    ("POST", f"{_SOURCE}/readings", signed_in(404, s302="TW"), "TW", _FIGURE),
    ("POST", f"{_SOURCE}/webhook", signed_in(404, s200="TW"), "TW", {}),
    ("POST", f"{_SOURCE}/pause", signed_in(404, s302="TW"), "TW", {}),
    ("GET", f"{_SOURCE}/disconnect", signed_in(404, s200="TW"), "", None),
    ("POST", f"{_SOURCE}/disconnect", signed_in(404, s302="TW"), "TW", {"history": "keep"}),
    ("POST", f"{_SOURCE}/uploads", signed_in(404, s400="TW"), "", {}),
    ("GET", f"{_SOURCE}/uploads/{{nobody}}", signed_in(404), "", None),
    ("POST", f"{_SOURCE}/uploads/{{nobody}}", signed_in(404), "", {"do": "confirm"}),
    ("GET", f"{_SOURCE}/uploads/{{nobody}}/rejects.csv", signed_in(404), "", None),
    ("GET", f"{_SOURCE}/syncs/{{nobody}}/rejects.csv", signed_in(404), "", None),
    ("GET", "/account/profile", signed_in(200), "", None),
    ("POST", "/account/profile", signed_in(302), PEOPLE, {"username": "somebody_else", "full_name": "Changed"}),
    ("GET", "/account/password", signed_in(200), "", None),
    ("POST", "/account/password", signed_in(400), "", {"current_password": "x", "new_password": "nine herons 9"}),
    ("GET", "/account/email", signed_in(200), "", None),
    ("POST", "/account/email", signed_in(400), "", {"new_email": "n@example.org", "password": "x"}),
    ("GET", "/account/sessions", signed_in(200), "", None),
    ("POST", "/account/sessions/{session}", signed_in(302), "", {}),
    ("POST", "/account/sessions/others", signed_in(302), "", {}),
    ("GET", "/account/keys", signed_in(200), "", None),
    ("POST", "/account/keys/{key}", signed_in(302), "W", {}),
    ("POST", "/account/identities/{nobody}", signed_in(302), "", {}),
    ("POST", "/account/export", signed_in(200), "", {}),
    ("POST", "/account/erase", signed_in(200, s409="W"), "OVT", {"password": PASSWORD}),
    ("POST", "/account/sign-out", everybody(302), "", {}),
]


def route_of(path):
    return f"/{resolve(re.sub(r'{[^}]+}', str(UUID(int=0)), path.partition('?')[0])).route}"


def routes(patterns=None, prefix=""):
    """Yield every address of a page: not of the API, whose views are classes, and not of the staff admin."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLPattern):
            if not hasattr(pattern.callback, "view_class") and not route.startswith(("staff/", "api/", "^")):
                yield f"/{route}"
        else:
            yield from routes(pattern.url_patterns, route)


def test_every_page_is_in_the_table():
    assert sorted(set(routes()) - {route_of(path) for _, path, *_ in PAGES}) == []


@pytest.mark.parametrize("row", PAGES, ids=lambda row: f"{row[0]} {row[1]}")
def test_everybody_gets_the_answer_of_the_table(world, row):
    method, path, statuses, changers, body = row
    before, wrong = what_is_stored(but=SEEN), {}
    for letter in LETTERS:
        with one_case():
            pages = world.callers[letter].pages
            answer = (
                pages.generic("GET", world.filled(path))
                if method == "GET"
                else pages.post(world.filled(path), world.filled(body))
            )
            list(getattr(answer, "streaming_content", ()))
            to_sign_in = answer.status_code == 302 and answer["Location"].startswith("/account/sign-in?next=")
            got = (SIGN_IN if to_sign_in else answer.status_code, what_is_stored(but=SEEN) != before)
            if got != (statuses[letter], letter in changers):
                wrong[letter] = f"{got} instead of {(statuses[letter], letter in changers)}"

    assert wrong == {}
