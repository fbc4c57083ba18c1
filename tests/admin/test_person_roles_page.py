"""The page on which staff grant roles to people."""

import pytest
from django.urls import reverse

from accounts.roles import REGISTRY_OFFICER, SUPER_ADMIN
from tests.factories import buyer, person

pytestmark = pytest.mark.django_db


def page_of(user):
    return reverse("admin:accounts_user_grant_roles", args=[user.pk])


def test_a_super_admin_ticks_roles_and_sees_them_on_the_account(client):
    ben, boss = buyer(email="ben@example.org", username="ben_1"), person(SUPER_ADMIN)
    client.force_login(boss)
    assert "Roles of ben_1" in client.get(page_of(ben)).content.decode()

    done = client.post(page_of(ben), {"roles": ["verifier", "project_developer"]}, follow=True)

    ben.refresh_from_db()
    assert ben.roles == ["buyer", "project_developer", "verifier"]
    shown = done.content.decode()
    assert "ben@example.org is now: Buyer, Project developer, Verifier." in shown
    assert "Buyer, Project developer, Verifier" in shown


@pytest.mark.parametrize("roles", [["staff"], ["king"], ["buyer"]])
def test_what_is_no_granted_role_is_refused(client, roles):
    ben = buyer()
    client.force_login(person(SUPER_ADMIN))

    assert client.post(page_of(ben), {"roles": roles}).status_code == 400
    ben.refresh_from_db()
    assert ben.roles == ["buyer"]


def test_an_officer_and_oneself_are_refused(client):
    ben, boss = buyer(), person(SUPER_ADMIN)
    client.force_login(person(REGISTRY_OFFICER))
    assert client.post(page_of(ben), {"roles": ["verifier"]}).status_code == 403
    client.force_login(boss)
    assert client.post(page_of(boss), {"roles": ["verifier"]}).status_code == 403
    boss.refresh_from_db()
    assert (ben.roles, boss.roles) == (["buyer"], ["buyer"])
