"""How long a session of staff lasts, what ends it at once, and what asks once more who is there."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from accounts.choices import SessionKind
from accounts.models import SignInSession, User
from accounts.roles import REGISTRY_OFFICER, SUPER_ADMIN, TRANSACTIONS_OFFICER, VIEWER
from accounts.second_factor import has_second_factor
from accounts.services import staff_update
from carboncore.audit.models import Event
from carboncore.common.context import Entrance, acting, set_proven_at
from carboncore.common.fresh import ReauthenticationRequired
from tests.accounts.staff.conftest import admin_sign_in, code
from tests.admin.pages import form_values, text_of
from tests.api_clients import Api
from tests.factories import PASSWORD, person, staff_token

pytestmark = pytest.mark.django_db
NEW = "eleven loud geese in the reeds"
MINUTE = 60


# --- how long -----------------------------------------------------------------------------------------


def test_half_an_hour_without_a_page_ends_a_session_with_a_friendly_word(clock):
    client = admin_sign_in(person(VIEWER))
    inside = reverse("admin:registry_project_changelist")
    for _ in range(3):
        clock.shift(29 * MINUTE)
        assert client.get(inside).status_code == 200
    clock.shift(30 * MINUTE + 1)

    away = client.get(inside)

    assert away["Location"] == f"/staff/login/?next={inside.replace('/', '%2F')}&why=idle"
    assert "had not opened a page for a while" in text_of(client.get(away["Location"]))
    assert SignInSession.objects.get().end_reason == "idle"
    assert client.get(inside)["Location"].startswith("/staff/login/")


def test_twelve_hours_are_the_longest_day(clock):
    client = admin_sign_in(person(VIEWER))
    for _ in range(26):
        clock.shift(27 * MINUTE)
        assert client.get("/staff/").status_code == 200
    clock.shift(18 * MINUTE)

    assert client.get("/staff/")["Location"].startswith("/staff/login/")


def test_both_are_settings(clock, settings):
    settings.STAFF_SESSION_HOURS, settings.STAFF_IDLE_MINUTES = 1, 5
    client = admin_sign_in(person(VIEWER))
    clock.shift(4 * MINUTE)
    assert client.get("/staff/").status_code == 200
    clock.shift(5 * MINUTE + 1)

    assert "why=idle" in client.get("/staff/")["Location"]


def test_nobody_can_put_words_of_their_own_on_the_sign_in_page(client):
    assert "hello" not in text_of(client.get("/staff/login/?why=hello"))


# --- what ends it -------------------------------------------------------------------------------------


@pytest.mark.parametrize("fields", [{"is_active": False}, {"is_staff": False}])
def test_deactivating_ends_sessions_and_tokens_at_once(enrolled, fields):
    officer = enrolled()
    client, token = admin_sign_in(officer, second=code()), Api(_token(officer))
    assert (client.get("/staff/").status_code, token.get("/admin/projects").status_code) == (200, 200)

    staff_update(actor=person(SUPER_ADMIN), pk=officer.pk, fields=fields)

    assert client.get("/staff/")["Location"].startswith("/staff/login/")
    assert token.get("/admin/projects").status_code == 401
    assert {*SignInSession.objects.filter(user=officer).values_list("end_reason", flat=True)} == {"deactivated"}
    # and coming back opens none of them again
    staff_update(actor=person(SUPER_ADMIN), pk=officer.pk, fields=dict.fromkeys(fields, True))
    assert client.get("/staff/")["Location"].startswith("/staff/login/")
    assert token.get("/admin/projects").status_code == 401


def test_changing_ones_own_password_goes_through_the_service_and_ends_the_other_sessions(enrolled):
    officer = enrolled()
    client, token = admin_sign_in(officer, second=code()), Api(_token(officer))
    other = admin_sign_in(officer, second=officer.codes[0])

    wrong = client.post("/staff/password_change/", {"current_password": "x", "password": NEW, "repeated": NEW})
    weak = client.post("/staff/password_change/", {"current_password": PASSWORD, "password": "1", "repeated": "1"})
    assert (wrong.status_code, weak.status_code) == (400, 400)
    assert other.get("/staff/").status_code == 200

    right = client.post("/staff/password_change/", {"current_password": PASSWORD, "password": NEW, "repeated": NEW})

    assert right.status_code == 302
    assert client.get("/staff/").status_code == 200
    assert other.get("/staff/")["Location"].startswith("/staff/login/")
    assert token.get("/admin/projects").status_code == 401
    assert Event.objects.filter(action="user.password_changed", actor=officer, entrance="admin").count() == 1


def test_all_other_sessions_can_be_ended_from_one(enrolled):
    officer = enrolled()
    client, token = admin_sign_in(officer, second=code()), Api(_token(officer))

    client.post("/staff/security/sessions/")

    assert client.get("/staff/").status_code == 200
    assert token.get("/admin/projects").status_code == 401


# --- showing once more who one is ---------------------------------------------------------------------


def test_rights_are_not_changed_by_a_session_left_open_and_what_was_typed_stays(enrolled, clock):
    chief, other = enrolled(SUPER_ADMIN), person(VIEWER)
    client = admin_sign_in(chief, second=code())
    address = reverse("admin:accounts_user_change", args=[other.pk])
    officers = Group.objects.get(name=REGISTRY_OFFICER)
    clock.shift(11 * MINUTE)
    typed = {**form_values(client.get(address), "user_form"), "groups": [officers.pk]}

    refused = client.post(address, typed)

    assert "Confirm that it is you" in text_of(refused)
    assert form_values(refused, "user_form")["groups"] == str(officers.pk)
    assert [group.name for group in other.groups.all()] == [VIEWER]

    # when they confirm by password and send the same again
    again = client.post("/staff/security/again/", {"password": PASSWORD, "next": "/staff/security/"})
    assert again["Location"] == "/staff/security/"
    assert client.post(address, typed).status_code == 302
    assert [group.name for group in other.groups.all()] == [REGISTRY_OFFICER]
    assert Event.objects.filter(action="reauthentication.done", actor=chief).count() == 1


def test_it_is_confirmed_by_a_code_as_well_and_not_by_wrong_ones(enrolled, clock):
    officer = enrolled()
    client = admin_sign_in(officer, second=code())
    clock.shift(11 * MINUTE)
    page = f"/staff/security/again/?next={reverse('staff-recovery-codes')}"

    wrong = [client.post(page, data).status_code for data in ({"password": "x"}, {"code": "000000"}, {})]
    assert wrong == [400, 401, 400]
    assert client.get("/staff/security/recovery-codes/")["Location"].startswith("/staff/security/again/")

    assert client.post(page, {"code": code()})["Location"] == "/staff/security/recovery-codes/"
    assert client.get("/staff/security/recovery-codes/").status_code == 200
    assert Event.objects.filter(action="reauthentication.refused").count() == 2


def test_the_way_on_stays_inside(enrolled):
    officer = enrolled()
    client = admin_sign_in(officer, second=code())

    for way in ("https://evil.example/", "//evil.example/staff/", "/account"):
        answer = client.post("/staff/security/again/", {"password": PASSWORD, "next": way})
        assert answer["Location"] == "/staff/"


def test_a_factor_is_not_removed_nor_added_by_a_session_left_open(enrolled, clock):
    officer = enrolled()
    client = admin_sign_in(officer, second=code())
    factor = officer.authenticator_set.get(type="totp")
    clock.shift(11 * MINUTE)

    for name, args in (("staff-factor-remove", [factor.pk]), ("staff-new-passkey", []), ("staff-recovery-codes", [])):
        assert client.post(reverse(name, args=args))["Location"].startswith("/staff/security/again/")

    assert has_second_factor(officer)


def test_over_the_api_a_grave_deed_takes_a_token_of_the_last_minutes(clock):
    chief, other = person(SUPER_ADMIN), person(VIEWER)
    client = Api(str(staff_token(chief)))
    address = f"/admin/administrators/{other.public_id}"
    clock.shift(11 * MINUTE)

    refused = [
        client.patch(address, {"role": "RegistryOfficer"}),
        client.delete(address),
        client.post("/admin/administrators", {"email": "new@example.org"}),
    ]

    assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [
        (403, "reauthentication_required")
    ] * 3
    assert "/admin/login" in refused[0].json()["message"]
    other.refresh_from_db()
    assert (other.is_active, [group.name for group in other.groups.all()]) == (True, [VIEWER])
    assert not User.objects.filter(email="new@example.org").exists()
    # a change that gives no rights goes on, and so does the rest with a new sign-in
    assert client.patch(address, {"full_name": "Somebody Else"}).status_code == 200
    fresh = Api(str(staff_token(chief)))
    assert fresh.patch(address, {"role": "RegistryOfficer"}).status_code == 200


@pytest.mark.parametrize("entrance", [Entrance.ADMIN, Entrance.API])
def test_refunds_and_reversals_ask_for_it_before_anything_else(entrance, clock):
    from django.utils import timezone

    from transactions.services import payment_issue_resolve, purchase_refund, reversal_request_approve

    officer = person(TRANSACTIONS_OFFICER)
    with acting(officer, entrance):
        set_proven_at(timezone.now() - timedelta(minutes=10, seconds=1))
        for deed in (
            lambda: purchase_refund(actor=officer, purchase_pk=1, reason="A good one"),
            lambda: reversal_request_approve(actor=officer, pk=1),
            lambda: payment_issue_resolve(actor=officer, pk=1, resolution="refunded", note="A good one"),
        ):
            with pytest.raises(ReauthenticationRequired):
                deed()


def _token(user):
    from accounts.services import staff_session_start
    from accounts.tokens import StaffToken

    return str(StaffToken.for_session(staff_session_start(user=user, kind=SessionKind.STAFF, second_factor=True)))
