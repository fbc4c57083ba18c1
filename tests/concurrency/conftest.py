"""Real races: threads with database connections of their own, brought to the critical point together.

Nothing sleeps. A `meeting` lets its parties go on once all are there; where a lock keeps them from ever meeting, the
first to arrive waits its second in vain, and that is the lock at work.
"""

import threading
from contextlib import suppress

import pytest
from django.db import connection

from tests.stripe_fixtures import by_invoice, stripe

__all__ = ["by_invoice", "stripe"]

SECONDS = 3.0  # long enough for a busy machine, because a control in which nobody meets proves nothing


class Meeting:
    """A point that `parties` threads pass together, or one after the other when a lock keeps them apart."""

    def __init__(self, parties):
        self._barrier = threading.Barrier(parties)

    def join(self):
        with suppress(threading.BrokenBarrierError):
            self._barrier.wait(SECONDS)


@pytest.fixture
def meet_after(monkeypatch):
    """Make threads meet right after the function of that dotted name has returned."""

    def install(name, parties):
        meeting, (owner, function) = Meeting(parties), _resolve(name)

        def wrapped(*args, **kwargs):
            result = function(*args, **kwargs)
            meeting.join()
            return result

        monkeypatch.setattr(owner, function.__name__, wrapped)

    return install


@pytest.fixture
def without(monkeypatch):
    """Take a lock away for a control: the function of that dotted name does nothing, or does `instead`."""

    def remove(name, instead=None):
        owner, function = _resolve(name)
        monkeypatch.setattr(owner, function.__name__, instead or (lambda *_, **__: None))

    return remove


def _resolve(name):
    module, attribute = name.rsplit(".", 1)
    owner = __import__(module, fromlist=["_"])
    return owner, getattr(owner, attribute)


def at_once(*actions):
    """Run all actions in threads of their own; returns what each returned or raised, in order."""
    outcomes = [None] * len(actions)

    def run(index, action):
        try:
            outcomes[index] = action()
        except Exception as error:  # noqa: BLE001 - whatever it is, the test looks at it
            outcomes[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes
