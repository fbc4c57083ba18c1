"""The counts in Redis, for a server whose database should not see a statement for every write of a stranger."""

from collections.abc import Sequence
from typing import Any

import redis

from carboncore.common.rate_limits.stores import Ask, Count, StoreDown

_SECONDS = 0.5
# The same arithmetic as in PostgreSQL, by Redis's clock; a key is gone when no limit looks at it any more.
_TAKE = """
local most, seconds, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local exact = (tonumber(time[1]) + tonumber(time[2]) / 1000000) / seconds
local window = math.floor(exact)
local passed = exact - window
local kept = redis.call('HMGET', KEYS[1], 'w', 'c', 'p')
local counted, current, previous = tonumber(kept[1] or window), tonumber(kept[2] or 0), tonumber(kept[3] or 0)
if counted < window then
  if counted == window - 1 then previous = current else previous = 0 end
  current = 0
end
local granted = math.max(0, math.min(wanted, math.floor(most - current - previous * (1 - passed))))
redis.call('HSET', KEYS[1], 'w', window, 'c', current + granted, 'p', previous)
redis.call('EXPIRE', KEYS[1], 2 * seconds)
return {granted, current + granted, previous, tostring(passed)}
"""


class RedisStore:
    """Counts under `carboncore:limit:…` of the Redis (or Valkey) at an address."""

    def __init__(self, url: str) -> None:
        self._client: Any = redis.Redis.from_url(
            url, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS, health_check_interval=30
        )
        self._script = self._client.register_script(_TAKE)

    def take(self, asks: Sequence[Ask]) -> list[Count]:
        """Count the asks; each in one call that nothing can come between.

        Raises:
            StoreDown: Redis does not answer within half a second.
        """
        try:
            answers = [
                self._script(keys=[f"carboncore:limit:{ask.key}"], args=[ask.most, ask.seconds, ask.wanted])
                for ask in asks
            ]
        except redis.RedisError as error:
            raise StoreDown(str(error)) from error
        return [Count(int(a[0]), int(a[1]), int(a[2]), float(a[3])) for a in answers]
