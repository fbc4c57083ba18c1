"""Signing in over the API: the bodies the existing client expects, the lock-out, and when a token ends."""

import importlib
import json
import threading
from datetime import timedelta

import jwt
import pytest
from django.conf import settings
from django.db import connections
from django.test import Client
from django.utils import timezone

from accounts.models import SignInAttempt
from accounts.roles import REGISTRY_OFFICER, REVIEWER, SUPER_ADMIN, TRANSACTIONS_OFFICER, VIEWER
from accounts.services import sign_in_lock_lift
from tests.api_clients import Api
from tests.factories import PASSWORD, person, staff_token
from tests.settings import CheapArgon2

# The package has a function of the same name.
signing_in = importlib.import_module("accounts.services.sign_in")


def log_in(api, email, password):
    return api.post("/admin/login", {"email": email, "password": password})


@pytest.mark.django_db
@pytest.mark.parametrize("prefix", ["", "/api/v1"])
def test_the_right_password_answers_token_permissions_and_role(api, prefix):
    user = person(SUPER_ADMIN, email="chief@example.org")

    answer = api.post(f"{prefix}/admin/login", {"email": "Chief@Example.org", "password": PASSWORD})

    assert answer.status_code == 200
    body = answer.json()
    claims = jwt.decode(body["token"], settings.JWT_SIGNING_KEY, ["HS256"], issuer="carboncore-admin")
    flags = {"projects": True, "standards": True, "transactions": True, "types": True, "delete": True, "users": True}
    assert body == {
        "success": True,
        "token": body["token"],
        "permissions": flags,
        "user": {"email": "chief@example.org", "role": "SuperAdmin"},
    }
    assert claims["exp"] - claims["iat"] == 28_800
    assert (claims["email"], claims["permissions"], claims["sub"]) == (user.email, flags, str(user.public_id))
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "shown", "flags"),
    [
        (REGISTRY_OFFICER, "RegistryOfficer", {"projects", "standards", "types"}),
        (REVIEWER, "Reviewer", set()),
        (TRANSACTIONS_OFFICER, "TransactionsOfficer", {"transactions"}),
        (VIEWER, "Viewer", set()),
        ("", "", set()),
    ],
)
def test_role_and_flags_of_each_group(api, role, shown, flags):
    user = person(role)

    body = log_in(api, user.email, PASSWORD).json()

    assert body["user"]["role"] == shown
    assert body["permissions"] == {
        name: name in flags for name in ("projects", "standards", "transactions", "types", "delete")
    }


@pytest.mark.django_db
def test_wrong_password_wrong_email_inactive_and_no_staff_get_the_same_answer(api):
    person(email="a@example.org")
    person(email="gone@example.org", is_active=False)
    person(email="buyer@example.org", is_staff=False)

    answers = [
        log_in(api, "a@example.org", "wrong"),
        log_in(api, "nobody@example.org", "wrong"),
        log_in(api, "gone@example.org", PASSWORD),
        log_in(api, "buyer@example.org", PASSWORD),
    ]

    assert {answer.status_code for answer in answers} == {401}
    assert {answer.content for answer in answers} == {
        b'{"success":false,"message":"Invalid credentials","error":"Invalid credentials","code":"invalid_credentials"}'
    }


@pytest.mark.django_db
def test_a_wrong_email_costs_as_many_hashes_as_a_wrong_password(api, monkeypatch):
    person(email="a@example.org")
    counted = []
    for name in ("encode", "verify"):
        work = getattr(CheapArgon2, name)
        monkeypatch.setattr(CheapArgon2, name, lambda self, *a, work=work: counted.append(1) or work(self, *a))

    log_in(api, "a@example.org", "wrong")
    for_password = len(counted)
    log_in(api, "nobody@example.org", "wrong")

    assert (for_password, len(counted) - for_password) == (1, 1)


@pytest.mark.django_db
def test_the_sixth_try_is_locked_out_until_somebody_lifts_it(api):
    user = person(email="a@example.org")

    wrong = [log_in(api, "A@example.org", f"wrong {n}").status_code for n in range(5)]
    sixth = log_in(api, "a@example.org", PASSWORD)

    assert wrong == [401] * 5
    assert sixth.status_code == 429
    assert 14 * 60 < int(sixth["Retry-After"]) <= 15 * 60
    body = sixth.json()
    assert (body["success"], body["code"]) == (False, "sign_in_locked")
    assert body["message"].startswith("Too many wrong tries for this e-mail.")
    assert log_in(api, "b@example.org", "wrong").status_code == 401

    sign_in_lock_lift(user=user)
    assert log_in(api, "a@example.org", PASSWORD).status_code == 200


@pytest.mark.django_db
def test_the_lock_is_over_after_fifteen_minutes_and_lives_in_the_database_alone(api):
    person(email="a@example.org")
    for n in range(5):
        log_in(api, "a@example.org", f"wrong {n}")
    assert log_in(Api(), "a@example.org", PASSWORD).status_code == 429

    SignInAttempt.objects.update(attempted_at=timezone.now() - timedelta(minutes=15, seconds=1))

    assert log_in(api, "a@example.org", PASSWORD).status_code == 200


@pytest.mark.django_db
def test_a_success_forgets_the_wrong_tries_before_it(api):
    person(email="a@example.org")
    for _ in range(2):
        assert [log_in(api, "a@example.org", f"wrong {n}").status_code for n in range(4)] == [401] * 4
        assert log_in(api, "a@example.org", PASSWORD).status_code == 200


