"""The staff admin with a second factor: setting one up, the second step, the gate after the grace, losing one."""

import re
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.factors import FactorAdapter
from accounts.models import SignInSession, User
from accounts.roles import REGISTRY_OFFICER, SUPER_ADMIN, VIEWER
from accounts.second_factor import factors_of, has_second_factor, recovery_codes_left
from accounts.services import factors_reset
from carboncore.audit.models import Event
from carboncore.common.errors import InvalidInput, NotAllowed, StateConflict
from tests.accounts.staff.conftest import admin_sign_in, code, code_at
from tests.admin.pages import text_of
from tests.factories import PASSWORD, person
from tests.mailbox import last_mail

pytestmark = pytest.mark.django_db
SECURITY = "/staff/security/"
APP = f"{SECURITY}authenticator/"


def secret_of(page):
    return re.search(r"<code>([A-Z2-7 ]+)</code>", page.content.decode()).group(1).replace(" ", "")


def now():
    return timezone.now().timestamp()


def test_a_banner_leads_to_setting_up_an_app_and_the_recovery_codes_are_shown_once(clock):
    officer = person(REGISTRY_OFFICER)
    client = admin_sign_in(officer)
    assert client.answer["Location"] == "/staff/"
    dashboard = text_of(client.get("/staff/"))
    assert "Your password alone opens this until" in dashboard
    assert "Set up a second factor now" in dashboard

    # when the key is scanned and its first code typed
    page = client.get(APP)
    secret = secret_of(page)
    answer = client.post(APP, {"code": code_at(now(), secret)})

    codes = re.findall(r"<li><code>(\d{8})</code></li>", answer.content.decode())
    assert len(codes) == 10
    assert "only now" in text_of(answer)
    assert "no-store" in answer["Cache-Control"]
    (factor,) = factors_of(officer)
    assert secret not in str(factor.data)
    assert FactorAdapter().decrypt(factor.data["secret"]) == secret
    # and the session goes on, without the banner
    assert "Your password alone" not in text_of(client.get("/staff/"))
    assert not set(codes) & set(re.findall(r"\d{8}", client.get(SECURITY).content.decode()))
    officer.refresh_from_db()
    assert officer.second_factor_grace_from is None
    assert [
        *Event.objects.filter(actor=officer, action__startswith="factor")
        .order_by("pk")
        .values_list("action", flat=True)
    ] == [
        "factor.added",
        "factor.recovery_codes_made",
    ]
    assert "Added: an authenticator app." in last_mail(officer.email).body


def test_a_wrong_first_code_sets_nothing_up(clock):
    officer = person(REGISTRY_OFFICER)
    client = admin_sign_in(officer)
    secret = secret_of(client.get(APP))

    answer = client.post(APP, {"code": code_at(now() + 300, secret)})

    assert answer.status_code == 400
    assert "not what the app should show" in text_of(answer)
    assert secret_of(answer) == secret  # the same picture, to try again
    assert not has_second_factor(officer)


def test_the_second_step_is_asked_for_and_nothing_opens_before_it(enrolled):
    officer = enrolled()
    inside = reverse("admin:registry_project_changelist")

    client = admin_sign_in(officer, query=f"?next={inside}")

    assert client.answer["Location"] == "/staff/second-factor/"
    assert "_auth_user_id" not in client.session
    for page in ("/staff/", inside, SECURITY, APP):
        assert client.get(page)["Location"].startswith("/staff/login/")
    assert not SignInSession.objects.filter(user=officer).exists()

    wrong = client.post("/staff/second-factor/", {"code": "000000"})
    assert (wrong.status_code, "_auth_user_id" in client.session) == (401, False)

    right = client.post("/staff/second-factor/", {"code": code()})
    assert right["Location"] == inside
    assert client.get(inside).status_code == 200
    assert SignInSession.objects.get(user=officer).second_factor_at == timezone.now()


