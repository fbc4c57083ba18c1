"""Signing in, going on by refresh token, and ending sessions: one's own, all of them, and a stolen one."""

import base64
import json
from datetime import timedelta
from ipaddress import ip_network

import jwt
import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import RefreshToken, SignInSession
from carboncore.audit.models import Event
from tests.accounts.people.conftest import signed_in
from tests.api_clients import Api
from tests.factories import PASSWORD, buyer, person, staff_token
from tests.mailbox import mails_to

pytestmark = pytest.mark.django_db
PHONE = {"User-Agent": "Phone/1.0", "X-Forwarded-For": "192.0.2.7"}


@pytest.fixture(autouse=True)
def _believe_the_test_client_about_addresses(settings):
    settings.TRUSTED_PROXIES = [ip_network("127.0.0.1/32")]


@pytest.fixture
def ben():
    return buyer(email="ben@example.org", username="ben_1")


def here(**headers):
    return signed_in("ben@example.org", PASSWORD, **headers)


def refresh(token, **headers):
    return Api().post("/users/token/refresh", {"refresh_token": token}, **headers)


def test_signing_in_answers_tokens_as_the_contract_says(ben, api):
    answer = api.post("/api/v1/users/login", {"email": "BEN@example.org", "password": PASSWORD})

    assert answer.status_code == 200
    body = answer.json()
    assert (body["token_type"], body["expires_in"]) == ("bearer", 1800)
    assert set(body) == {"access_token", "token_type", "expires_in", "refresh_token"}
    claims = jwt.decode(body["access_token"], settings.JWT_SIGNING_KEY, algorithms=["HS256"], issuer="carboncore")
    session = SignInSession.objects.get()
    assert (claims["sub"], claims["sid"]) == (str(ben.public_id), str(session.public_id))
    assert claims["exp"] - claims["iat"] == 1800
    assert set(claims) == {"sub", "sid", "iat", "exp", "iss", "jti", "token_type"}
    assert len(base64.urlsafe_b64decode(body["refresh_token"] + "=")) == 32
    assert RefreshToken.objects.get().digest not in body["refresh_token"]
    assert answer["Cache-Control"] == "no-store"


def test_a_signed_in_request_costs_one_statement_for_session_and_person(ben):
    client = here()

    with CaptureQueriesContext(connection) as statements:
        assert client.get("/users/me").status_code == 200

    assert len(statements) == 1


def test_refreshing_exchanges_the_pair(ben):
    client = here()

    answer = refresh(client.tokens["refresh_token"])

    assert answer.status_code == 200
    assert answer.json()["refresh_token"] != client.tokens["refresh_token"]
    assert Api(answer.json()["access_token"]).get("/users/me").status_code == 200
    assert refresh(answer.json()["refresh_token"]).status_code == 200
    assert SignInSession.objects.count() == 1


def test_a_client_that_asks_twice_within_ten_seconds_stays_signed_in(ben):
    client = here(**PHONE)
    first = refresh(client.tokens["refresh_token"], **PHONE)

    second = refresh(client.tokens["refresh_token"], **PHONE)

    assert (first.status_code, second.status_code) == (200, 409)
    assert second.json()["code"] == "refresh_token_used"
    assert "access_token" not in second.json()
    assert refresh(first.json()["refresh_token"], **PHONE).status_code == 200


@pytest.mark.parametrize(
    "thief",
    [
        {"User-Agent": "Phone/1.0", "X-Forwarded-For": "198.51.100.9"},  # another address
        {"User-Agent": "curl/8", "X-Forwarded-For": "192.0.2.7"},  # another program
        "the same client, eleven seconds later",
    ],
)
def test_a_used_refresh_token_that_comes_again_ends_the_whole_family(ben, thief):
    client = here(**PHONE)
    good = refresh(client.tokens["refresh_token"], **PHONE).json()
    if isinstance(thief, str):
        RefreshToken.objects.filter(used_at__isnull=False).update(used_at=timezone.now() - timedelta(seconds=11))
        thief = PHONE

    stolen = refresh(client.tokens["refresh_token"], **thief)

    assert (stolen.status_code, stolen.json()["code"]) == (401, "refresh_token_invalid")
    assert refresh(good["refresh_token"], **PHONE).status_code == 401
    assert Api(good["access_token"]).get("/users/me").status_code == 401
    session = SignInSession.objects.get()
    assert (session.end_reason, session.is_live) == ("reuse", False)
    event = Event.objects.get(action="session.token_reused")
    assert (event.outcome, event.actor_id, event.object_id) == ("refused", ben.pk, str(session.pk))
    (told,) = mails_to("ben@example.org")
    assert told.subject == "We ended one of your sessions"
    assert "Phone/1.0" in told.body


