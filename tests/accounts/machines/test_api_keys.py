"""API keys of people's machines: made once, kept as a digest, for some things, for some time."""

import hashlib
import json
import re
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.choices import KeyScope
from accounts.models import ApiKey, User
from accounts.services import (
    accounts_tidy,
    api_key_create,
    password_change,
    password_forgotten,
    password_reset,
    staff_update,
)
from carboncore.audit.models import Event
from carboncore.common.context import Entrance, acting
from carboncore.common.rate_limits.scopes import limits_from
from tests.api_clients import Api, buyer_client
from tests.factories import PASSWORD, buyer, person
from tests.mailbox import last_mail, token_mailed_to

pytestmark = pytest.mark.django_db
GOOD = {"name": "Nightly report", "scopes": ["read"], "password": PASSWORD}


@pytest.fixture
def ben():
    return buyer_client(email="ben@example.org", username="ben_1", password=PASSWORD)


def made(client, **changes):
    answer = client.post("/users/me/api-keys", {**GOOD, **changes})
    assert answer.status_code == 201, answer.content
    return answer.json()


def by_key(text):
    return Api(text)


def events(action):
    return Event.objects.filter(action=action).count()


def test_a_key_is_shown_once_and_kept_as_a_digest(ben):
    told = made(ben)

    assert re.fullmatch(r"cck_[0-9a-f]{16}_[0-9a-f]{72}", told["key"])
    key = ApiKey.objects.get()
    assert key.digest == hashlib.sha256(told["key"].encode()).hexdigest()
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(k)::text FROM accounts_apikey k")
        assert told["key"].split("_")[2] not in cursor.fetchone()[0]
    listed = ben.get("/users/me/api-keys")
    assert told["key"] not in listed.content.decode()
    assert listed.json() == [{name: value for name, value in told.items() if name != "key"}]
    assert told["hint"] == f"{told['key'][:20]}…"
    assert timedelta(days=89) < key.expires_at - timezone.now() <= timedelta(days=90)
    assert (told["state"], told["scopes"], told["last_used_at"]) == ("active", ["read"], None)
    mail = last_mail("ben@example.org").body
    assert "Nightly report" in mail
    assert told["key"] not in mail
    event = Event.objects.get(action="api_key.created")
    assert (event.actor_id, event.changes["scopes"]) == (ben.user.pk, [None, ["read"]])
    assert told["key"] not in json.dumps(event.changes)


def test_a_key_signs_in_by_either_header_and_not_by_both(ben):
    key = made(ben)["key"]

    assert by_key(key).get("/users/me").json()["email"] == "ben@example.org"
    assert Api().get("/users/me", **{"X-Api-Key": key}).json()["email"] == "ben@example.org"
    both = by_key(key).get("/users/me", **{"X-Api-Key": key})
    assert (both.status_code, both.json()["code"]) == (401, "token_invalid")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"password": "wrong"}, "password"),
        ({"name": " "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["read", "everything"]}, "scopes"),
        ({"scopes": "read"}, "scopes"),
        ({"expires_in_days": 0}, "expires_in_days"),
        ({"expires_in_days": 366}, "expires_in_days"),
        ({"expires_in_days": True}, "expires_in_days"),
        ({"user": 1}, "user"),
        ({"key": "cck_mine"}, "key"),
    ],
)
def test_what_makes_no_key(ben, changes, field):
    answer = ben.post("/users/me/api-keys", {**GOOD, **changes})

    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    assert not ApiKey.objects.exists()


def test_twenty_keys_are_enough(ben):
    for _ in range(20):
        api_key_create(user=ben.user, password=PASSWORD, name="robot", scopes=["read"])

    answer = ben.post("/users/me/api-keys", GOOD)

    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_api_keys")
    ben.delete(f"/users/me/api-keys/{ApiKey.objects.first().public_id}")
    made(ben)


