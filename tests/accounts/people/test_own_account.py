"""One's own account over the API, what others see of a person, and the roles that staff grant."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.errors import PersonNotFound
from accounts.models import OneTimeLink, RefreshToken, Registration, SignInAttempt, SignInSession, User
from accounts.roles import REGISTRY_OFFICER, SUPER_ADMIN, TRANSACTIONS_OFFICER, VIEWER
from accounts.services import accounts_tidy, person_roles_set
from carboncore.audit.models import Event
from carboncore.common.errors import InvalidInput, NotAllowed
from tests.accounts.people.conftest import signed_in
from tests.api_clients import Api
from tests.factories import PASSWORD, buyer, person
from tests.mailbox import last_mail, mails_to

pytestmark = pytest.mark.django_db
PUBLIC = {"id", "username", "created_at"}
FULL = PUBLIC | {"email", "is_active", "full_name", "roles", "email_confirmed_at"}


@pytest.fixture
def ben():
    return buyer(email="ben@example.org", username="ben_1", full_name="Ben Heron")


@pytest.fixture
def me(ben):
    return signed_in("ben@example.org", PASSWORD)


def test_my_own_account(me, ben):
    body = me.get("/api/v1/users/me").json()

    assert set(body) == FULL
    assert (body["id"], body["email"], body["username"], body["full_name"], body["roles"], body["is_active"]) == (
        str(ben.public_id), "ben@example.org", "ben_1", "Ben Heron", ["buyer"], True,
    )  # fmt: skip


def test_changing_username_and_name(me, ben):
    answer = me.patch("/users/me", {"username": "Ben_2", "full_name": "  B. Heron "})

    assert (answer.status_code, answer.json()["username"], answer.json()["full_name"]) == (200, "Ben_2", "B. Heron")
    assert me.patch("/users/me", {}).json()["username"] == "Ben_2"
    assert me.patch("/users/me", {"username": "BEN_2"}).status_code == 200  # one's own, in other letters
    event = Event.objects.filter(action="user.changed").order_by("pk").first()
    assert event.changes == {"username": "changed", "full_name": "changed"}


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"is_staff": True}, {"is_staff"}),
        ({"role": "staff"}, {"role"}),
        ({"roles": ["verifier"]}, {"roles"}),
        ({"balance": 1_000, "is_superuser": True, "groups": [1]}, {"balance", "is_superuser", "groups"}),
        ({"email": "x@example.org"}, {"email"}),
        ({"password": "x"}, {"password"}),
        ({"id": "x", "public_id": "x"}, {"id", "public_id"}),
        ({"username": "аdmin_1"}, {"username"}),
        ({"username": "admin"}, {"username"}),
        ({"username": ""}, {"username"}),
        ({"full_name": "two\nlines"}, {"full_name"}),
        ({"full_name": "x" * 151}, {"full_name"}),
    ],
)
def test_what_may_not_be_changed_is_named_and_nothing_changes(me, body, fields):
    before = User.objects.values().get()

    answer = me.patch("/users/me", body)

    assert (answer.status_code, set(answer.json()["errors"])) == (400, fields)
    after = User.objects.values().get()
    assert after == before


def test_a_taken_username_is_a_conflict(me, ben):
    buyer(username="taken_1")

    assert me.patch("/users/me", {"username": "TAKEN_1"}).json()["code"] == "username_taken"
    ben.refresh_from_db()
    assert ben.username == "ben_1"


def test_everybody_sees_the_public_fields_and_the_owner_and_staff_all(me, ben, staff):
    path = f"/api/v1/users/{ben.public_id}"
    stranger = signed_in(buyer(email="other@example.org").email, PASSWORD)

    assert set(Api().get(path).json()) == PUBLIC
    assert set(stranger.get(path).json()) == PUBLIC
    assert set(me.get(path).json()) == FULL
    assert set(staff(VIEWER).get(path).json()) == PUBLIC
    assert Event.objects.filter(action="user.personal_data_read").count() == 0
    clerk = staff(REGISTRY_OFFICER)
    assert set(clerk.get(path).json()) == FULL
    event = Event.objects.get(action="user.personal_data_read")
    assert (event.actor_id, event.object_id) == (clerk.user.pk, str(ben.pk))


@pytest.mark.parametrize("who", ["nobody", "staff", "deactivated", "nameless"])
def test_who_is_no_public_person_is_not_found(who):
    found = {
        "nobody": lambda: None,
        "staff": lambda: person(TRANSACTIONS_OFFICER, username="clerk_1"),
        "deactivated": lambda: buyer(is_active=False),
        "nameless": lambda: buyer(username=""),
    }[who]()
    number = found.public_id if found else "0f0e0d0c-0b0a-4908-8706-050403020100"

    answer = Api().get(f"/users/{number}")

    assert (answer.status_code, answer.json()["code"]) == (404, "person_not_found")


# --- roles ---------------------------------------------------------------------------------------------


def test_staff_grant_and_take_roles_and_the_person_is_told(ben):
    boss = person(SUPER_ADMIN)

    person_roles_set(actor=boss, pk=ben.pk, roles=["verifier", "seller"])
    person_roles_set(actor=boss, pk=ben.pk, roles=["verifier"])
    person_roles_set(actor=boss, pk=ben.pk, roles=["verifier"])

    ben.refresh_from_db()
    assert ben.roles == ["buyer", "verifier"]
    events = Event.objects.filter(action__startswith="user.role").order_by("pk")
    assert [(event.action, event.note, event.actor_id) for event in events] == [
        ("user.role_given", "seller, verifier", boss.pk),
        ("user.role_taken", "seller", boss.pk),
    ]
    assert len(mails_to("ben@example.org")) == 2
    assert "You are no longer: Seller." in last_mail("ben@example.org").body


@pytest.mark.parametrize("role", [REGISTRY_OFFICER, VIEWER, ""])
def test_who_may_not_change_users_grants_no_roles(ben, role):
    with pytest.raises(NotAllowed):
        person_roles_set(actor=person(role), pk=ben.pk, roles=["verifier"])
    ben.refresh_from_db()
    assert ben.roles == ["buyer"]


def test_nobody_grants_themselves_a_role_nor_one_that_there_is_not(ben):
    boss = person(SUPER_ADMIN)

    with pytest.raises(NotAllowed, match="yourself"):
        person_roles_set(actor=boss, pk=boss.pk, roles=["verifier"])
    for role in ("staff", "buyer", "king"):
        with pytest.raises(InvalidInput):
            person_roles_set(actor=boss, pk=ben.pk, roles=[role])
    with pytest.raises(PersonNotFound):
        person_roles_set(actor=boss, pk=0, roles=["verifier"])


def test_what_has_run_out_is_tidied_away(ben, me, time_machine):
    fields = {"email": "a@example.org", "username": "aaa_1", "password": "nine quiet herons 9"}
    Api().post("/users/register", fields)
    Api().post("/users/password/forgotten", {"email": "ben@example.org"})
    models = (Registration, OneTimeLink, SignInSession, RefreshToken, SignInAttempt)
    assert accounts_tidy() == 0
    assert [model.objects.count() for model in models] == [1, 1, 1, 1, 1]

    time_machine.move_to(timezone.now() + timedelta(hours=25))
    accounts_tidy()
    assert [model.objects.count() for model in models] == [0, 0, 1, 1, 1]

    time_machine.move_to(timezone.now() + timedelta(days=181))
    accounts_tidy()
    assert [model.objects.count() for model in models] == [0, 0, 0, 0, 0]
