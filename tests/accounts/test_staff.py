"""Staff accounts and groups: nobody gives or takes over what they do not hold, and somebody can always repair."""

import pytest
from django.contrib.auth.models import Group, Permission

from accounts.models import User
from accounts.roles import REGISTRY_OFFICER, REVIEWER, SUPER_ADMIN, VIEWER
from accounts.services import (
    group_save,
    groups_givable_by,
    sign_in,
    staff_create,
    staff_password_set,
    staff_update,
)
from carboncore.common.errors import InvalidInput, NotAllowed, NotFound, StateConflict
from tests.factories import PASSWORD, UserFactory, person

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "eleven loud geese in the reeds"


def group(name):
    return Group.objects.get(name=name)


def clerk():
    """Somebody who may manage accounts but holds little else: a group that a super admin made."""
    deputies = Group.objects.create(name="Deputies")
    codes = ["add_user", "change_user", "view_user"]
    deputies.permissions.set([*Permission.objects.filter(codename__in=codes), *group(VIEWER).permissions.all()])
    return UserFactory(groups=["Deputies"])


def as_stored(user):
    return User.objects.filter(pk=user.pk).values().get(), {*user.groups.values_list("name", flat=True)}


# --- making accounts ----------------------------------------------------------------------------------


def test_a_super_admin_makes_an_officer_who_can_sign_in():
    user = staff_create(
        actor=person(SUPER_ADMIN), email=" Officer@Example.org", groups=[group(REGISTRY_OFFICER)], password=PASSWORD
    )

    assert sign_in(email="officer@example.org", password=PASSWORD, ip_address=None) == user
    assert (user.is_staff, user.is_superuser) == (True, False)
    assert [g.name for g in user.groups.all()] == [REGISTRY_OFFICER]


def test_without_a_password_nobody_can_sign_in():
    assert not staff_create(actor=person(SUPER_ADMIN), email="later@example.org").has_usable_password()


@pytest.mark.parametrize("role", [REGISTRY_OFFICER, REVIEWER, VIEWER, ""])
def test_nobody_else_makes_changes_or_takes_over_accounts(role):
    actor, other = person(role), person(VIEWER)
    before = as_stored(other)

    for action in (
        lambda: staff_create(actor=actor, email="new@example.org"),
        lambda: staff_update(actor=actor, pk=other.pk, fields={"full_name": "Somebody"}),
        lambda: staff_password_set(actor=actor, pk=other.pk, password=NEW_PASSWORD),
        lambda: group_save(actor=actor, pk=None, name="Mine", permissions=[]),
    ):
        with pytest.raises(NotAllowed):
            action()

    assert as_stored(other) == before
    assert User.objects.count() == 2


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"email": "none"}, {"email"}), ({"email": "TAKEN@example.org"}, {"email"}), ({"email": ""}, {"email"}),
        ({"password": "short"}, {"password"}), ({"password": "1234567890123"}, {"password"}),
        ({"full_name": "x" * 151}, {"full_name"}),
    ],
)  # fmt: skip
def test_a_bad_account_is_refused_by_field(fields, named):
    UserFactory(email="taken@example.org")
    actor = person(SUPER_ADMIN)

    with pytest.raises(InvalidInput) as caught:
        staff_create(actor=actor, **{"email": "new@example.org", **fields})

    assert set(caught.value.errors) == named
    assert User.objects.count() == 2


# --- nobody climbs ------------------------------------------------------------------------------------


def test_a_deputy_gives_only_groups_whose_every_permission_they_hold():
    actor = clerk()

    assert {g.name for g in groups_givable_by(actor)} == {VIEWER, "Deputies"}
    assert staff_create(actor=actor, email="new@example.org", groups=[group(VIEWER)]).pk
    for name in (SUPER_ADMIN, REGISTRY_OFFICER):
        with pytest.raises(NotAllowed):
            staff_create(actor=actor, email="climber@example.org", groups=[group(name)])
    assert not User.objects.filter(email="climber@example.org").exists()


