"""The accounts commands: what they print, what they store, and how they fail."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from accounts.roles import SUPER_ADMIN
from accounts.services import sign_in, super_admin_create
from carboncore.common.errors import InvalidInput, StateConflict
from tests.accounts.test_sign_in import guess_wrong
from tests.factories import PASSWORD, UserFactory, person

pytestmark = pytest.mark.django_db


def run(*arguments):
    out = StringIO()
    call_command(*arguments, stdout=out, stderr=out)
    return out.getvalue()


# --- create_super_admin -------------------------------------------------------------------------------


def test_the_first_super_admin_can_sign_in_with_the_password_that_is_printed_once():
    printed = run("create_super_admin", "--email", "Chief@Example.org")

    password = re.search(r"password\s+(\S+)$", printed, re.MULTILINE).group(1)
    user = sign_in(email="chief@example.org", password=password, ip_address=None)
    assert [group.name for group in user.groups.all()] == [SUPER_ADMIN]
    assert not user.is_superuser
    assert len(password) == 20
    assert printed.count(password) == 1
    assert user.password.startswith("argon2$argon2id$")
    assert password not in user.password


def test_two_passwords_are_never_the_same():
    first, second = (run("create_super_admin", "--email", f"chief{n}@example.org") for n in (1, 2))

    assert first.split()[-1] != second.split()[-1]


def test_if_none_does_nothing_when_an_active_super_admin_exists():
    person(SUPER_ADMIN)

    printed = run("create_super_admin", "--if-none")

    assert printed == "A super admin exists already; nothing to do.\n"
    assert User.objects.count() == 1


def test_if_none_makes_one_when_the_only_super_admin_is_deactivated():
    person(SUPER_ADMIN, is_active=False)

    run("create_super_admin", "--if-none")

    assert User.objects.filter(email="admin@localhost.localdomain", is_active=True).exists()


@pytest.mark.parametrize(
    ("email", "reason"),
    [
        ("no-email", "Enter a valid email address."),
        ("a\x00b@example.org", "Enter a valid email address."),
        ("a" * 250 + "@example.org", "at most 254 characters"),
        ("taken@example.org", "taken@example.org has an account already; choose another e-mail."),
        ("TAKEN@example.org", "taken@example.org has an account already; choose another e-mail."),
    ],
)
def test_a_bad_or_taken_email_is_refused_and_no_password_is_printed(email, reason):
    UserFactory(email="taken@example.org")
    out = StringIO()

    with pytest.raises(CommandError, match=reason):
        call_command("create_super_admin", "--email", email, stdout=out)

    assert out.getvalue() == ""
    assert User.objects.count() == 1


@pytest.mark.parametrize("password", ["short", "1234567890123", "password1234", "chief-of-all@example.org", ""])
def test_a_weak_password_makes_no_account(password):
    with pytest.raises(InvalidInput) as caught:
        super_admin_create(email="chief-of-all@example.org", password=password)

    assert set(caught.value.errors) == {"password"}
    assert not User.objects.exists()


def test_an_email_taken_between_the_question_and_the_answer_is_a_conflict_too(monkeypatch):
    UserFactory(email="taken@example.org")
    monkeypatch.setattr("django.db.models.query.QuerySet.exists", lambda _: False)

    with pytest.raises(StateConflict, match=r"taken@example\.org has an account already"):
        super_admin_create(email="taken@example.org", password=PASSWORD)


# --- lift_lockout -------------------------------------------------------------------------------------


def test_lift_lockout_lets_the_person_in():
    user = UserFactory(email="officer@example.org")
    guess_wrong(user.email, 5)

    printed = run("lift_lockout", " Officer@example.org")

    assert printed == "5 wrong tries no longer count; officer@example.org may sign in again.\n"
    assert sign_in(email=user.email, password=PASSWORD, ip_address=None) == user


def test_lift_lockout_says_so_when_there_is_no_such_account():
    with pytest.raises(CommandError, match=r"No account has the e-mail nobody@example\.org"):
        run("lift_lockout", "nobody@example.org")
