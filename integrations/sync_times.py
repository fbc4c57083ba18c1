"""When a data source is read: spread over its period, never on the hour or half hour, later after each failure."""

import hashlib
import secrets
import uuid
from datetime import UTC, datetime, timedelta

from integrations.choices import SyncFrequency

_HALF_HOUR = 1800
# Everybody else's schedules begin on the hour and the half hour, and providers ask to keep away from them.
_KEPT_FREE = 120
PERIODS = {
    SyncFrequency.HALF_HOURLY: timedelta(minutes=30),
    SyncFrequency.HOURLY: timedelta(hours=1),
    SyncFrequency.DAILY: timedelta(days=1),
    SyncFrequency.WEEKLY: timedelta(days=7),
}
_FIRST_WAIT = timedelta(minutes=5)
_LONGEST_WAIT = timedelta(hours=6)


def offset_of(public_id: uuid.UUID, period: timedelta) -> timedelta:
    """Return where in each period a data source has its turn: always the same, and spread over all sources."""
    number = int.from_bytes(hashlib.sha256(public_id.bytes).digest()[:8], "big")
    half_hours = int(period.total_seconds()) // _HALF_HOUR
    within, number = number % (_HALF_HOUR - 2 * _KEPT_FREE), number // (_HALF_HOUR - 2 * _KEPT_FREE)
    return timedelta(seconds=number % half_hours * _HALF_HOUR + _KEPT_FREE + within)


def next_turn(public_id: uuid.UUID, frequency: str, after: datetime) -> datetime | None:
    """Return a source's next turn after a moment; None for one that is only read when asked."""
    if frequency == SyncFrequency.MANUAL:
        return None
    period = PERIODS[SyncFrequency(frequency)]
    offset = offset_of(public_id, period)
    begin = datetime(1970, 1, 1, tzinfo=UTC) + offset
    turns = (after - begin) // period + 1
    return begin + turns * period


def wait_after(failures: int, *, asked: int | None = None) -> timedelta:
    """Return how long to wait after so many failures in a row: doubled each time, up to six hours.

    At least the seconds that the provider `asked` for. A third of it is chance, so that those who failed together do
    not come back together.
    """
    wait = min(_FIRST_WAIT * 2 ** min(max(failures - 1, 0), 10), _LONGEST_WAIT)
    least = max(wait, timedelta(seconds=asked or 0))
    return least + timedelta(seconds=secrets.randbelow(int(least.total_seconds()) // 3 + 1))