@pytest.mark.parametrize("text", ["", "x" * 43, "x" * 201, 5, None])
def test_what_is_no_refresh_token_is_refused(ben, text):
    answer = refresh(text)

    assert answer.status_code in {400, 401}
    assert SignInSession.objects.count() == 0


def test_a_refresh_token_ends_after_thirty_days_and_the_session_after_ninety(ben, time_machine):
    client = here()
    start = timezone.now()
    time_machine.move_to(start + timedelta(days=30, seconds=1))
    assert refresh(client.tokens["refresh_token"]).status_code == 401

    time_machine.move_to(start)
    token = here().tokens["refresh_token"]
    for days in (29, 58, 87):
        time_machine.move_to(start + timedelta(days=days))
        token = refresh(token).json()["refresh_token"]
    time_machine.move_to(start + timedelta(days=90, seconds=1))
    assert refresh(token).status_code == 401


def test_an_access_token_holds_for_thirty_minutes(ben, time_machine):
    start = timezone.now()
    time_machine.move_to(start, tick=False)
    client = here()

    time_machine.move_to(start + timedelta(minutes=29, seconds=58), tick=False)
    assert client.get("/users/me").status_code == 200
    time_machine.move_to(start + timedelta(minutes=30, seconds=1), tick=False)
    answer = client.get("/users/me")
    assert (answer.status_code, answer.json()["code"]) == (401, "token_expired")


def test_the_list_of_sessions_names_device_address_and_which_one_asks(ben):
    phone = here(**PHONE)
    laptop = here(**{"User-Agent": "Laptop/2.0"})
    signed_in(buyer(email="other@example.org").email, PASSWORD)

    rows = phone.get("/users/me/sessions", **PHONE).json()

    assert [(row["device"], row["ip_address"], row["kind"], row["current"]) for row in rows] == [
        ("Laptop/2.0", "127.0.0.1", "api", False),
        ("Phone/1.0", "192.0.2.7", "api", True),
    ]
    assert set(rows[0]) == {"id", "kind", "device", "ip_address", "created_at", "last_seen_at", "current"}

    assert phone.delete(f"/users/me/sessions/{rows[0]['id']}").status_code == 200
    assert laptop.get("/users/me").status_code == 401
    assert refresh(laptop.tokens["refresh_token"]).status_code == 401
    assert phone.get("/users/me").status_code == 200
    assert phone.delete(f"/users/me/sessions/{rows[0]['id']}").status_code == 404


def test_a_session_of_somebody_else_is_not_found(ben):
    stranger = signed_in(buyer(email="other@example.org").email, PASSWORD)
    session = SignInSession.objects.get()

    answer = here().delete(f"/users/me/sessions/{session.public_id}")

    assert (answer.status_code, answer.json()["code"]) == (404, "session_not_found")
    assert stranger.get("/users/me").status_code == 200


def test_signing_out_ends_the_session_and_signing_out_everywhere_all_of_them(ben):
    one, two, three = here(), here(), here()

    assert one.post("/users/logout").status_code == 200
    assert one.get("/users/me").status_code == 401
    assert refresh(one.tokens["refresh_token"]).status_code == 401
    assert two.get("/users/me").status_code == 200

    assert two.post("/users/logout-everywhere").status_code == 200
    assert [client.get("/users/me").status_code for client in (two, three)] == [401, 401]
    reasons = SignInSession.objects.order_by("pk").values_list("end_reason", flat=True)
    assert list(reasons) == ["logout", "everywhere", "everywhere"]


def test_last_seen_is_written_every_five_minutes_at_most(ben, time_machine):
    client = here()
    start = SignInSession.objects.get().last_seen_at

    time_machine.move_to(start + timedelta(minutes=4))
    client.get("/users/me")
    assert SignInSession.objects.get().last_seen_at == start
    time_machine.move_to(start + timedelta(minutes=6))
    client.get("/users/me", **{"X-Forwarded-For": "192.0.2.9"})

    session = SignInSession.objects.get()
    assert session.last_seen_at - start >= timedelta(minutes=6)
    assert session.ip_address == "192.0.2.9"


