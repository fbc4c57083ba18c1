"""Argon2 for a server that is being attacked: each process hashes one password at a time.

A hash takes much memory and all of a core for a moment, on purpose. Thirty guesses that arrive together would take
gigabytes and every thread; so they queue, the queue is short, and who finds it full is told so at once. While some
wait, a process rests after each hash for as long as it took: half of the machine is left for everybody else.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connection

from carboncore.common.errors import RegistryError

MOST_WAITING = 24  # of the 32 threads of a process
CROWDED = 12

_one = threading.Lock()
_counting = threading.Lock()
_waiting = 0
_rest_until = 0.0
_held = threading.local()


class SignInsBusy(RegistryError):
    """So many passwords are being checked that this one would wait for long."""

    code = "unavailable"
    http_status = 503
    retry_after = 5

    def __init__(self) -> None:
        super().__init__("Too many people are signing in right now. Try again in a few seconds.")


def refuse_when_crowded() -> None:
    """Refuse a sign-in while many wait, before it is counted as a try.

    Raises:
        SignInsBusy: twelve or more wait.
    """
    if _waiting >= CROWDED:
        raise SignInsBusy


@contextmanager
def hashing_turn() -> Iterator[None]:
    """Wait for this process's turn to hash; inside it, hashing waits for nothing.

    Raises:
        SignInsBusy: 24 others wait already.
    """
    global _waiting, _rest_until  # noqa: PLW0603 - one queue a process
    if getattr(_held, "turn", False):
        yield
        return
    with _counting:
        if _waiting >= MOST_WAITING:
            raise SignInsBusy
        _waiting += 1
    try:
        if not _one.acquire(blocking=False):
            _give_connection_back()
            _one.acquire()
    finally:
        with _counting:
            _waiting -= 1
    if (rest := _rest_until - time.monotonic()) > 0:
        _give_connection_back()
        time.sleep(rest)
    begun = time.monotonic()
    _held.turn = True
    try:
        yield
    finally:
        _held.turn = False
        now = time.monotonic()
        _rest_until = now + (now - begun)
        _one.release()


def _give_connection_back() -> None:
    """Let others have the database while this thread waits; the next statement takes a connection again."""
    if not connection.in_atomic_block:
        connection.close()


class QueueingArgon2(Argon2PasswordHasher):
    """Django's hasher, in turn, and on one core instead of eight; hashes of other costs stay good.

    64 MiB twice over: three times what OWASP asks for at least (19 MiB twice over, one lane).
    """

    time_cost, memory_cost, parallelism = 2, 65_536, 1

    def encode(self, password: str, salt: str) -> str:
        with hashing_turn():
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        with hashing_turn():
            result: Any = super().verify(password, encoded)
            return bool(result)
