"""Staff accounts: nobody gives what they do not hold, nobody locks themselves or everybody out."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse

from accounts.models import User
from accounts.roles import REGISTRY_OFFICER, REVIEWER, SUPER_ADMIN, VIEWER
from accounts.services import sign_in, sign_in_lock_seconds
from carboncore.audit.models import Event
from tests.admin.pages import form_values, read_page, text_of
from tests.factories import PASSWORD, UserFactory, person

pytestmark = pytest.mark.django_db
FORM = "user_form"
ADD = "/staff/accounts/user/add/"


def _page(user):
    return reverse("admin:accounts_user_change", args=[user.pk])


def _group(name):
    return Group.objects.get(name=name)


def _edit(client, user, **changes):
    values = form_values(client.get(_page(user)), FORM)
    for name, value in changes.items():
        if value is None:
            values.pop(name, None)
        else:
            values[name] = value
    return client.post(_page(user), values)


def _people_manager(as_role):
    """Somebody who may change accounts but is no super admin: an officer with that right beside."""
    client = as_role(REGISTRY_OFFICER)
    rights = Permission.objects.filter(codename__in=["add_user", "change_user"], content_type__app_label="accounts")
    group = Group.objects.create(name="People")
    group.permissions.set(rights)
    client.user.groups.add(group)
    return client


def _lock(user):
    for _ in range(5):
        with pytest.raises(Exception, match="Invalid credentials"):
            sign_in(email=user.email, password="wrong", ip_address=None)


def test_a_super_admin_makes_an_account_that_can_sign_in(as_role):
    admin = as_role(SUPER_ADMIN)

    response = admin.post(
        ADD,
        {"email": "New.Person@Example.org", "full_name": "N", "password": PASSWORD, "groups": [_group(REVIEWER).pk]},
    )

    assert response.status_code == 302
    user = sign_in(email="new.person@example.org", password=PASSWORD, ip_address=None)
    assert [group.name for group in user.groups.all()] == [REVIEWER]
    assert (user.is_staff, user.is_superuser) == (True, False)


def test_without_a_password_the_account_cannot_sign_in_until_one_is_set(as_role):
    admin = as_role(SUPER_ADMIN)
    admin.post(ADD, {"email": "later@example.org", "full_name": "", "password": ""})
    user = User.objects.get(email="later@example.org")
    assert not user.has_usable_password()
    assert "None yet" in text_of(admin.get(_page(user)))

    address = reverse("admin:accounts_user_set_password", args=[user.pk])
    assert admin.post(address, {"password": PASSWORD, "repeated": "another"}).status_code == 400
    assert admin.post(address, {"password": "short", "repeated": "short"}).status_code == 400
    assert admin.post(address, {"password": PASSWORD, "repeated": PASSWORD}).status_code == 302
    assert sign_in(email=user.email, password=PASSWORD, ip_address=None) == user


def test_an_e_mail_that_is_taken_and_a_weak_password_are_told_at_their_fields(as_role):
    person(VIEWER, email="taken@example.org")

    response = as_role(SUPER_ADMIN).post(ADD, {"email": "TAKEN@example.org", "password": "1234567890"})

    assert response.status_code == 200
    assert set(response.context["adminform"].form.errors) & {"email", "password"}
    assert User.objects.filter(email="taken@example.org").count() == 1


def test_nobody_gives_a_group_with_permissions_they_lack(as_role):
    manager = _people_manager(as_role)
    target = person(VIEWER)

    offered = text_of(manager.get(_page(target)))
    response = _edit(manager, target, groups=[_group(SUPER_ADMIN).pk])

    assert SUPER_ADMIN not in offered
    assert response.status_code == 200
    assert [group.name for group in target.groups.all()] == [VIEWER]


def test_the_service_refuses_it_too_when_the_form_is_gone_around(as_role):
    from accounts.services import staff_update
    from carboncore.common.errors import NotAllowed

    manager = _people_manager(as_role)
    target = person(VIEWER)

    with pytest.raises(NotAllowed, match="cannot give or take the group"):
        staff_update(actor=manager.user, pk=target.pk, fields={}, groups=[_group(SUPER_ADMIN)])
    assert [group.name for group in target.groups.all()] == [VIEWER]


def test_nobody_changes_an_account_that_may_more_nor_sets_its_password(as_role):
    manager = _people_manager(as_role)
    admin = person(SUPER_ADMIN)

    edited = _edit(manager, admin, full_name="Taken over")
    password = manager.post(
        reverse("admin:accounts_user_set_password", args=[admin.pk]),
        {"password": PASSWORD + "x", "repeated": PASSWORD + "x"},
    )

    assert "holds permissions that you lack" in text_of(edited)
    assert password.status_code == 403
    admin.refresh_from_db()
    assert admin.full_name != "Taken over"
    assert admin.check_password(PASSWORD)


def test_nobody_changes_their_own_groups_or_locks_themselves_out(as_role):
    admin = as_role(SUPER_ADMIN)
    person(SUPER_ADMIN)

    own_groups = _edit(admin, admin.user, groups=[_group(SUPER_ADMIN).pk, _group(VIEWER).pk])
    own_end = _edit(admin, admin.user, is_active=None)

    assert "You cannot change your own groups" in text_of(own_groups)
    assert "You cannot lock yourself out" in text_of(own_end)
    assert [group.name for group in admin.user.groups.all()] == [SUPER_ADMIN]


def test_the_last_active_super_admin_stays(as_role):
    from accounts.services import staff_update
    from carboncore.common.errors import StateConflict

    last = person(SUPER_ADMIN)
    manager = _people_manager(as_role)
    everything = Group.objects.create(name="Everything")
    everything.permissions.set(Permission.objects.all())
    manager.user.groups.add(everything)
    manager.user = User.objects.get(pk=manager.user.pk)

    with pytest.raises(StateConflict, match="last active super admin"):
        staff_update(actor=manager.user, pk=last.pk, fields={"is_active": False})
    last.refresh_from_db()
    assert last.is_active


def test_is_superuser_and_other_fields_cannot_be_smuggled_in(as_role):
    target = person(VIEWER)

    response = _edit(
        as_role(SUPER_ADMIN), target, is_superuser="on", password="x", user_permissions="1", full_name="Fine"
    )

    assert response.status_code == 302
    target.refresh_from_db()
    assert (target.is_superuser, target.full_name, target.user_permissions.count()) == (False, "Fine", 0)
    assert target.check_password(PASSWORD)


def test_an_officer_sees_the_lock_and_lifts_it(as_role):
    locked = person(VIEWER)
    _lock(locked)
    officer = as_role(REGISTRY_OFFICER)
    lift = reverse("admin:accounts_user_lift_lock", args=[locked.pk])

    page = officer.get(_page(locked))

    assert "Locked for" in text_of(page)
    assert lift in read_page(page).links
    assert officer.post(lift).status_code == 302
    assert sign_in_lock_seconds(email=locked.email) == 0
    assert lift not in read_page(officer.get(_page(locked))).links


@pytest.mark.parametrize("role", [REVIEWER, VIEWER])
def test_without_the_right_a_lock_stays(as_role, role):
    locked = UserFactory()
    _lock(locked)

    response = as_role(role).post(reverse("admin:accounts_user_lift_lock", args=[locked.pk]))

    assert response.status_code == 403
    assert sign_in_lock_seconds(email=locked.email) > 0


def test_the_built_in_groups_are_read_only_and_no_account_can_be_deleted(as_role):
    admin = as_role(SUPER_ADMIN)
    group = reverse("admin:auth_group_change", args=[_group(VIEWER).pk])

    assert "Save" not in text_of(admin.get(group))
    assert admin.post(group, {"name": "Mine", "permissions": []}).status_code == 403
    assert admin.post(reverse("admin:accounts_user_delete", args=[admin.user.pk]), {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=admin.user.pk).exists()


def test_a_superuser_makes_a_group_of_their_own_and_its_history_can_be_read(as_role):
    boss = as_role("", is_superuser=True)
    permission = Permission.objects.get(codename="view_project")

    response = boss.post("/staff/auth/group/add/", {"name": "Auditors", "permissions": [permission.pk]})

    group = Group.objects.get(name="Auditors")
    assert response.status_code == 302
    assert list(group.permissions.all()) == [permission]
    assert boss.user.email in text_of(boss.get(reverse("admin:auth_group_history", args=[group.pk])))


def test_the_history_of_an_account_says_who_changed_it(as_role):
    admin, target = as_role(SUPER_ADMIN), person(VIEWER)
    _edit(admin, target, full_name="Renamed")

    told = text_of(admin.get(reverse("admin:accounts_user_history", args=[target.pk])))

    assert "Changed Full name." in told
    assert f"by {admin.user.email}" in told


def test_own_password_is_changed_with_the_old_one(as_role):
    officer = as_role(REGISTRY_OFFICER)

    wrong = officer.post(
        "/staff/password_change/",
        {"current_password": "wrong", "password": "eleven slow barges", "repeated": "eleven slow barges"},
    )
    right = officer.post(
        "/staff/password_change/",
        {"current_password": PASSWORD, "password": "eleven slow barges", "repeated": "eleven slow barges"},
    )

    assert (wrong.status_code, right.status_code) == (400, 302)
    assert Event.objects.filter(action="user.password_changed", actor=officer.user).count() == 1
    assert officer.get("/staff/").status_code == 200  # the session goes on
    assert sign_in(email=officer.user.email, password="eleven slow barges", ip_address=None) == officer.user
