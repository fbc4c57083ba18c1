"""`/admin/administrators`: list, invite, switch rights, limit, deactivate; nobody climbs, and somebody can repair."""

import pytest
from django.contrib.auth.models import Group, Permission

from accounts.models import StaffScope, User
from accounts.roles import AUDITOR, PERMISSION_SETS, REGISTRY_OFFICER, REVIEWER, SUPER_ADMIN, VIEWER
from carboncore.audit.models import Event
from registry.models import Standard
from tests.api_clients import Api
from tests.factories import StandardFactory, UserFactory, person, staff_token
from tests.mailbox import mails_to

pytestmark = pytest.mark.django_db
LIST = "/admin/administrators"
OFF = dict.fromkeys(("projects", "standards", "transactions", "types", "delete"), False)


def one(user):
    return f"{LIST}/{user.public_id}"


@pytest.fixture
def chief():
    return person(SUPER_ADMIN, email="chief@example.org")


@pytest.fixture
def client(chief):
    return Api(str(staff_token(chief)))


def stored():
    return (
        sorted(
            map(repr, User.objects.values_list("pk", "email", "full_name", "is_active", "is_staff", "is_superuser"))
        ),
        sorted(map(repr, User.groups.through.objects.values_list("user", "group"))),
        sorted(map(repr, StaffScope.objects.values_list())),
    )


def deputy(*flags):
    """Somebody who may manage accounts, and what else these switches give."""
    return UserFactory(groups=[PERMISSION_SETS[flag] for flag in ("users", *flags)])


def test_staff_are_listed_with_what_they_may_and_people_are_not(client, chief, enrolled):
    officer = enrolled(REGISTRY_OFFICER, email="officer@example.org")
    UserFactory(is_staff=False)

    first, second = client.get(LIST).json()

    assert (first["email"], first["role"], first["permissions"]["users"]) == ("chief@example.org", "SuperAdmin", True)
    assert second | {"created_at": "", "last_login": ""} == {
        "id": str(officer.public_id),
        "email": "officer@example.org",
        "full_name": officer.full_name,
        "role": "RegistryOfficer",
        "permissions": {**OFF, "projects": True, "standards": True, "types": True},
        "countries": [],
        "standards": [],
        "is_active": True,
        "has_second_factor": True,
        "is_invited": False,
        "created_at": "",
        "last_login": "",
    }
    assert client.get(one(officer)).json() == second
    assert client.get(one(chief)).json() == first


def test_an_invited_administrator_gets_the_switches_asked_for_and_a_mail(client):
    StandardFactory(code="GS")
    body = {"email": "New@Example.org", "full_name": "New", "permissions": {"projects": True, "delete": False},
            "countries": ["BR", "PE"], "standards": ["GS"]}  # fmt: skip

    answer = client.post(LIST, body)

    assert answer.status_code == 201
    told = answer.json()["administrator"]
    assert (told["email"], told["role"], told["is_invited"]) == ("new@example.org", "", True)
    assert told["permissions"] == {**OFF, "projects": True}
    assert (told["countries"], told["standards"]) == (["BR", "PE"], ["GS"])
    assert len(mails_to("new@example.org")) == 1


@pytest.mark.parametrize("flag", ["projects", "standards", "transactions", "types", "delete"])
def test_each_switch_gives_its_right_and_takes_it_away(client, flag):
    user = UserFactory()

    on = client.put(one(user), {"permissions": {flag: True}})
    off = client.patch(one(user), {"permissions": {flag: False}})

    assert on.json()["permissions"] == {**OFF, flag: True}
    assert off.json()["permissions"] == OFF


def test_the_switch_for_users_makes_no_super_admin(client):
    user = UserFactory()

    told = client.put(one(user), {"permissions": {"users": True}}).json()

    assert told["permissions"] == {**OFF, "users": True}
    assert told["role"] == ""