def test_the_second_step_alone_opens_nothing_and_is_forgotten_after_ten_minutes(enrolled, clock):
    officer = enrolled()
    assert Client().post("/staff/second-factor/", {"code": code()})["Location"].startswith("/staff/login/")

    client = admin_sign_in(officer)
    clock.shift(601)

    assert client.post("/staff/second-factor/", {"code": code()})["Location"].startswith("/staff/login/")
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_staff": False}, {"password": "another hash"}])
def test_between_the_two_steps_the_account_may_change(enrolled, change):
    officer = enrolled()
    client = admin_sign_in(officer)
    User.objects.filter(pk=officer.pk).update(**change)

    answer = client.post("/staff/second-factor/", {"code": code()})

    assert answer["Location"].startswith("/staff/login/")
    assert "_auth_user_id" not in client.session


def test_five_wrong_codes_are_429_on_the_page_and_lock_the_password_too(enrolled):
    officer = enrolled()
    client = admin_sign_in(officer)
    for _ in range(5):
        assert client.post("/staff/second-factor/", {"code": "000000"}).status_code == 401

    answer = client.post("/staff/second-factor/", {"code": code()})

    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert admin_sign_in(officer).answer.status_code == 429


@pytest.mark.parametrize("path", ["/staff/", "/staff/registry/project/", "/staff/accounts/user/", "/staff/nothing/"])
def test_after_the_grace_every_page_leads_to_setting_one_up(clock, path):
    officer = person(SUPER_ADMIN)
    clock.shift(timedelta(days=8))
    client = admin_sign_in(officer)

    assert client.get(path)["Location"] == SECURITY
    page = client.get(SECURITY)
    assert page.status_code == 200
    assert "needs a second factor before anything else" in text_of(page)

    # when it is set up, everything opens
    secret = secret_of(client.get(APP))
    client.post(APP, {"code": code_at(now(), secret)})
    assert client.get("/staff/").status_code == 200


def test_nothing_is_changed_by_a_post_after_the_grace(clock):
    chief, other = person(SUPER_ADMIN), person(VIEWER)
    clock.shift(timedelta(days=8))
    client = admin_sign_in(chief)

    answer = client.post(f"/staff/accounts/user/{other.pk}/password/", {"password": "x" * 20, "repeated": "x" * 20})

    assert answer["Location"] == SECURITY
    assert User.objects.get(pk=other.pk).password == other.password


def test_a_cookie_of_the_time_before_the_sessions_is_asked_to_sign_in(as_staff_cookie_without_session):
    client = as_staff_cookie_without_session

    assert client.get("/staff/")["Location"] == "/staff/login/?next=%2Fstaff%2F&why=ended"


@pytest.fixture
def as_staff_cookie_without_session(db):
    client = Client()
    client.force_login(person(VIEWER))
    session = client.session
    del session["staff_session"]
    session.save()
    return client


# --- losing and removing ------------------------------------------------------------------------------


def test_the_last_factor_can_be_removed_and_then_only_setting_up_is_open(enrolled):
    officer = enrolled()
    client = admin_sign_in(officer, second=code())
    (factor,) = factors_of(officer)
    address = reverse("staff-factor-remove", args=[factor.pk])
    assert "your last one" in text_of(client.get(address))

    client.post(address)

    assert not has_second_factor(officer)
    assert recovery_codes_left(officer) == 0
    assert client.get("/staff/")["Location"] == SECURITY
    assert "Removed: the authenticator app." in last_mail(officer.email).body


def test_nobody_removes_somebody_elses_factor(enrolled):
    officer, other = enrolled(), enrolled()
    client = admin_sign_in(officer, second=code())

    answer = client.post(reverse("staff-factor-remove", args=[factors_of(other)[0].pk]))

    assert answer.status_code == 404
    assert has_second_factor(other)


def test_new_recovery_codes_replace_the_old_ones(enrolled):
    officer = enrolled()
    client = admin_sign_in(officer, second=officer.codes[0])
    assert "9 of 10 are left" in text_of(client.get(SECURITY))

    answer = client.post(f"{SECURITY}recovery-codes/")

    fresh = re.findall(r"<li><code>(\d{8})</code></li>", answer.content.decode())
    assert len(fresh) == 10
    assert not set(fresh) & set(officer.codes)
    assert admin_sign_in(officer, second=officer.codes[1]).answer.status_code == 401
    assert admin_sign_in(officer, second=fresh[0]).answer.status_code == 302


