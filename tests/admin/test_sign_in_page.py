"""Signing in to the staff admin: the page, its lock-out, and where it leads."""

import pytest
from django.urls import reverse

from accounts.models import SignInAttempt
from accounts.roles import REGISTRY_OFFICER, VIEWER
from tests.admin.pages import text_of
from tests.factories import PASSWORD, person

pytestmark = pytest.mark.django_db
PAGE = "/staff/login/"


def _try(client, email, password, query=""):
    return client.post(f"{PAGE}{query}", {"username": email, "password": password})


def test_the_right_password_opens_the_dashboard(client):
    officer = person(REGISTRY_OFFICER)

    # when signing in with the e-mail in another case
    response = _try(client, officer.email.upper(), PASSWORD)

    assert (response.status_code, response["Location"]) == (302, "/staff/")
    assert client.get("/staff/").status_code == 200


@pytest.mark.parametrize(
    ("fields", "password"),
    [
        ({}, "not the password"),
        ({"is_active": False}, PASSWORD),
        ({"is_staff": False}, PASSWORD),
    ],
)
def test_whatever_is_wrong_the_words_are_the_same(client, fields, password):
    user = person(VIEWER, **fields)

    known = _try(client, user.email, password)
    unknown = _try(client, "nobody@example.org", password)

    told = "That e-mail and password do not open the staff admin."
    assert known.status_code == unknown.status_code == 200
    assert told in text_of(known)
    assert told in text_of(unknown)
    assert "_auth_user_id" not in client.session


def test_the_sixth_try_is_429_with_retry_after_even_with_the_right_password(client):
    officer = person(REGISTRY_OFFICER)
    for _ in range(5):
        assert _try(client, officer.email, "wrong").status_code == 200

    response = _try(client, officer.email, PASSWORD)

    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 15 * 60 + 1
    assert "Too many wrong tries" in text_of(response)
    assert "_auth_user_id" not in client.session
    assert SignInAttempt.objects.filter(succeeded=True).count() == 0


def test_next_leads_back_inside_and_never_to_another_site(client):
    officer = person(REGISTRY_OFFICER)
    inside = reverse("admin:registry_project_changelist")

    assert client.get(inside)["Location"] == f"{PAGE}?next={inside}"
    assert _try(client, officer.email, PASSWORD, f"?next={inside}")["Location"] == inside
    client.logout()
    assert _try(client, officer.email, PASSWORD, "?next=https://evil.example/")["Location"] == "/staff/"


def test_an_account_without_staff_rights_that_has_a_session_sees_nothing(client):
    member = person("", is_staff=False)
    client.force_login(member)

    response = client.get("/staff/registry/project/")

    assert response.status_code == 302
    assert response["Location"].startswith(PAGE)