def test_a_role_replaces_the_one_before_and_keeps_groups_of_ones_own(client):
    own = Group.objects.create(name="Night watch")
    user = person(VIEWER)
    user.groups.add(own)

    told = client.patch(one(user), {"role": "Reviewer", "permissions": {"types": True}}).json()

    assert told["role"] == "Reviewer"
    assert {group.name for group in user.groups.all()} == {REVIEWER, "Night watch", PERMISSION_SETS["types"]}
    changes = Event.objects.get(action="staff.changed").changes
    assert changes["groups"] == [["Night watch", VIEWER], [PERMISSION_SETS["types"], "Night watch", REVIEWER]]


def test_what_a_role_brings_cannot_be_switched_off_beside_it(client):
    user = person(REGISTRY_OFFICER)
    before = stored()

    answer = client.patch(one(user), {"permissions": {"projects": False}})

    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == {"permissions"}
    assert stored() == before


def test_deactivating_keeps_the_account_and_can_be_undone(client):
    user = person(VIEWER)
    theirs = Api(str(staff_token(user)))

    assert client.delete(one(user)).json() == {"success": True, "message": "Administrator deactivated"}

    assert theirs.get("/admin/validate").status_code == 401
    assert client.get(one(user)).json()["is_active"] is False
    assert client.patch(one(user), {"is_active": True}).json()["is_active"] is True


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"email": "none"}, {"email"}),
        ({"email": "chief@example.org"}, {"email"}),
        ({}, {"email"}),
        ({"email": "new@example.org", "role": "Emperor"}, {"role"}),
        ({"email": "new@example.org", "permissions": {"everything": True}}, {"permissions.everything"}),
        ({"email": "new@example.org", "permissions": {"users": "yes please"}}, {"permissions.users"}),
        ({"email": "new@example.org", "countries": ["XX"]}, {"countries"}),
        ({"email": "new@example.org", "standards": ["NONE"]}, {"standards"}),
        ({"email": "new@example.org", "countries": "BR"}, {"countries"}),
        ({"email": "new@example.org", "is_superuser": True}, {"is_superuser"}),
        ({"email": "new@example.org", "is_staff": True}, {"is_staff"}),
        ({"email": "new@example.org\r\nBcc: other@example.org"}, {"email"}),
        ({"email": "new@example.org", "full_name": "x" * 151}, {"full_name"}),
    ],
)
def test_a_bad_invitation_is_refused_by_field_and_nobody_is_made(client, body, named):
    before = stored()

    answer = client.post(LIST, body)

    assert (answer.status_code, set(answer.json()["errors"])) == (400, named)
    assert stored() == before


@pytest.mark.parametrize("method", ["put", "patch"])
@pytest.mark.parametrize("field", ["is_superuser", "is_staff", "password", "email", "groups", "id"])
def test_nothing_else_can_be_smuggled_in(client, method, field):
    user, before = person(VIEWER), None
    before = stored()

    answer = getattr(client, method)(one(user), {field: True})

    assert (answer.status_code, set(answer.json()["errors"])) == (400, {field})
    assert stored() == before


@pytest.mark.parametrize("role", [REGISTRY_OFFICER, REVIEWER, AUDITOR, VIEWER, ""])
def test_others_see_and_change_nothing(role):
    client, target = Api(str(staff_token(person(role)))), person(VIEWER)
    before = stored()

    answers = [
        client.get(LIST), client.post(LIST, {"email": "new@example.org"}), client.get(one(target)),
        client.put(one(target), {"role": "SuperAdmin"}), client.delete(one(target)),
        client.post(f"{one(target)}/invite"), client.post(f"{one(target)}/reset-factors", {"reason": "x"}),
    ]  # fmt: skip

    assert {answer.status_code for answer in answers} == {403}
    assert stored() == before


def test_nobody_raises_their_own_rights_or_limits(client, chief):
    own = deputy()
    theirs = Api(str(staff_token(own)))
    StaffScope.objects.create(user=own, countries=["BR"])
    before = stored()

    refused = [
        theirs.patch(one(own), {"permissions": {"delete": True}}),
        theirs.patch(one(own), {"role": "SuperAdmin"}),
        theirs.patch(one(own), {"countries": []}),
        theirs.delete(one(own)),
        client.patch(one(chief), {"role": "Viewer"}),
        client.delete(one(chief)),
    ]

    assert {answer.status_code for answer in refused} == {403}
    assert stored() == before


def test_a_deputy_gives_only_what_they_hold(chief):
    actor = deputy("types")
    theirs, target = Api(str(staff_token(actor))), UserFactory()

    given = theirs.patch(one(target), {"permissions": {"types": True}})
    before = stored()
    refused = [
        theirs.patch(one(target), {"permissions": {"delete": True}}),
        theirs.patch(one(target), {"role": "SuperAdmin"}),
        theirs.post(LIST, {"email": "climber@example.org", "role": "RegistryOfficer"}),
        theirs.delete(one(chief)),
        theirs.post(f"{one(target)}/reset-factors", {"reason": "x"}),
    ]

    assert given.status_code == 200
    assert {answer.status_code for answer in refused} == {403}
    assert stored() == before


def test_a_limited_deputy_gives_no_wider_limits(chief):
    actor, target, free = deputy(), UserFactory(), UserFactory()
    StaffScope.objects.create(user=actor, countries=["BR", "PE"])
    StaffScope.objects.create(user=target, countries=["BR"])
    theirs = Api(str(staff_token(actor)))

    assert theirs.patch(one(target), {"countries": ["PE"]}).json()["countries"] == ["PE"]
    before = stored()
    refused = [
        theirs.patch(one(target), {"countries": ["CO"]}),
        theirs.patch(one(target), {"countries": []}),
        theirs.post(LIST, {"email": "wide@example.org"}),
        theirs.patch(one(free), {"full_name": "Mine"}),
    ]

    assert {answer.status_code for answer in refused} == {403}
    assert stored() == before
    assert theirs.post(LIST, {"email": "near@example.org", "countries": ["PE"]}).status_code == 201


def test_a_super_admin_has_no_limits(client):
    other = person(SUPER_ADMIN)

    answer = client.patch(one(other), {"countries": ["BR"]})

    assert (answer.status_code, set(answer.json()["errors"])) == (400, {"countries"})
    assert not StaffScope.objects.exists()


def test_the_last_super_admin_stays(chief):
    everything = Group.objects.create(name="All but the name")
    everything.permissions.set(Permission.objects.all())
    actor = UserFactory(groups=["All but the name"])
    before = stored()

    answer = Api(str(staff_token(actor))).delete(one(chief))

    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert stored() == before


def test_an_id_of_nobody_or_of_a_person_is_not_found(client):
    somebody = UserFactory(is_staff=False)
    for address in (one(somebody), f"{LIST}/0f0e0d0c-0b0a-4908-8706-050403020100"):
        assert client.get(address).status_code == 404
        assert client.patch(address, {"full_name": "x"}).status_code == 404
        assert client.delete(address).status_code == 404


def test_factors_are_reset_over_the_api_with_a_reason(client, enrolled):
    user = enrolled()

    assert client.post(f"{one(user)}/reset-factors", {}).status_code == 400
    assert client.post(f"{one(user)}/reset-factors", {"reason": "Lost the phone"}).status_code == 200

    assert client.get(one(user)).json()["has_second_factor"] is False
    assert client.post(f"{one(user)}/reset-factors", {"reason": "Again"}).status_code == 409


def test_standards_of_limits_are_those_of_the_catalogue(client):
    code = StandardFactory().code
    user = UserFactory()

    assert client.patch(one(user), {"standards": [code]}).json()["standards"] == [code]
    assert Standard.objects.filter(code=code).exists()
