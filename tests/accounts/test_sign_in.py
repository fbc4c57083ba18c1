"""Signing in: the lock-out to the second, the same answer to every wrong guess, and input meant to hurt."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import IntegrityError, connection, transaction

from accounts.errors import InvalidCredentials, SignInLocked
from accounts.models import SignInAttempt, User
from accounts.services import sign_in, sign_in_lock_lift, sign_in_lock_seconds
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def try_in(email, password=PASSWORD, ip_address="192.0.2.7"):
    return sign_in(email=email, password=password, ip_address=ip_address)


def guess_wrong(email, times=1):
    for _ in range(times):
        with pytest.raises(InvalidCredentials):
            try_in(email, "a wrong guess")


@pytest.fixture
def hashings(monkeypatch):
    """Count every Argon2 computation, whether it checks a password or makes a hash."""
    done = []
    encode, verify = Argon2PasswordHasher.encode, Argon2PasswordHasher.verify
    monkeypatch.setattr(
        Argon2PasswordHasher, "encode", lambda self, *args, **kw: (done.append("encode"), encode(self, *args, **kw))[1]
    )
    monkeypatch.setattr(
        Argon2PasswordHasher, "verify", lambda self, *args, **kw: (done.append("verify"), verify(self, *args, **kw))[1]
    )
    return done


# --- the lock-out -------------------------------------------------------------------------------------


@pytest.mark.parametrize("email", ["officer@example.org", "nobody@example.org"], ids=["known", "unknown"])
def test_five_wrong_tries_lock_the_sixth_even_with_the_right_password(email, time_machine):
    UserFactory(email="officer@example.org")
    time_machine.move_to(NOON, tick=False)
    guess_wrong(email, 5)

    time_machine.move_to(NOON + timedelta(minutes=2), tick=False)
    with pytest.raises(SignInLocked) as caught:
        try_in(email)

    assert caught.value.retry_after == 13 * 60
    assert caught.value.message == (
        "Too many wrong tries for this e-mail. Try again in 13 minutes, or ask a registry officer to lift the lock."
    )
    assert sign_in_lock_seconds(email=email) == 13 * 60
    assert SignInAttempt.objects.count() == 5


def test_the_lock_opens_when_the_first_of_five_is_fifteen_minutes_old(time_machine):
    user = UserFactory()
    for minute in range(5):
        time_machine.move_to(NOON + timedelta(minutes=minute), tick=False)
        guess_wrong(user.email)

    time_machine.move_to(NOON + timedelta(minutes=14, seconds=59, milliseconds=500), tick=False)
    with pytest.raises(SignInLocked) as caught:
        try_in(user.email)
    assert caught.value.retry_after == 1

    time_machine.move_to(NOON + timedelta(minutes=15), tick=False)
    assert try_in(user.email) == user


def test_the_window_slides_so_one_more_wrong_try_locks_again(time_machine):
    user = UserFactory()
    for minute in range(5):
        time_machine.move_to(NOON + timedelta(minutes=minute), tick=False)
        guess_wrong(user.email)

    time_machine.move_to(NOON + timedelta(minutes=15), tick=False)
    guess_wrong(user.email)

    with pytest.raises(SignInLocked) as caught:
        try_in(user.email)
    assert caught.value.retry_after == 60  # until the second wrong try is fifteen minutes old


def test_a_success_makes_earlier_wrong_tries_stop_counting():
    user = UserFactory()
    guess_wrong(user.email, 4)

    assert try_in(user.email) == user

    guess_wrong(user.email, 5)
    assert SignInAttempt.objects.filter(succeeded=True).count() == 1
    with pytest.raises(SignInLocked):
        try_in(user.email)


def test_tries_for_one_email_do_not_lock_another():
    user, other = UserFactory(), UserFactory()
    guess_wrong(user.email, 5)

    assert try_in(other.email) == other


def test_lifting_the_lock_lets_the_person_in_at_once():
    user = UserFactory()
    guess_wrong(user.email, 5)

    assert sign_in_lock_lift(user=user) == 5

    assert sign_in_lock_seconds(email=user.email) == 0
    assert try_in(user.email) == user
    assert sign_in_lock_lift(user=user) == 0


def test_case_and_blanks_of_an_email_are_one_email():
    user = UserFactory(email="officer@example.org")
    for spelling in ("officer@example.org", "OFFICER@example.org", "  Officer@Example.ORG  ", "officer@example.org\n"):
        guess_wrong(spelling)
    assert try_in(" Officer@EXAMPLE.org ") == user

    guess_wrong("OFFICER@EXAMPLE.ORG", 5)
    with pytest.raises(SignInLocked):
        try_in("officer@example.org")


def test_what_is_kept_of_a_try_holds_no_clear_email():
    guess_wrong("my-secret-typed-here@example.org")

    attempt = SignInAttempt.objects.get()
    assert len(attempt.email_digest) == 64
    assert "secret" not in attempt.email_digest
    assert attempt.user is None
    assert attempt.ip_address == "192.0.2.7"


# --- the same answer to every wrong guess -------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [{"is_active": False}, {"is_staff": False}, {"password": None}],
    ids=["deactivated", "no staff", "unusable password"],
)
def test_accounts_that_may_not_sign_in_get_the_words_of_a_wrong_password(fields):
    barred, user = UserFactory(**fields), UserFactory()
    words = set()
    for email, password in ((barred.email, PASSWORD), (user.email, "wrong"), ("nobody@example.org", PASSWORD)):
        with pytest.raises(InvalidCredentials) as caught:
            try_in(email, password)
        words.add((caught.value.message, caught.value.code, caught.value.http_status))

    assert words == {("Invalid credentials", "invalid_credentials", 401)}


@pytest.mark.parametrize(
    "fields",
    [None, {}, {"is_active": False}, {"is_staff": False}, {"password": None}],
    ids=["unknown e-mail", "wrong password", "deactivated", "no staff", "unusable password"],
)
def test_every_wrong_guess_costs_one_hashing(fields, hashings):
    email = "nobody@example.org" if fields is None else UserFactory(**fields).email
    hashings.clear()

    guess_wrong(email)

    assert len(hashings) == 1


def test_a_locked_email_costs_no_hashing(hashings):
    user = UserFactory()
    guess_wrong(user.email, 5)
    hashings.clear()

    with pytest.raises(SignInLocked):
        try_in(user.email)

    assert hashings == []


# --- input meant to hurt ------------------------------------------------------------------------------


@pytest.mark.parametrize("known", [True, False])
def test_a_huge_password_is_wrong_without_being_hashed(known, hashings):
    email = UserFactory().email if known else "nobody@example.org"
    hashings.clear()

    with pytest.raises(InvalidCredentials):
        try_in(email, "x" * 1025)

    assert hashings == []
    assert SignInAttempt.objects.count() == 1


def test_a_password_of_1024_characters_works():
    user = UserFactory(password="é" * 1024)

    assert try_in(user.email, "é" * 1024) == user


@pytest.mark.parametrize("email", ["a\x00b@example.org", "\ud800@example.org", "", "x" * 100_000, "'; --"])
def test_hostile_emails_are_wrong_and_counted(email):
    guess_wrong(email, 5)

    with pytest.raises(SignInLocked):
        try_in(email)


@pytest.mark.parametrize("password", ["", "null\x00inside", "half \ud83d character", " " + PASSWORD])
def test_hostile_passwords_are_wrong(password):
    user = UserFactory()

    with pytest.raises(InvalidCredentials):
        try_in(user.email, password)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("2001:db8::1", "2001:db8::1"), ("fe80::1%eth0", "fe80::1"), ("unknown", None), ("", None), (None, None),
        ("unix:", None), ("192.0.2.1, 198.51.100.2", None),
    ],
)  # fmt: skip
def test_an_address_that_is_none_does_not_stop_the_sign_in(given, kept):
    user = UserFactory()

    assert try_in(user.email, ip_address=given) == user
    assert SignInAttempt.objects.get().ip_address == kept


@pytest.mark.django_db(transaction=True)
def test_signing_in_inside_a_transaction_is_refused_because_a_rollback_would_uncount_the_try():
    user = UserFactory()

    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        try_in(user.email, "a wrong guess")


# --- one address, one account -------------------------------------------------------------------------


def test_the_database_refuses_an_email_in_upper_case():
    user = UserFactory(email="officer@example.org")

    with pytest.raises(IntegrityError, match="accounts_user_email_lower_case"), connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_user SET email = 'Officer@example.org' WHERE id = %s", [user.pk])


def test_the_database_refuses_the_same_email_twice():
    UserFactory(email="officer@example.org")

    with pytest.raises(IntegrityError, match="accounts_user_email"):
        UserFactory(email="officer@example.org")


def test_the_natural_key_is_the_email_in_any_case():
    user = UserFactory(email="officer@example.org")

    assert User.objects.get_by_natural_key(" OFFICER@example.org") == user
