"""Telling of the same thing seldom, so that a machine that goes on trying does not fill the audit trail."""

import threading
import time
from collections import OrderedDict

_SECONDS = 3_600
_MOST = 10_000


class Seldom:
    """Says yes to a key once an hour. Each process has its own memory, of the ten thousand keys that came last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._told: OrderedDict[str, float] = OrderedDict()

    def may_tell(self, key: str) -> bool:
        """Return whether it is an hour, or longer, that this was told."""
        now = time.monotonic()
        with self._lock:
            if now - self._told.get(key, float("-inf")) < _SECONDS:
                return False
            self._told[key] = now
            self._told.move_to_end(key)
            if len(self._told) > _MOST:
                self._told.popitem(last=False)
        return True

    def forget(self) -> None:
        """Tell of everything anew."""
        with self._lock:
            self._told.clear()