def test_a_key_does_what_its_scopes_say_and_nothing_else(ben):
    key = by_key(made(ben, scopes=["read"])["key"])

    assert key.get("/holding-accounts").status_code == 200
    assert key.get("/organisations").status_code == 200
    refused = key.post("/holding-accounts", {"name": "New"})
    assert (refused.status_code, refused.json()["code"]) == (403, "api_key_scope_missing")
    assert "`trade`" in refused.json()["message"]
    assert by_key(made(ben, scopes=["trade"])["key"]).post("/holding-accounts", {"name": "New"}).status_code == 201
    assert by_key(made(ben, scopes=["trade"])["key"]).get("/holding-accounts").status_code == 403


def test_no_key_touches_the_account_itself(ben):
    key = by_key(made(ben, scopes=KeyScope.values)["key"])

    for method, path in [
        ("POST", "/users/me/api-keys"), ("GET", "/users/me/api-keys"), ("PATCH", "/users/me"), ("DELETE", "/users/me"),
        ("GET", "/users/me/sessions"), ("POST", "/users/me/password"), ("POST", "/users/me/email"),
        ("GET", "/users/me/export"), ("POST", "/users/logout-everywhere"), ("GET", "/users/me/identities"),
        ("GET", "/admin/projects"),
    ]:  # fmt: skip
        answer = key.request(method, path, {})
        assert (answer.status_code, answer.json()["code"]) == (403, "api_key_scope_missing"), (method, path)


def test_buying_and_retiring_in_one_takes_both_scopes(ben):
    order = {
        "project_id": 1,
        "quantity": "1",
        "currency": "EUR",
        "price_per_credit": "10",
        "retire": {"beneficiary_name": "Somebody", "purpose": "third_party"},
    }
    header = {"Idempotency-Key": "one"}

    one = by_key(made(ben, scopes=["trade"])["key"]).post("/purchases", order, **header)
    both = by_key(made(ben, scopes=["trade", "retire"])["key"]).post("/purchases", order, **header)

    assert (one.status_code, one.json()["code"]) == (403, "api_key_scope_missing")
    assert (both.status_code, both.json()["code"]) == (404, "project_not_found")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda key: key[:-1],
        lambda key: key + "0",
        lambda key: key.replace("cck_", "cck-"),
        lambda key: key.upper(),
        lambda key: key[:21] + ("0" if key[21] != "0" else "1") + key[22:],
        lambda key: key[:4],
        lambda key: key[:4] + "0" * 5_000,
        lambda key: key + " x",
    ],
)
def test_a_key_that_is_none_is_refused_without_a_look_into_the_database(ben, spoil):
    key = made(ben)["key"]
    assert by_key(key).get("/users/me").status_code == 200

    with CaptureQueriesContext(
        connection,
    ) as asked:
        answer = by_key(spoil(key)).get("/users/me")

    assert answer.status_code == 401
    assert len(asked) == 0


def test_the_handle_of_a_key_is_not_enough(ben):
    mine, other = made(ben)["key"], made(ben)["key"]
    mixed = f"{mine[:21]}{other[21:]}"

    answer = by_key(mixed).get("/users/me")

    assert (answer.status_code, answer.json()["code"]) == (401, "api_key_invalid")


@pytest.mark.parametrize("end", ["revoked", "expired", "deactivated", "made staff"])
def test_a_key_ends_with_what_it_rests_on(ben, end, time_machine):
    told = made(ben)
    key = by_key(told["key"])
    assert key.get("/users/me").status_code == 200
    if end == "revoked":
        assert ben.delete(f"/users/me/api-keys/{told['id']}").status_code == 200
    elif end == "expired":
        time_machine.move_to(timezone.now() + timedelta(days=90, seconds=1))
    else:
        User.objects.update(**({"is_active": False} if end == "deactivated" else {"is_staff": True}))

    answers = [key.get("/users/me") for _ in range(3)]

    assert {(a.status_code, a.json()["code"]) for a in answers} == {(401, "api_key_invalid")}
    assert events("api_key.refused") == 1  # and not one for each of a machine's tries


def test_a_key_of_somebody_else_is_not_found(ben):
    told = made(ben)
    thief = buyer_client(email="other@example.org")

    answer = thief.delete(f"/users/me/api-keys/{told['id']}")

    assert (answer.status_code, answer.json()["code"]) == (404, "api_key_not_found")
    assert thief.get("/users/me/api-keys").json() == []
    assert by_key(told["key"]).get("/users/me").status_code == 200


def test_staff_have_no_keys(staff):
    answer = staff("Super Admin").post("/users/me/api-keys", GOOD)

    assert (answer.status_code, answer.json()["code"]) == (403, "staff_account")


def test_a_reset_password_ends_keys_and_a_changed_one_does_not(ben):
    key = by_key(made(ben)["key"])
    password_change(user=ben.user, session=None, current_password=PASSWORD, new_password="a new heron 42")
    assert key.get("/users/me").status_code == 200
    password_forgotten(email="ben@example.org")

    password_reset(token=token_mailed_to("ben@example.org"), password="a newer heron 43")

    assert key.get("/users/me").status_code == 401
    assert ApiKey.objects.get().end_reason == "password"


def test_deactivating_ends_keys_for_good(ben):
    key = by_key(made(ben)["key"])
    chief = person("Super Admin")
    with acting(chief, Entrance.COMMAND):
        staff_update(actor=chief, pk=ben.user.pk, fields={"is_active": False})
        staff_update(actor=chief, pk=ben.user.pk, fields={"is_active": True})

    assert key.get("/users/me").status_code == 401
    assert ApiKey.objects.get().end_reason == "deactivated"


def test_last_use_is_noted_once_a_minute_and_with_its_address(ben, time_machine):
    told = made(ben)
    key = by_key(told["key"])
    key.get("/users/me")
    first = ApiKey.objects.get().last_used_at
    time_machine.move_to(first + timedelta(seconds=59))
    with CaptureQueriesContext(connection) as asked:
        key.get("/users/me")
    assert len(asked) == 1  # key and person
    assert ApiKey.objects.get().last_used_at == first
    time_machine.move_to(first + timedelta(seconds=61))
    key.get("/users/me")

    row = ben.get("/users/me/api-keys").json()[0]
    assert (row["last_used_at"] > told["created_at"], row["last_used_from"]) == (True, "127.0.0.1")
    assert ApiKey.objects.get().last_used_at > first


def test_each_key_has_a_limit_of_its_own(ben, settings):
    one, two = by_key(made(ben)["key"]), by_key(made(ben)["key"])
    settings.RATE_LIMITS = limits_from(["off", "api-key-read=3/h"])

    assert [one.get("/users/me").status_code for _ in range(4)] == [200, 200, 200, 429]
    assert two.get("/users/me").status_code == 200


def test_keys_are_exported_tidied_and_erased(ben, time_machine):
    told = made(ben)
    exported = ben.get("/users/me/export").json()["accounts"]["api_keys"]
    assert [(row["id"], row["name"], row["scopes"]) for row in exported] == [(told["id"], "Nightly report", ["read"])]
    assert ben.delete("/users/me", body={"password": PASSWORD}).status_code == 200
    assert not ApiKey.objects.exists()

    carla = buyer(email="carla@example.org")
    api_key_create(user=carla, password=PASSWORD, name="x", scopes=["read"], days=1)
    time_machine.move_to(timezone.now() + timedelta(days=90))
    accounts_tidy()
    assert ApiKey.objects.count() == 1
    time_machine.move_to(timezone.now() + timedelta(days=2))
    accounts_tidy()
    assert not ApiKey.objects.exists()


def test_the_table_keeps_to_known_scopes_and_whole_ends(ben):
    made(ben)
    for change in ("scopes = '{everything}'", "ended_at = now()", "end_reason = 'revoked'", "name = ''"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE accounts_apikey SET {change}")
