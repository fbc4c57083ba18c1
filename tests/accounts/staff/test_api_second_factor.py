"""`POST /admin/login` with a second factor: no token without it, each code once, and the lock-out counts codes too."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import SignInSession, User
from accounts.roles import REGISTRY_OFFICER, VIEWER
from accounts.services import staff_session_start
from accounts.tokens import StaffToken
from carboncore.audit.models import Event
from tests.accounts.staff.conftest import code, code_at
from tests.api_clients import Api
from tests.factories import PASSWORD, buyer, person

pytestmark = pytest.mark.django_db


def login(user, password=PASSWORD, **more):
    return Api().post("/admin/login", {"email": user.email, "password": password, **more})


def test_the_codes_of_these_tests_are_those_of_the_standard():
    # RFC 6238, appendix B, SHA-1, eight digits
    assert [code_at(moment, digits=8) for moment in (59, 1111111109, 1234567890, 20000000000)] == [
        "94287082", "07081804", "89005924", "65353130",
    ]  # fmt: skip


def test_without_the_code_there_is_no_token_and_the_answer_says_what_is_missing(enrolled):
    user = enrolled()

    answer = login(user)

    assert answer.status_code == 401
    body = answer.json()
    assert (body["success"], body["code"], "token" in body) == (False, "second_factor_required", False)
    assert "`code`" in body["message"]
    assert not SignInSession.objects.filter(user=user).exists()


def test_with_the_code_of_this_half_minute_there_is_one(enrolled):
    user = enrolled()

    answer = login(user, code=code())

    assert answer.status_code == 200
    assert Api(answer.json()["token"]).get("/admin/projects").status_code == 200
    assert SignInSession.objects.get(user=user).second_factor_at is not None
    assert Event.objects.filter(action="factor.used", actor=user, note="authenticator app").count() == 1


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_clock_may_be_half_a_minute_off(enrolled, steps):
    assert login(enrolled(), code=code(steps)).status_code == 200


@pytest.mark.parametrize("steps", [-2, 2])
def test_and_not_more(enrolled, steps):
    answer = login(enrolled(), code=code(steps))

    assert (answer.status_code, answer.json()["code"]) == (401, "second_factor_invalid")


def test_a_code_opens_once_and_one_from_before_it_never(enrolled, clock):
    user = enrolled()
    assert login(user, code=code()).status_code == 200

    again, earlier = login(user, code=code()), login(user, code=code(-1))
    clock.shift(30)
    later = login(user, code=code())

    assert [answer.status_code for answer in (again, earlier, later)] == [401, 401, 200]
    assert again.json()["code"] == "second_factor_invalid"
    assert SignInSession.objects.filter(user=user).count() == 2


def test_a_recovery_code_opens_once(enrolled):
    user = enrolled()
    one, other = user.codes[0], f" {user.codes[1][:4]}-{user.codes[1][4:]} "

    answers = [login(user, code=text).status_code for text in (one, one, other)]

    assert len(set(user.codes)) == 10
    assert answers == [200, 401, 200]
    assert Event.objects.filter(action="factor.used", note="recovery code").count() == 2


def test_five_wrong_codes_lock_the_account_whatever_the_password(enrolled):
    user = enrolled()
    for _ in range(5):
        assert login(user, code="000000").status_code == 401

    right = login(user, code=code())
    without = login(user)

    assert (right.status_code, without.status_code) == (429, 429)
    assert int(right["Retry-After"]) > 0
    assert not SignInSession.objects.filter(user=user).exists()
    assert Event.objects.filter(action="factor.refused", object_id=str(user.pk)).count() == 5


def test_showing_the_password_again_gives_no_new_guesses_at_the_code(enrolled):
    user = enrolled()
    statuses = []
    for _ in range(4):
        login(user)  # right, and would clear the wrong tries of an account without a factor
        statuses += [login(user, code="000000").status_code, login(user, code="111111").status_code]

    assert statuses == [401, 401, 401, 401, 401, 429, 429, 429]


def test_wrong_passwords_and_wrong_codes_count_together(enrolled):
    user = enrolled()
    for _ in range(3):
        login(user, "not it")
    for _ in range(2):
        login(user, code="000000")

    assert login(user, code=code()).status_code == 429


def test_a_wrong_password_says_nothing_about_the_factor(enrolled):
    user, plain = enrolled(), person(VIEWER)

    one, other = login(user, "wrong", code=code()), login(plain, "wrong")

    assert one.json() == other.json()
    assert one.json()["code"] == "invalid_credentials"


# --- without a factor ---------------------------------------------------------------------------------


def test_within_the_grace_the_password_is_enough(clock):
    user = person(REGISTRY_OFFICER)
    clock.shift(timedelta(days=6, hours=23))

    assert login(user).status_code == 200


def test_after_the_grace_there_is_only_the_way_to_set_one_up(clock, settings):
    user = person(REGISTRY_OFFICER)
    settings.STAFF_SECOND_FACTOR_GRACE = 2
    clock.shift(timedelta(days=2, seconds=1))

    answer = login(user)

    body = answer.json()
    assert (answer.status_code, body["success"], body["code"]) == (403, False, "second_factor_enrolment_required")
    assert "/staff/" in body["message"]
    assert not SignInSession.objects.filter(user=user).exists()
    assert Event.objects.filter(action="session.refused", object_id=str(user.pk)).count() == 1


def test_a_token_of_the_grace_ends_with_it(clock):
    user = person(REGISTRY_OFFICER)
    User.objects.filter(pk=user.pk).update(second_factor_grace_from=timezone.now() - timedelta(days=6, hours=20))
    client = Api(login(user).json()["token"])
    assert client.get("/admin/projects").status_code == 200
    clock.shift(timedelta(hours=5))

    listed, validated = client.get("/admin/projects"), client.get("/admin/validate")

    assert (listed.status_code, listed.json()["code"]) == (403, "second_factor_enrolment_required")
    assert (validated.status_code, validated.json()["valid"]) == (401, False)


def test_setting_the_first_factor_up_ends_what_the_password_alone_had_opened(enrolled):
    user = person(REGISTRY_OFFICER)
    old = Api(login(user).json()["token"])
    assert old.get("/admin/projects").status_code == 200

    from accounts.services import totp_add
    from tests.accounts.staff.conftest import SECRET

    own = staff_session_start(user=user)
    totp_add(user=user, session=own, secret=SECRET, code=code())

    assert old.get("/admin/projects").status_code == 401
    assert Api(str(StaffToken.for_session(own))).get("/admin/projects").status_code == 200


def test_no_session_begins_without_the_factor_even_where_the_password_was_checked_before_it_was_set_up(enrolled):
    from accounts.errors import InvalidCredentials

    with pytest.raises(InvalidCredentials):
        staff_session_start(user=enrolled())


def test_the_door_of_people_gives_staff_nothing(enrolled):
    user = enrolled(username="officer_1")

    answers = [
        Api().post("/users/login", {"email": user.email, "password": PASSWORD, **more})
        for more in ({}, {"code": code()})
    ]

    assert [answer.status_code for answer in answers] == [401, 400]
    assert not SignInSession.objects.filter(user=user).exists()


def test_a_person_is_asked_for_no_factor():
    answer = Api().post("/users/login", {"email": buyer().email, "password": PASSWORD})

    assert answer.status_code == 200