@pytest.mark.parametrize("active", [True, False], ids=["active", "deactivated"])
def test_a_deputy_cannot_take_over_an_account_above_them_even_a_sleeping_one(active):
    actor, chief = clerk(), person(SUPER_ADMIN, is_active=active)
    before = as_stored(chief)

    for action in (
        lambda: staff_password_set(actor=actor, pk=chief.pk, password=NEW_PASSWORD),
        lambda: staff_update(actor=actor, pk=chief.pk, fields={"is_active": True}),
        lambda: staff_update(actor=actor, pk=chief.pk, fields={"email": "mine@example.org"}),
        lambda: staff_update(actor=actor, pk=chief.pk, fields={}, groups=[]),
    ):
        with pytest.raises(NotAllowed):
            action()

    assert as_stored(chief) == before


def test_a_sleeping_superuser_cannot_be_taken_over_either():
    actor, root = clerk(), UserFactory(is_superuser=True, is_active=False)

    with pytest.raises(NotAllowed):
        staff_password_set(actor=actor, pk=root.pk, password=NEW_PASSWORD)


def test_a_deputy_makes_no_group_above_them():
    actor = clerk()
    Group.objects.get(name="Deputies").permissions.add(*Permission.objects.filter(codename="add_group"))
    actor = User.objects.get(pk=actor.pk)

    with pytest.raises(NotAllowed, match=r"registry\.delete_project"):
        group_save(actor=actor, pk=None, name="Above", permissions=Permission.objects.filter(codename="delete_project"))

    assert not Group.objects.filter(name="Above").exists()


@pytest.mark.parametrize("field", ["is_superuser", "password", "public_id", "groups"])
def test_nothing_but_the_named_fields_can_be_set(field):
    with pytest.raises(InvalidInput) as caught:
        staff_update(actor=person(SUPER_ADMIN), pk=person(VIEWER).pk, fields={field: True})

    assert caught.value.errors == {field: ["This cannot be set here."]}


# --- somebody can always repair -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "change", [{"fields": {"is_active": False}}, {"fields": {"is_staff": False}}, {"fields": {}, "groups": []}]
)
def test_nobody_locks_themselves_out(change):
    chief = person(SUPER_ADMIN)

    with pytest.raises(NotAllowed):
        staff_update(actor=chief, pk=chief.pk, **change)


def test_the_last_active_super_admin_stays():
    last, actor = person(SUPER_ADMIN), UserFactory(is_superuser=True)
    User.objects.filter(pk=actor.pk).update(is_staff=False)

    with pytest.raises(StateConflict, match="the last active super admin"):
        staff_update(actor=actor, pk=last.pk, fields={"is_active": False})

    last.refresh_from_db()
    assert last.is_active


def test_one_of_two_super_admins_can_be_deactivated_and_given_back():
    actor, other = person(SUPER_ADMIN), person(SUPER_ADMIN)

    assert not staff_update(actor=actor, pk=other.pk, fields={"is_active": False}).is_active
    assert staff_update(actor=actor, pk=other.pk, fields={"is_active": True}).is_active


def test_a_person_sets_their_own_password():
    user = person(VIEWER)

    staff_password_set(actor=user, pk=user.pk, password=NEW_PASSWORD)

    assert sign_in(email=user.email, password=NEW_PASSWORD, ip_address=None) == user


def test_built_in_groups_belong_to_the_program():
    with pytest.raises(NotAllowed, match="belong to the program"):
        group_save(actor=UserFactory(is_superuser=True), pk=group(VIEWER).pk, name="Guests", permissions=[])


def test_what_is_not_there_is_not_found():
    actor = UserFactory(is_superuser=True)
    for action in (
        lambda: staff_update(actor=actor, pk=0, fields={}),
        lambda: staff_password_set(actor=actor, pk=0, password=NEW_PASSWORD),
        lambda: group_save(actor=actor, pk=0, name="x", permissions=[]),
    ):
        with pytest.raises(NotFound):
            action()
