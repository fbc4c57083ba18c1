"""What a store of counts does, and the one in a process's own memory, for when the shared one cannot be reached."""

import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

_MOST_KEYS = 50_000


class StoreDown(Exception):
    """The shared store does not answer."""


@dataclass(frozen=True)
class Ask:
    """Up to `wanted` requests for a key that may have `most` in any `seconds`."""

    key: str
    most: int
    seconds: int
    wanted: int = 1


@dataclass(frozen=True)
class Count:
    """How many of the wanted were granted (they are counted already), and how the count stands after that.

    Time is cut into windows of the length of the limit. `passed` is the share of the present one that is over, 0 to 1;
    of the window before, the remaining share still counts. So the limit slides, at the price of two numbers a key.
    """

    granted: int
    current: int
    previous: int
    passed: float

    def left(self, most: int) -> int:
        """Return how many more there are at this moment."""
        return max(0, math.floor(most - self.current - self.previous * (1 - self.passed)))

    def seconds_until_one(self, most: int, seconds: int) -> int:
        """Return in how many seconds there will be one more, if nobody asks meanwhile; at least 1."""
        if self.current < most:  # enough of the window before has to pass
            wait = 1 - (most - 1 - self.current) / max(self.previous, 1) - self.passed
        else:  # this window has to end, and then enough of it to pass
            wait = 1 - self.passed + 1 - (most - 1) / self.current
        return max(1, math.ceil(wait * seconds))

    def seconds_of_window(self, seconds: int) -> int:
        """Return the seconds until the present window ends; at least 1."""
        return max(1, math.ceil((1 - self.passed) * seconds))


class Store(Protocol):
    """Counts that every process of the server sees."""

    def take(self, asks: Sequence[Ask]) -> list[Count]:
        """Count the asks and say what was granted, in their order.

        Raises:
            StoreDown: nobody counts at the moment.
        """
        ...


class MemoryStore:
    """Counts of this process alone, with the same arithmetic as the shared stores."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._counts: dict[str, tuple[int, int, int]] = {}

    def take(self, asks: Sequence[Ask]) -> list[Count]:
        """Count the asks; never fails. The oldest keys are forgotten when there are too many."""
        with self._lock:
            counts = [self._take(ask) for ask in asks]
            while len(self._counts) > _MOST_KEYS:
                del self._counts[next(iter(self._counts))]
        return counts

    def _take(self, ask: Ask) -> Count:
        exact = self._clock() / ask.seconds
        window, passed = int(exact), exact % 1
        counted, current, previous = self._counts.pop(ask.key, (window, 0, 0))
        if counted < window:
            current, previous = 0, current if counted == window - 1 else 0
        free = math.floor(ask.most - current - previous * (1 - passed))
        granted = max(0, min(ask.wanted, free))
        self._counts[ask.key] = (window, current + granted, previous)
        return Count(granted, current + granted, previous, passed)
