"""Twenty guesses at the same moment get no more looks at the password than five one after the other."""

import threading
from functools import partial

import pytest

from accounts.errors import InvalidCredentials, SignInLocked
from accounts.models import SignInAttempt
from accounts.services import sign_in
from tests.concurrency.conftest import at_once
from tests.factories import PASSWORD, UserFactory
from tests.settings import CheapArgon2

pytestmark = pytest.mark.django_db(transaction=True)
GUESSES = 20


@pytest.fixture
def looks(monkeypatch):
    """Count the looks at a password, from any thread."""
    counted, guard, verify = [], threading.Lock(), CheapArgon2.verify

    def counting(self, password, encoded):
        with guard:
            counted.append(password)
        return verify(self, password, encoded)

    monkeypatch.setattr(CheapArgon2, "verify", counting)
    return counted


def guess_all_at_once(email):
    guesses = [partial(sign_in, email=email, password=f"guess {n}", ip_address=None) for n in range(GUESSES)]
    return [type(outcome) for outcome in at_once(*guesses)]


def test_twenty_simultaneous_guesses_get_five_looks(meet_after, looks):
    user = UserFactory()
    meet_after("accounts.services.sign_in._seconds_locked", GUESSES)

    outcomes = guess_all_at_once(user.email)

    assert len(looks) == 5
    assert (outcomes.count(InvalidCredentials), outcomes.count(SignInLocked)) == (5, 15)
    assert SignInAttempt.objects.count() == 5


def test_control_without_the_lock_they_get_twenty(meet_after, without, looks):
    user = UserFactory()
    without("accounts.services.sign_in._lock_digest")
    meet_after("accounts.services.sign_in._seconds_locked", GUESSES)

    guess_all_at_once(user.email)

    assert len(looks) == GUESSES


def test_the_owner_gets_in_beside_a_few_wrong_guesses(looks):
    user = UserFactory()

    outcomes = at_once(
        *[
            partial(sign_in, email=user.email, password=password, ip_address=None)
            for password in ("a", "b", PASSWORD, "c")
        ]
    )

    assert outcomes[2] == user
    assert len(looks) == 4