def guess_together(monkeypatch, guesses):
    """Guess on separate connections at once; return how many passwords were looked at, and the statuses."""
    looks, statuses = [], []
    gate = threading.Barrier(guesses)
    check = signing_in._password_is_right
    monkeypatch.setattr(signing_in, "_password_is_right", lambda user, word: looks.append(word) or check(user, word))

    def guess(number):
        body = json.dumps({"email": "a@example.org", "password": f"wrong {number}"})
        try:
            gate.wait()
            statuses.append(Client().post("/admin/login", body, content_type="application/json").status_code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(guesses)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(looks), sorted(statuses)


@pytest.mark.django_db(transaction=True)
def test_simultaneous_guesses_get_five_looks_and_no_more(monkeypatch):
    person(email="a@example.org")

    looks, statuses = guess_together(monkeypatch, 12)

    assert looks == 5
    assert statuses == [401] * 5 + [429] * 7


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_simultaneous_guesses_get_more_than_five_looks(monkeypatch):
    """Both sides wait for each other between counting and recording, so the race happens every time."""
    person(email="a@example.org")
    counted = threading.Barrier(12)
    seconds = signing_in._seconds_locked
    monkeypatch.setattr(signing_in, "_lock_digest", lambda _digest: None)

    def count_then_wait(digest, now):
        answer = seconds(digest, now)
        counted.wait(timeout=20)
        return answer

    monkeypatch.setattr(signing_in, "_seconds_locked", count_then_wait)

    looks, statuses = guess_together(monkeypatch, 12)

    assert looks == 12
    assert statuses == [401] * 12


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"email", "password"}),
        ({"email": "a@example.org"}, {"password"}),
        ({"email": 5, "password": ["x"]}, {"email", "password"}),
        ({"email": "a@example.org", "password": "x", "remember": True}, {"remember"}),
        ({"email": "a\u0000@example.org", "password": "x"}, {"email"}),
        ([1], {"non_field_errors"}),
    ],
)
def test_a_malformed_sign_in_is_told_which_field(api, body, fields):
    answer = api.post("/admin/login", body)

    assert answer.status_code == 400
    assert (answer.json()["code"], set(answer.json()["errors"])) == ("invalid", fields)
    assert SignInAttempt.objects.count() == 0


@pytest.mark.django_db
def test_validate_says_whose_token_it_is(staff):
    client = staff(REGISTRY_OFFICER)

    assert client.get("/admin/validate").json() == {
        "valid": True,
        "email": client.user.email,
        "permissions": {"projects": True, "standards": True, "transactions": False, "types": True, "delete": False},
    }


def forged(user, **changes):
    claims = {"iss": "carboncore-admin", **staff_token(user).payload, **changes}
    return jwt.encode(claims, settings.JWT_SIGNING_KEY, "HS256")


@pytest.mark.django_db
def test_a_token_that_does_not_hold_is_refused_everywhere():
    user = person(SUPER_ADMIN)
    good = str(staff_token(user))
    head, payload, signature = good.split(".")
    past = int(timezone.now().timestamp()) - 5
    tokens = {
        "": "Invalid token",
        "abc": "Invalid token",
        f"{head}.{payload}.{signature[:-4]}AAAA": "Invalid token",
        jwt.encode(staff_token(user).payload, None, "none"): "Invalid token",
        jwt.encode(
            staff_token(user).payload, "another key of at least fifty characters, all wrong", "HS256"
        ): "Invalid token",
        jwt.encode(staff_token(user).payload, settings.JWT_SIGNING_KEY, "HS512"): "Invalid token",
        forged(user, iss="somebody-else"): "Invalid token",
        forged(user, sub="not-a-uuid"): "Invalid token",
        forged(user, sub="0f0e0d0c-0b0a-0908-0706-050403020100"): "Invalid token",
        forged(user, pwf="x"): "Invalid token",
        forged(user, token_type="access"): "Invalid token",
        forged(user, exp=past, iat=past - 28_800): "Token expired",
    }
    for token, words in tokens.items():
        client = Api()
        client.headers = {"Authorization": f"Bearer {token}"}
        validated, listed = client.get("/admin/validate"), client.get("/admin/projects")
        assert (validated.status_code, listed.status_code) == (401, 401), token
        assert (validated.json()["valid"], validated.json()["error"]) == (False, words)
        assert listed.json()["error"] == words
    assert Api(good).get("/admin/validate").status_code == 200


@pytest.mark.django_db
def test_no_token_is_told_so(api):
    answer = api.get("/admin/validate")
    assert (answer.status_code, answer.json()["valid"], answer.json()["error"]) == (401, False, "Missing token")
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.django_db
@pytest.mark.parametrize("end", ["password", "inactive", "no longer staff"])
def test_a_token_ends_with_what_it_rests_on(staff, end):
    client = staff(REGISTRY_OFFICER)
    assert client.get("/admin/projects").status_code == 200
    if end == "password":
        client.user.set_password("another password entirely")
    elif end == "inactive":
        client.user.is_active = False
    else:
        client.user.is_staff = False
    client.user.save()

    assert client.get("/admin/projects").status_code == 401


@pytest.mark.django_db
def test_permissions_are_those_of_the_moment_whatever_the_token_claims(staff):
    client = staff(REGISTRY_OFFICER)
    client.user.groups.clear()

    assert client.get("/admin/projects").status_code == 403
    assert client.get("/admin/validate").json()["permissions"]["projects"] is False


@pytest.mark.parametrize("path", ["/admin", "/admin/", "/api/v1/admin/"])
def test_browsers_that_look_for_the_admin_are_sent_to_it(api, path):
    answer = api.get(path)
    assert (answer.status_code, answer["Location"]) == (302, "/staff/")
