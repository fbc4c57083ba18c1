"""Signing in by an outside provider's tokens: who is let in as whom, and what is done about taking accounts over."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import ExternalIdentity, Registration, User
from accounts.services import password_forgotten, password_reset, person_erase
from carboncore.audit.models import Event
from tests.accounts.people.conftest import ANNA, signed_in
from tests.api_clients import Api, buyer_client
from tests.factories import PASSWORD, buyer, person
from tests.mailbox import last_mail, token_mailed_to

pytestmark = pytest.mark.django_db


def olga(**fields):
    return buyer(**{"email": "olga@example.org", "username": "olga_1", **fields})


def events(action):
    return Event.objects.filter(action=action).count()


def everything():
    return (
        list(User.objects.order_by("pk").values_list("pk", "email", "username", "password", "is_active")),
        list(ExternalIdentity.objects.values_list("pk", "user", "unlinked_at")),
    )


def not_linked(answer):
    return (answer.status_code, answer.json()["code"]) == (403, "identity_not_linked")


def test_a_new_person_gets_an_account_and_a_mail(issuer):
    client = Api(issuer.token(preferred_username="olga_9", name="Olga Nyberg"))

    answer = client.get("/users/me")

    assert answer.status_code == 200
    told = answer.json()
    assert (told["email"], told["username"], told["full_name"]) == ("olga@example.org", "olga_9", "Olga Nyberg")
    assert (told["roles"], told["is_active"]) == (["buyer"], True)
    assert told["email_confirmed_at"] is not None
    assert not User.objects.get().has_usable_password()
    assert issuer.url in last_mail("olga@example.org").body
    assert (events("identity.linked"), events("user.registered"), events("user.email_proven")) == (1, 1, 1)
    assert client.get("/users/me").json()["id"] == told["id"]
    assert ExternalIdentity.objects.count() == 1


@pytest.mark.parametrize("proposed", ["admin", "ab", "Ольга", "olga_1", ""])
def test_a_username_that_will_not_do_is_replaced(issuer, proposed):
    buyer(email="other@example.org", username="Olga_1")

    name = Api(issuer.token(preferred_username=proposed)).get("/users/me").json()["username"]

    assert name.startswith("user_")
    assert len(name) == 21


def test_a_waiting_registration_of_the_email_is_gone(issuer, api):
    api.post("/users/register", {**ANNA, "email": "olga@example.org"})

    assert Api(issuer.token()).get("/users/me").status_code == 200

    assert not Registration.objects.exists()


def test_an_account_with_the_same_confirmed_email_is_linked(issuer):
    account = olga()

    answer = Api(issuer.token()).get("/users/me")

    assert answer.json()["id"] == str(account.public_id)
    identity = ExternalIdentity.objects.get()
    assert (identity.user, identity.issuer, identity.subject) == (account, issuer.url, "subject-1")
    assert issuer.url in last_mail("olga@example.org").body
    assert signed_in("olga@example.org", PASSWORD).get("/users/me").status_code == 200


def test_once_linked_it_is_the_subject_that_counts_whatever_the_email(issuer):
    account = olga()
    Api(issuer.token()).get("/users/me")
    other = buyer(email="other@example.org")

    answer = Api(issuer.token(email="other@example.org")).get("/users/me")
    later = Api(issuer.token(email=None, email_verified=None)).get("/users/me")

    assert [answer.json()["id"], later.json()["id"]] == [str(account.public_id)] * 2
    assert not other.external_identities.exists()


@pytest.mark.parametrize("case", ["unverified", "no email", "not trusted"])
def test_without_a_verified_email_nobody_is_linked_or_made(issuer, settings, case):
    olga()
    changes = {"unverified": {"email_verified": False}, "no email": {"email": None}}.get(case, {})
    if case == "not trusted":
        settings.OIDC_ISSUERS = {issuer.url: replace(settings.OIDC_ISSUERS[issuer.url], trust_email=False)}
    before = everything()

    answers = [Api(issuer.token(**changes)).get("/users/me") for _ in range(3)]

    assert all(not_linked(answer) for answer in answers)
    assert everything() == before
    assert events("identity.refused") == 1  # and not one for every request


@pytest.mark.parametrize("case", ["unconfirmed", "staff", "deactivated", "second subject"])
def test_an_account_is_not_taken_over_by_its_email(issuer, case):
    if case == "unconfirmed":  # whoever registered it may not be who reads its mail
        olga(email_confirmed_at=None)
    elif case == "staff":
        person("Super Admin", email="olga@example.org")
    elif case == "deactivated":
        olga(is_active=False)
    else:
        olga()
        assert Api(issuer.token()).get("/users/me").status_code == 200
    before = everything()

    answer = Api(issuer.token(sub="subject-2")).get("/users/me")

    assert not_linked(answer)
    assert everything() == before


@pytest.mark.parametrize("change", ["deactivated", "made staff"])
def test_a_linked_account_that_may_not_sign_in_is_refused(issuer, change):
    account = olga()
    client = Api(issuer.token())
    assert client.get("/users/me").status_code == 200
    User.objects.filter(pk=account.pk).update(
        **({"is_active": False} if change == "deactivated" else {"is_staff": True})
    )

    assert client.get("/users/me").status_code == 401
    assert client.get("/admin/projects").status_code == 401
    assert events("identity.refused") == 1


def test_an_outside_token_is_nobody_to_the_staff_api(issuer):
    client = Api(issuer.token())

    assert client.get("/admin/projects").status_code == 403
    assert client.get("/admin/validate").status_code == 401


def test_an_expired_token_that_is_replayed_says_so(issuer, time_machine):
    client = Api(issuer.token())
    assert client.get("/users/me").status_code == 200
    time_machine.move_to(timezone.now() + timedelta(seconds=361))

    answer = client.get("/users/me")

    assert (answer.status_code, answer.json()["code"]) == (401, "token_expired")
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'


def test_when_the_keys_cannot_be_had_it_is_the_servers_fault_and_not_the_callers(issuer):
    issuer.is_down = True

    answer = Api(issuer.token()).get("/users/me")

    assert (answer.status_code, answer.json()["code"]) == (503, "identity_provider_unreachable")
    assert answer["Retry-After"] == "30"


def test_an_issuer_that_is_not_configured_is_nobody(issuer, settings):
    settings.OIDC_ISSUERS = {}

    assert Api(issuer.token()).get("/users/me").status_code == 401
    assert issuer.asked == []


def test_last_use_is_noted_once_a_minute(issuer, time_machine):
    client = Api(issuer.token(exp=4_000_000_000))
    client.get("/users/me")
    first = ExternalIdentity.objects.get().last_used_at
    time_machine.move_to(first.timestamp() + 59)
    client.get("/users/me")
    assert ExternalIdentity.objects.get().last_used_at == first
    time_machine.move_to(first.timestamp() + 61)
    client.get("/users/me")
    assert ExternalIdentity.objects.get().last_used_at > first


# --- linking and unlinking by oneself


def test_linking_takes_the_password_and_the_token(issuer):
    client = buyer_client(email="ben@example.org", password=PASSWORD)
    token = issuer.token(email=None, email_verified=None)

    wrong = client.post("/users/me/identities", {"token": token, "password": "wrong"})
    junk = client.post("/users/me/identities", {"token": "x.y.z", "password": PASSWORD})
    assert (wrong.status_code, set(wrong.json()["errors"])) == (400, {"password"})
    assert (junk.status_code, set(junk.json()["errors"])) == (400, {"token"})
    assert not ExternalIdentity.objects.exists()

    linked = client.post("/users/me/identities", {"token": token, "password": PASSWORD})

    assert linked.status_code == 201
    assert set(linked.json()) == {"id", "issuer", "subject", "email", "linked_at", "last_used_at"}
    assert Api(token).get("/users/me").json()["email"] == "ben@example.org"
    assert [row["subject"] for row in client.get("/users/me/identities").json()] == ["subject-1"]


def test_an_identity_of_somebody_else_cannot_be_linked_or_unlinked(issuer):
    Api(issuer.token()).get("/users/me")
    thief = buyer_client(email="ben@example.org", password=PASSWORD)
    before = everything()

    taken = thief.post("/users/me/identities", {"token": issuer.token(), "password": PASSWORD})
    gone = thief.delete(f"/users/me/identities/{ExternalIdentity.objects.get().public_id}")

    assert (taken.status_code, taken.json()["code"]) == (409, "identity_taken")
    assert (gone.status_code, gone.json()["code"]) == (404, "identity_not_found")
    assert everything() == before


def test_what_was_unlinked_stays_so_until_its_owner_links_it_again(issuer):
    client = buyer_client(email="olga@example.org", password=PASSWORD)
    outside = Api(issuer.token())
    assert outside.get("/users/me").status_code == 200
    address = f"/users/me/identities/{client.get('/users/me/identities').json()[0]['id']}"

    assert client.delete(address).status_code == 200
    assert client.delete(address).status_code == 404
    assert client.get("/users/me/identities").json() == []
    assert not_linked(outside.get("/users/me"))
    assert not_linked(Api(issuer.token(sub="subject-2")).get("/users/me"))

    assert client.post("/users/me/identities", {"token": issuer.token(), "password": PASSWORD}).status_code == 201
    assert outside.get("/users/me").status_code == 200


def test_the_last_way_in_is_not_unlinked(issuer):
    client = Api(issuer.token())
    address = f"/users/me/identities/{client.get('/users/me/identities').json()[0]['id']}"

    answer = client.delete(address)

    assert (answer.status_code, answer.json()["code"]) == (409, "last_way_in")
    assert client.get("/users/me").status_code == 200


def test_who_has_no_password_is_told_to_choose_one(issuer):
    client = Api(issuer.token())

    answer = client.delete("/users/me", body={"password": "x"})

    assert answer.status_code == 400
    assert "no password yet" in answer.json()["errors"]["password"][0]


def test_a_reset_unlinks_what_the_accounts_email_does_not_vouch_for(issuer):
    client = buyer_client(email="olga@example.org", password=PASSWORD)
    assert Api(issuer.token()).get("/users/me").status_code == 200
    foreign = issuer.token(sub="subject-2", email="thief@example.org")
    assert client.post("/users/me/identities", {"token": foreign, "password": PASSWORD}).status_code == 201
    password_forgotten(email="olga@example.org")

    password_reset(token=token_mailed_to("olga@example.org"), password="a new heron 42")

    assert not_linked(Api(foreign).get("/users/me"))
    assert Api(issuer.token()).get("/users/me").status_code == 200


def test_who_was_erased_is_forgotten_and_does_not_come_back_by_itself(issuer):
    account = olga()
    client = Api(issuer.token())
    exported = client.get("/users/me/export").json()["accounts"]["external_identities"]
    assert [(row["issuer"], row["subject"]) for row in exported] == [(issuer.url, "subject-1")]

    person_erase(user=account, password=PASSWORD)

    identity = ExternalIdentity.objects.get()
    assert (identity.issuer, identity.subject, identity.email) == ("", "", "")
    assert client.get("/users/me").status_code == 401
    assert User.objects.count() == 1
    again = buyer_client(email="olga@example.org", password=PASSWORD)
    assert again.post("/users/me/identities", {"token": issuer.token(), "password": PASSWORD}).status_code == 201
    assert client.get("/users/me").json()["id"] == str(again.user.public_id)


def test_a_token_from_outside_has_no_session_to_end(issuer):
    client = Api(issuer.token())

    assert client.get("/users/me/sessions").json() == []
    assert client.post("/users/logout").status_code == 200
    assert client.get("/users/me").status_code == 200
