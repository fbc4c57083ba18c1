"""One hash at a time in each process, a queue that ends, and the same hashes as before."""

import threading

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher

from carboncore.common import password_hashing
from carboncore.common.password_hashing import (
    CROWDED,
    MOST_WAITING,
    QueueingArgon2,
    SignInsBusy,
    hashing_turn,
    refuse_when_crowded,
)


def test_hashes_are_djangos():
    theirs, ours = Argon2PasswordHasher(), QueueingArgon2()

    assert ours.verify("a long passphrase", theirs.encode("a long passphrase", "saltsaltsalt"))
    assert theirs.verify("a long passphrase", ours.encode("a long passphrase", "saltsaltsalt"))
    assert not ours.verify("another", theirs.encode("a long passphrase", "saltsaltsalt"))


def test_only_one_is_inside_and_everybody_gets_in():
    inside, most, done = [0], [0], []

    def work():
        with hashing_turn():
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            with hashing_turn():  # inside a turn nothing waits
                done.append(1)
            inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (most[0], len(done), password_hashing._waiting) == (1, 20, 0)


def test_a_full_queue_says_so_at_once(monkeypatch):
    monkeypatch.setattr(password_hashing, "_waiting", MOST_WAITING)

    with pytest.raises(SignInsBusy) as refusal, hashing_turn():
        pytest.fail("it got in")

    assert (refusal.value.http_status, refusal.value.retry_after) == (503, 5)
    assert password_hashing._waiting == MOST_WAITING


def test_a_crowd_turns_sign_ins_away_before_they_count_as_tries(api_login, monkeypatch):
    monkeypatch.setattr(password_hashing, "_waiting", CROWDED)
    refused = api_login()
    monkeypatch.setattr(password_hashing, "_waiting", CROWDED - 1)
    refuse_when_crowded()

    from accounts.models import SignInAttempt

    assert refused.status_code == 503
    assert refused["Retry-After"] == "5"
    assert refused.json()["code"] == "unavailable"
    assert SignInAttempt.objects.count() == 0


@pytest.fixture
def api_login(client, transactional_db):
    body = {"email": "somebody@registry.test", "password": "a wrong one"}
    return lambda: client.post("/admin/login", body, content_type="application/json")
