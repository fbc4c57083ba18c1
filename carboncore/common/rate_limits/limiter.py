"""Judges requests by the counts of the store, and spares it those that can be judged without."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from math import ceil

from django.conf import settings

from carboncore.common.rate_limits.scopes import SCOPES, Rate
from carboncore.common.rate_limits.stores import Ask, Count, MemoryStore, Store, StoreDown

logger = logging.getLogger(__name__)

# A process draws at most the fiftieth part of a limit at a time: what it holds and does not use is lost to its caller
# for this window, so that even many processes together hold little of it. It begins with a five-hundredth.
_LARGEST_SHARE, _FIRST_SHARE = 50, 500
_MOST_LEASES = 50_000
_SECONDS_BEFORE_ASKING_A_SILENT_STORE_AGAIN = 5.0


@dataclass(frozen=True)
class Verdict:
    """Whether a request may go on, and what its answer tells about the limit that is nearest to being reached."""

    allowed: bool
    scope: str
    limit: int
    remaining: int
    reset: int  # seconds until the window ends or, when refused, until the next request counts

    def headers(self) -> dict[str, str]:
        """Return the headers of the answer."""
        found = {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset),
        }
        return found if self.allowed else {**found, "Retry-After": str(self.reset)}


@dataclass
class _Lease:
    """What this process holds of one key's allowance until the end of the window, or that there is none until then."""

    until: float
    chunk: int
    left: int = 0
    more: int = 0  # what the store had left when it was last asked


class Limiter:
    """Judges for one process; threads share it."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.monotonic) -> None:
        self._store, self._own = store, MemoryStore()
        self._clock = clock
        self._lock = threading.Lock()
        self._leases: dict[str, _Lease] = {}
        self._silent_until = 0.0

    def judge(self, asked: Sequence[tuple[str, str]]) -> Verdict | None:
        """Count one request under each (scope, caller) and say whether all of them allow it; None without a limit."""
        limits = settings.RATE_LIMITS
        verdicts, unknown = [], []
        for scope, caller in asked:
            rate = limits[scope]
            if rate is None:
                continue
            key = _key(scope, caller)
            verdict = self._by_lease(scope, rate, key)
            if verdict:
                verdicts.append(verdict)
            else:
                unknown.append((scope, rate, key))
        if unknown and all(verdict.allowed for verdict in verdicts):
            verdicts += self._by_store(unknown)
        return min(verdicts, key=_nearness) if verdicts else None

    def _by_lease(self, scope: str, rate: Rate, key: str) -> Verdict | None:
        now = self._clock()
        with self._lock:
            lease = self._leases.get(key)
            if lease is None or lease.until <= now:
                return None
            if lease.chunk == 0:
                return Verdict(False, scope, rate.most, 0, ceil(lease.until - now))
            if lease.left == 0:
                return None
            lease.left -= 1
            return Verdict(True, scope, rate.most, lease.left + lease.more, ceil(lease.until - now))

    def _by_store(self, unknown: list[tuple[str, Rate, str]]) -> list[Verdict]:
        asks = [Ask(key, rate.most, rate.seconds, self._chunk(scope, rate, key)) for scope, rate, key in unknown]
        counts = self._take(asks)
        return [
            self._settle(scope, rate, ask, count)
            for (scope, rate, _), ask, count in zip(unknown, asks, counts, strict=True)
        ]

    def _chunk(self, scope: str, rate: Rate, key: str) -> int:
        if not SCOPES[scope].leased:
            return 1
        before = self._leases.get(key)
        wanted = before.chunk * 2 if before and before.chunk else max(1, rate.most // _FIRST_SHARE)
        return min(wanted, max(1, rate.most // _LARGEST_SHARE))

    def _take(self, asks: list[Ask]) -> list[Count]:
        """Ask the store; one that is silent is left alone for a while, and each process counts for itself."""
        if self._clock() >= self._silent_until:
            try:
                return self._store.take(asks)
            except StoreDown as error:
                self._silent_until = self._clock() + _SECONDS_BEFORE_ASKING_A_SILENT_STORE_AGAIN
                logger.error("Rate limits are counted by each process alone: the shared store is down (%s)", error)
        return self._own.take(asks)

    def _settle(self, scope: str, rate: Rate, ask: Ask, count: Count) -> Verdict:
        now, more = self._clock(), count.left(rate.most)
        with self._lock:
            if count.granted == 0:
                wait = count.seconds_until_one(rate.most, rate.seconds)
                self._keep(ask.key, _Lease(until=now + wait, chunk=0))
                return Verdict(False, scope, rate.most, 0, wait)
            reset = count.seconds_of_window(rate.seconds)
            left = count.granted - 1
            if SCOPES[scope].leased:
                held = self._leases.get(ask.key)
                if held and held.until > now:  # another thread was as quick
                    left += held.left
                self._keep(ask.key, _Lease(now + (1 - count.passed) * rate.seconds, ask.wanted, left, more))
            return Verdict(True, scope, rate.most, left + more, reset)

    def _keep(self, key: str, lease: _Lease) -> None:
        self._leases.pop(key, None)
        self._leases[key] = lease
        while len(self._leases) > _MOST_LEASES:
            del self._leases[next(iter(self._leases))]


def _nearness(verdict: Verdict) -> tuple[bool, float]:
    if not verdict.allowed:
        return (False, -verdict.reset)
    return (True, verdict.remaining / verdict.limit)


@lru_cache(maxsize=50_000)
def _key(scope: str, caller: str) -> str:
    """Return the name that the store sees: nobody can read an address or an account out of it."""
    secret = settings.SECRET_KEY.encode()[:64]
    return f"{scope}:{blake2b(caller.encode(), key=secret, digest_size=12).hexdigest()}"


@lru_cache(maxsize=1)
def limiter() -> Limiter:
    """Return this process's limiter, on the store that the settings name."""
    if settings.REDIS_URL:
        from carboncore.common.rate_limits.redis_store import (
            RedisStore,
        )  # needs no Redis client where there is no Redis

        return Limiter(RedisStore(settings.REDIS_URL))
    from carboncore.common.rate_limits.postgres_store import PostgresStore

    return Limiter(PostgresStore())