def test_a_super_admin_resets_lost_factors_with_a_reason_and_the_person_is_told(enrolled):
    chief, officer = enrolled(SUPER_ADMIN), enrolled()
    theirs = admin_sign_in(officer, second=code())
    client = admin_sign_in(chief, second=code())
    address = reverse("admin:accounts_user_reset_factors", args=[officer.pk])
    assert client.get(address).status_code == 200

    answer = client.post(address, {"reason": "Phone stolen; called back on the known number."})

    assert answer.status_code == 302
    assert not has_second_factor(officer)
    assert theirs.get("/staff/")["Location"].startswith("/staff/login/")
    # signing in by the password opens only the way to another one
    again = admin_sign_in(officer)
    assert again.get("/staff/")["Location"] == SECURITY
    told = Event.objects.get(action="factor.removed")
    assert (told.actor, told.object_id) == (chief, str(officer.pk))
    assert told.note == "Reset of the authenticator app: Phone stolen; called back on the known number."
    assert "Phone stolen" in last_mail(officer.email).body


@pytest.mark.parametrize(
    ("who", "reason", "error"),
    [
        (REGISTRY_OFFICER, "lost", NotAllowed),
        (VIEWER, "lost", NotAllowed),
        (SUPER_ADMIN, "  ", InvalidInput),
        (SUPER_ADMIN, "x" * 1001, InvalidInput),
    ],
)
def test_nobody_else_resets_and_never_without_a_reason(enrolled, who, reason, error):
    officer = enrolled()

    with pytest.raises(error):
        factors_reset(actor=person(who), pk=officer.pk, reason=reason)

    assert has_second_factor(officer)
    assert recovery_codes_left(officer) == 10


def test_ones_own_factors_and_none_at_all_are_not_reset(enrolled):
    chief = enrolled(SUPER_ADMIN)

    with pytest.raises(NotAllowed):
        factors_reset(actor=chief, pk=chief.pk, reason="lost")
    with pytest.raises(StateConflict):
        factors_reset(actor=chief, pk=person(VIEWER).pk, reason="lost")

    assert has_second_factor(chief)


def test_signing_out_ends_the_session_for_good(enrolled):
    officer = enrolled()
    client = admin_sign_in(officer, second=code())
    cookie = client.cookies["sessionid"].value

    client.post("/staff/logout/")

    assert SignInSession.objects.get(user=officer).end_reason == "logout"
    client.cookies["sessionid"] = cookie
    assert client.get("/staff/")["Location"].startswith("/staff/login/")


def test_a_factor_is_asked_of_whoever_has_one_within_the_grace_too(enrolled):
    officer = enrolled()
    User.objects.filter(pk=officer.pk).update(second_factor_grace_from=timezone.now())

    assert admin_sign_in(officer, password=PASSWORD).answer["Location"] == "/staff/second-factor/"


def test_the_only_super_admins_factors_are_reset_on_the_command_line(enrolled, capsys):
    chief = enrolled(SUPER_ADMIN)
    for options in ({"reason": " "}, {"reason": "lost", "email": "nobody@example.org"}):
        with pytest.raises(CommandError):
            call_command("reset_factors", options.get("email", chief.email), reason=options["reason"])
    assert has_second_factor(chief)

    call_command("reset_factors", chief.email, reason="Phone and codes burnt")

    assert not has_second_factor(chief)
    assert Event.objects.get(action="factor.removed").entrance == "command"
    assert "Phone and codes burnt" in last_mail(chief.email).body


def test_factors_sealed_under_another_key_open_nothing_and_break_nothing(enrolled, settings):
    officer = enrolled()
    settings.SECRET_KEY = "another key of fifty characters or more, for this test"

    client = admin_sign_in(officer, second=code())

    assert client.answer.status_code == 401
    assert recovery_codes_left(officer) == 0
