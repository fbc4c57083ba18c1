"""People who do the same thing at the same moment: registering, confirming, refreshing, using a link."""

from functools import partial

import pytest
from django.db import IntegrityError

from accounts.errors import InvalidCredentials, LinkRefused
from accounts.models import RefreshToken, Registration, SignInSession, User
from accounts.services import (
    password_forgotten,
    password_reset,
    person_sign_in,
    registration_confirm,
    registration_create,
    session_refresh,
    sessions,
)
from accounts.services.sessions import Tokens
from tests.concurrency.conftest import at_once
from tests.factories import PASSWORD, buyer
from tests.mailbox import mails_to, token_in, token_mailed_to

pytestmark = pytest.mark.django_db(transaction=True)
MANY = 8
WORDS = "nine quiet herons 9"


def kinds(outcomes):
    return sorted(type(outcome).__name__ for outcome in outcomes)


def register_all(**each):
    asked = [
        partial(
            registration_create,
            email=each.get("email", f"person{n}@example.org"),
            username=each.get("username", f"person_{n}"),
            password=WORDS,
        )
        for n in range(MANY)
    ]
    return at_once(*asked)


def test_eight_who_want_one_username_at_once_are_one_and_seven(meet_after):
    meet_after("accounts.services.registration.username_is_taken", MANY)

    outcomes = register_all(username="heron_1")

    assert kinds(outcomes) == ["Registration"] + ["UsernameTaken"] * 7
    assert Registration.objects.count() == 1


def test_control_without_the_lock_all_eight_get_the_username(meet_after, without):
    without("accounts.services.registration.username_lock")
    meet_after("accounts.services.registration.username_is_taken", MANY)

    outcomes = register_all(username="heron_1")

    assert kinds(outcomes) == ["Registration"] * MANY


def tokens_of_eight_registrations():
    outcomes = register_all(email="anna@example.org", username="heron_1")
    assert kinds(outcomes) == ["Registration"] * MANY  # one e-mail may wait as often as it likes
    return [token_in(message) for message in mails_to("anna@example.org")]


def test_however_many_registrations_of_one_email_are_confirmed_at_once_one_account_comes_of_them(meet_after):
    tokens = tokens_of_eight_registrations()
    assert len(tokens) >= 5
    meet_after("accounts.services.registration.username_is_taken", len(tokens))

    outcomes = at_once(*[partial(registration_confirm, token=token, password=WORDS) for token in tokens])

    assert sum(isinstance(outcome, User) for outcome in outcomes) == 1
    assert {type(outcome) for outcome in outcomes} == {User, LinkRefused}
    assert User.objects.count() == 1


def test_control_without_the_locks_the_table_is_the_last_to_refuse(meet_after, without):
    tokens = tokens_of_eight_registrations()
    without("accounts.services.registration.username_lock")
    without("accounts.services.registration._lock")
    meet_after("accounts.services.registration.username_is_taken", len(tokens))

    outcomes = at_once(*[partial(registration_confirm, token=token, password=WORDS) for token in tokens])

    assert {type(outcome) for outcome in outcomes} == {User, IntegrityError}
    assert User.objects.count() == 1


@pytest.fixture
def refresh_token():
    user = buyer(email="ben@example.org")
    return person_sign_in(email=user.email, password=PASSWORD).refresh_token


def test_eight_refreshes_at_once_get_one_new_pair_and_nobody_is_signed_out(refresh_token):
    outcomes = at_once(*[partial(session_refresh, refresh_token=refresh_token)] * MANY)

    assert kinds(outcomes) == ["RefreshedAlready"] * 7 + ["Tokens"]
    assert RefreshToken.objects.filter(used_at__isnull=True).count() == 1
    assert SignInSession.objects.get().is_live
    (tokens,) = (outcome for outcome in outcomes if isinstance(outcome, Tokens))
    assert isinstance(session_refresh(refresh_token=tokens.refresh_token), Tokens)


def test_control_without_the_lock_the_table_is_the_last_to_refuse(refresh_token, meet_after, without):
    def unlocked(digest):
        return RefreshToken.objects.select_related("session__user").filter(digest=digest).first()

    without("accounts.services.sessions._locked_token", unlocked)
    meet_after("accounts.services.sessions._may_go_on", MANY)

    outcomes = at_once(*[partial(session_refresh, refresh_token=refresh_token)] * MANY)

    assert {type(outcome) for outcome in outcomes} == {Tokens, IntegrityError}
    assert RefreshToken.objects.filter(used_at__isnull=True).count() == 1


@pytest.fixture
def reset_token():
    buyer(email="ben@example.org")
    password_forgotten(email="ben@example.org")
    return token_mailed_to("ben@example.org")


def reset_all(token):
    return at_once(*[partial(password_reset, token=token, password=f"new heron {n} words") for n in range(MANY)])


def test_a_reset_link_used_eight_times_at_once_works_once(reset_token):
    outcomes = reset_all(reset_token)

    assert kinds(outcomes) == ["LinkRefused"] * 7 + ["User"]
    winner = outcomes.index(next(outcome for outcome in outcomes if isinstance(outcome, User)))
    assert User.objects.get().check_password(f"new heron {winner} words")


def test_control_without_the_lock_a_reset_link_works_more_than_once(reset_token, meet_after, without):
    def _locked(links):
        return links.first()

    without("accounts.services.links._locked", _locked)
    meet_after("accounts.services.links._locked", MANY)

    outcomes = reset_all(reset_token)

    assert kinds(outcomes).count("User") > 1


def test_a_password_that_is_reset_between_its_proof_and_the_session_opens_nothing(reset_token, monkeypatch):
    prove = sessions.person_prove

    def proved_then_reset(**given):
        user = prove(**given)
        password_reset(token=reset_token, password="a new heron 42")
        return user

    monkeypatch.setattr(sessions, "person_prove", proved_then_reset)

    with pytest.raises(InvalidCredentials):
        person_sign_in(email="ben@example.org", password=PASSWORD)

    assert SignInSession.objects.count() == 0