@pytest.mark.parametrize("end", ["deactivated", "made staff", "ended", "run out"])
def test_a_token_ends_with_what_it_rests_on(ben, end):
    client = here()
    if end == "deactivated":
        ben.is_active = False
    elif end == "made staff":
        ben.is_staff = True
    elif end == "ended":
        SignInSession.objects.update(ended_at=timezone.now(), end_reason="revoked")
    else:
        SignInSession.objects.update(expires_at=timezone.now())
    ben.save()

    assert client.get("/users/me").status_code == 401
    assert refresh(client.tokens["refresh_token"]).status_code == 401


def test_a_staff_token_hangs_on_a_session_that_can_be_ended():
    clerk = person("Registry Officer")
    client = Api(str(staff_token(clerk)))
    assert client.get("/admin/projects").status_code == 200
    row = client.get("/users/me/sessions").json()[0]
    assert (row["kind"], row["current"]) == ("staff", True)

    assert client.post("/users/logout").status_code == 200
    assert client.get("/admin/projects").status_code == 401
    assert client.get("/admin/validate").json() == {
        "valid": False, "error": "Invalid token", "message": "Invalid token", "code": "token_invalid",
    }  # fmt: skip


def test_a_person_gets_no_rights_of_staff(ben):
    assert here().get("/admin/projects").status_code == 403
    assert here().get("/admin/validate").status_code == 401


def test_five_wrong_passwords_lock_the_email_for_fifteen_minutes(ben, api):
    body = {"email": "ben@example.org", "password": "wrong"}
    assert [api.post("/users/login", body).status_code for _ in range(5)] == [401] * 5

    locked = api.post("/users/login", body | {"password": PASSWORD})

    assert (locked.status_code, locked.json()["code"]) == (429, "sign_in_locked")
    assert 14 * 60 < int(locked["Retry-After"]) <= 15 * 60
    assert Event.objects.filter(action="session.refused").count() == 5
    assert Event.objects.filter(action="session.locked").count() == 1


# --- tokens that must not be believed -----------------------------------------------------------------------


def part(data):
    return base64.urlsafe_b64encode(json.dumps(data).encode()).rstrip(b"=").decode()


KEY = settings.JWT_SIGNING_KEY
FORGERIES = {
    "not signed": lambda claims: f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(claims)}.",
    "another key": lambda claims: jwt.encode(claims, "k" * 64, "HS256"),
    "the session secret as key": lambda claims: jwt.encode(claims, settings.SECRET_KEY, "HS256"),
    "another algorithm": lambda claims: jwt.encode(claims, KEY, "HS512"),
    "a key id of theirs": lambda claims: jwt.encode(claims, "k" * 64, "HS256", headers={"kid": "../../dev/null"}),
    "a key in the header": lambda claims: jwt.encode(claims, "k" * 64, "HS256", headers={"jwk": {"kty": "oct"}}),
    "another issuer": lambda claims: jwt.encode(claims | {"iss": "carboncore-admin"}, KEY, "HS256"),
    "an unknown issuer": lambda claims: jwt.encode(claims | {"iss": "https://id.example.org"}, KEY, "HS256"),
    "no issuer": lambda claims: jwt.encode({k: v for k, v in claims.items() if k != "iss"}, KEY, "HS256"),
    "another kind": lambda claims: jwt.encode(claims | {"token_type": "staff"}, KEY, "HS256"),
    "no session": lambda claims: jwt.encode({k: v for k, v in claims.items() if k != "sid"}, KEY, "HS256"),
    "no person": lambda claims: jwt.encode({k: v for k, v in claims.items() if k != "sub"}, KEY, "HS256"),
    "another person": lambda claims: jwt.encode(claims | {"sub": "0" * 8 + claims["sub"][8:]}, KEY, "HS256"),
    "no end": lambda claims: jwt.encode({k: v for k, v in claims.items() if k != "exp"}, KEY, "HS256"),
    "over": lambda claims: jwt.encode(claims | {"exp": 1_000_000_000}, KEY, "HS256"),
    "claims of another type": lambda claims: jwt.encode(claims | {"sid": ["x"], "sub": {"a": 1}}, KEY, "HS256"),
    "not even JSON": lambda _: "a.b.c",
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_forged_access_tokens_are_refused(ben, forgery):
    client = here()
    claims = jwt.decode(client.tokens["access_token"], options={"verify_signature": False})
    assert Api(jwt.encode(claims, KEY, "HS256")).get("/users/me").status_code == 200  # so it is the forgery

    assert Api(FORGERIES[forgery](claims)).get("/users/me").status_code == 401


def test_a_refresh_token_is_no_bearer_token(ben):
    assert Api(here().tokens["refresh_token"]).get("/users/me").status_code == 401
