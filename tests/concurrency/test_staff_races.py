"""Races about staff: the last super admin, codes that work once, and the first factor beside a sign-in."""

from datetime import UTC, datetime

import pytest
import time_machine

from accounts.errors import InvalidCredentials, SecondFactorRefused
from accounts.models import SignInSession, User
from accounts.roles import SUPER_ADMIN
from accounts.services import (
    second_factor_prove,
    staff_invitation_accept,
    staff_invite,
    staff_rights,
    staff_session_start,
    staff_update,
    totp_add,
)
from accounts.services import staff as staff_services
from carboncore.common.errors import NotAllowed, StateConflict
from tests.accounts.staff.conftest import SECRET, code, with_app
from tests.factories import PASSWORD, person
from tests.mailbox import last_mail
from tests.races import at_once, meeting

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clock():
    with time_machine.travel(datetime.now(UTC).replace(microsecond=0), tick=False) as traveller:
        yield traveller


def deactivate(actor, other):
    return lambda: staff_update(actor=actor, pk=other.pk, fields={"is_active": False})


def super_admins():
    return User.objects.filter(is_active=True, groups__name=SUPER_ADMIN).count()


def test_two_super_admins_who_deactivate_each_other_leave_one():
    one, other = person(SUPER_ADMIN), person(SUPER_ADMIN)

    outcomes = at_once(deactivate(one, other), deactivate(other, one))

    assert sorted(type(outcome) for outcome in outcomes if isinstance(outcome, Exception)) == [NotAllowed]
    assert super_admins() == 1


def test_of_three_in_a_ring_who_is_put_out_puts_nobody_out():
    one, two, three = person(SUPER_ADMIN), person(SUPER_ADMIN), person(SUPER_ADMIN)

    outcomes = at_once(deactivate(one, two), deactivate(two, three), deactivate(three, one))

    done = [outcome for outcome in outcomes if isinstance(outcome, User)]
    assert super_admins() == 3 - len(done) >= 1
    for outcome in outcomes:
        assert isinstance(outcome, User | NotAllowed | StateConflict)


def test_control_without_the_lock_none_would_be_left(monkeypatch):
    one, other = person(SUPER_ADMIN), person(SUPER_ADMIN)
    monkeypatch.setattr(staff_services, "lock_super_admins", lambda: None)
    monkeypatch.setattr(
        staff_services, "require_a_super_admin", meeting(staff_rights.require_a_super_admin, 2, before=False)
    )

    at_once(deactivate(one, other), deactivate(other, one))

    assert super_admins() == 0


def test_one_code_sent_many_times_at_once_opens_once(clock):
    user = person()
    with_app(user)
    now = code()

    outcomes = at_once(*[lambda: second_factor_prove(user=user, code=now)] * 4)

    assert outcomes.count(None) == 1
    assert sum(isinstance(outcome, SecondFactorRefused) for outcome in outcomes) == 3


def test_one_recovery_code_sent_many_times_at_once_opens_once(clock):
    user = person()
    codes = with_app(user)

    outcomes = at_once(*[lambda: second_factor_prove(user=user, code=codes[0])] * 4)

    assert outcomes.count(None) == 1


def test_a_sign_in_by_password_beside_the_first_factor_leaves_no_session_that_skipped_it(clock):
    user = person()
    own = staff_session_start(user=user)

    at_once(
        lambda: totp_add(user=user, session=own, secret=SECRET, code=code()),
        *[lambda: staff_session_start(user=user)] * 3,
    )

    live = SignInSession.objects.live().filter(user=user)
    assert [session.pk for session in live] == [own.pk]
    assert live.get().second_factor_at is not None
    with pytest.raises(InvalidCredentials):
        staff_session_start(user=user)


def test_an_invitation_opened_twice_at_once_sets_one_password(clock):
    staff_invite(actor=person(SUPER_ADMIN), email="new@example.org")
    token = last_mail("new@example.org").body.split("/staff/invitation/")[1].split()[0]
    words = [f"{PASSWORD} {number}" for number in range(2)]

    outcomes = at_once(*[lambda w=w: staff_invitation_accept(token=token, password=w) for w in words])

    (won,) = [index for index, outcome in enumerate(outcomes) if isinstance(outcome, User)]
    assert User.objects.get(email="new@example.org").check_password(words[won])
