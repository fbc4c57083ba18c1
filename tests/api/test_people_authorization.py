"""Who may call what of people's accounts: every address as nobody, somebody else, the owner and staff."""

import pytest

from accounts.models import Registration, SignInSession, User
from accounts.roles import SUPER_ADMIN, VIEWER
from carboncore.common.api.docs import published_schema
from tests.api_clients import Api, buyer_client
from tests.factories import PASSWORD
from transactions.models import HoldingAccount
from transactions.services import holding_account_open

pytestmark = pytest.mark.django_db
CALLERS = ("anonymous", "other", "owner", "viewer", "super_admin")
NEW = {"email": "new@example.org", "username": "new_1", "password": "nine quiet herons 9"}
TOKEN = {"token": "x" * 43}

# method, address, body, the status for each of CALLERS, and whose call changes something of the owner's or adds one
TABLE = [
    ("POST", "/users/register", NEW, (201, 201, 201, 201, 201), "everybody"),
    ("POST", "/users/confirm-email", {**TOKEN, "password": "x"}, (400, 400, 400, 400, 400), "nobody"),
    ("POST", "/users/confirm-email/resend", {"email": NEW["email"]}, (200, 200, 200, 200, 200), "nobody"),
    ("POST", "/users/confirm-new-email", TOKEN, (400, 400, 400, 400, 400), "nobody"),
    ("POST", "/users/password/forgotten", {"email": NEW["email"]}, (200, 200, 200, 200, 200), "nobody"),
    ("POST", "/users/password/reset", {**TOKEN, "password": "nine herons 9"}, (400, 400, 400, 400, 400), "nobody"),
    ("POST", "/users/reclaim", TOKEN, (400, 400, 400, 400, 400), "nobody"),
    ("POST", "/users/login", {"email": "x@example.org", "password": "x"}, (401, 401, 401, 401, 401), "nobody"),
    ("POST", "/users/token/refresh", {"refresh_token": "x"}, (401, 401, 401, 401, 401), "nobody"),
    ("POST", "/users/logout", None, (401, 200, 200, 200, 200), "owner"),
    ("POST", "/users/logout-everywhere", None, (401, 200, 200, 200, 200), "owner"),
    ("GET", "/users/me", None, (401, 200, 200, 200, 200), "nobody"),
    ("PATCH", "/users/me", {"full_name": "Changed"}, (401, 200, 200, 200, 200), "owner"),
    ("DELETE", "/users/me", {"password": PASSWORD}, (401, 200, 200, 403, 403), "owner"),
    ("GET", "/users/me/export", None, (401, 200, 200, 200, 200), "nobody"),
    ("POST", "/users/me/password", {"current_password": PASSWORD, "new_password": "a new heron 42"},
     (401, 200, 200, 403, 403), "owner"),
    ("POST", "/users/me/email", {"new_email": "n@example.org", "password": PASSWORD}, (401, 200, 200, 403, 403),
     "nobody"),
    ("GET", "/users/me/sessions", None, (401, 200, 200, 200, 200), "nobody"),
    ("DELETE", "/users/me/sessions/{session}", None, (401, 404, 200, 404, 404), "owner"),
    ("GET", "/users/{person}", None, (200, 200, 200, 200, 200), "nobody"),
    ("GET", "/users/{person}/notifications", None, (401, 404, 200, 404, 200), "nobody"),
    ("GET", "/users/{person}/wallets", None, (401, 404, 200, 404, 200), "nobody"),
    ("POST", "/users/{person}/wallets", {"name": "New"}, (401, 404, 201, 404, 201), "owner, super_admin"),
    ("PUT", "/users/{person}/wallets", {"id": "{wallet}", "name": "Named"}, (401, 404, 200, 404, 200),
     "owner, super_admin"),
    ("GET", "/users/{person}/wallets/{wallet}", None, (401, 404, 200, 404, 200), "nobody"),
    ("PUT", "/users/{person}/wallets/{wallet}", {"name": "Named"}, (401, 404, 200, 404, 200), "owner, super_admin"),
    ("DELETE", "/users/{person}/wallets/{wallet}", None, (401, 404, 200, 404, 200), "owner, super_admin"),
    ("GET", "/users/{person}/wallets/{wallet}/transactions", None, (401, 404, 200, 404, 200), "nobody"),
]  # fmt: skip


@pytest.fixture
def callers(staff):
    owner = buyer_client(email="owner@example.org", username="owner_1", password=PASSWORD)
    return {
        "anonymous": Api(),
        "other": buyer_client(email="other@example.org", username="other_1", password=PASSWORD),
        "owner": owner,
        "viewer": staff(VIEWER),
        "super_admin": staff(SUPER_ADMIN),
    }


def of_owner(owner):
    """What is stored of the owner, and who waits to be confirmed: a refusal changes none of it."""
    return (
        list(User.objects.filter(pk=owner.pk).values_list("email", "username", "full_name", "password", "is_active")),
        list(SignInSession.objects.filter(user=owner).values_list("pk", "ended_at")),
        list(HoldingAccount.objects.filter(owner=owner).values_list("pk", "name", "state")),
        Registration.objects.count(),
    )


@pytest.mark.parametrize("who", CALLERS)
@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row[0]} {row[1]}")
def test_each_caller_gets_what_is_theirs(callers, who, row):
    method, path, body, statuses, changes_for = row
    owner = callers["owner"].user
    names = {
        "session": SignInSession.objects.get(user=owner).public_id,
        "person": owner.public_id,
        "wallet": holding_account_open(owner=owner, name="Savings").public_id,
    }
    if isinstance(body, dict) and body.get("id") == "{wallet}":
        body = {**body, "id": str(names["wallet"])}
    before = of_owner(owner)

    answer = callers[who].request(method, path.format(**names), body)

    assert answer.status_code == statuses[CALLERS.index(who)], answer.content
    assert (of_owner(owner) != before) == (changes_for == "everybody" or who in changes_for.split(", "))


def test_the_table_names_every_address_of_people():
    described = {
        (method.upper(), "/".join("{}" if part.startswith("{") else part for part in path.split("/")))
        for path, operations in published_schema()["paths"].items()
        for method in operations
        if path.startswith("/users/")
    }
    named = {
        (method, "/".join("{}" if part.startswith("{") else part for part in path.split("/")))
        for method, path, *_ in TABLE
    }

    assert described == named
