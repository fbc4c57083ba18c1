"""Series of readings as they lie in time: from where to read on, and where something is missing or counted double."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from carboncore.common.api.statements import fetch_named
from integrations.choices import ReadingType, SyncStatus, SyncType
from integrations.providers.base import Limits

MOST_GAPS = 500
# A series that ended so long before the others is of a meter that was taken away; it is not waited for.
_GONE = timedelta(days=35)

# The ends of the series that are waited for; the latest of all is looked up by kind, at the end of an index. None where
# no sync has read all there was.
_LATEST = """
    WITH latest AS MATERIALIZED (
        SELECT max(last.starts_at) AS starts_at
        FROM unnest(%(kinds)s::text[]) AS kind CROSS JOIN LATERAL (
            SELECT starts_at FROM integrations_reading
            WHERE connection_id = %(connection)s::bigint AND reading_type = kind ORDER BY starts_at DESC LIMIT 1) last
        WHERE EXISTS (
            SELECT FROM integrations_syncrun
            WHERE connection_id = %(connection)s::bigint AND sync_type = ANY(%(reads)s::text[])
              AND status = ANY(%(done)s::text[]))
    )
    SELECT max(r.starts_at)
    FROM latest JOIN integrations_reading r ON r.starts_at >= latest.starts_at - %(gone)s::interval
    WHERE r.connection_id = %(connection)s::bigint AND r.reading_type = ANY(%(kinds)s::text[])
    GROUP BY r.reading_type, r.series
"""
_READS = [each.value for each in (SyncType.SCHEDULED, SyncType.MANUAL, SyncType.WEBHOOK)]
_DONE = [SyncStatus.SUCCESS.value, SyncStatus.PARTIAL.value]
# Each reading against all that came before it: it may begin later than they end (a gap), or sooner (an overlap).
_GAPS = """
    WITH ordered AS (
        SELECT reading_type, series, starts_at, ends_at,
               max(ends_at) OVER earlier AS covered_until,
               lag(ends_at - starts_at) OVER (PARTITION BY reading_type, series ORDER BY starts_at, ends_at) AS usual
        FROM integrations_reading
        WHERE connection_id = %(connection)s::bigint AND starts_at >= %(since)s::timestamptz
        WINDOW earlier AS (PARTITION BY reading_type, series ORDER BY starts_at, ends_at
                           ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    )
    SELECT reading_type, series, covered_until, starts_at, usual
    FROM ordered
    WHERE starts_at > covered_until OR starts_at < covered_until
    ORDER BY starts_at DESC, reading_type, series
    LIMIT %(most)s::int
"""


@dataclass(frozen=True)
class Gap:
    """A time [begins, ends) of a series that no reading covers, or that two do; `missing` intervals of usual length."""

    reading_type: str
    series: str
    begins: datetime
    ends: datetime
    missing: int
    is_overlap: bool


def series_gaps(*, connection_id: int, since: datetime, most: int = MOST_GAPS) -> list[Gap]:
    """Return where a source's series have gaps or overlaps since a moment, the latest first."""
    rows = fetch_named(_GAPS, {"connection": connection_id, "since": since, "most": most})
    return [_gap(*row) for row in rows]


def read_from(*, connection_id: int, limits: Limits, now: datetime) -> datetime:
    """Return from when on a sync reads: a while before the end of the series that is least far, or all there is.

    A series that is late, because its meter was not reached, is waited for; one that ended long ago is not.
    """
    earliest = now.replace(microsecond=0) - limits.history
    asked = {"connection": connection_id, "kinds": ReadingType.values, "reads": _READS, "done": _DONE, "gone": _GONE}
    waited_for = [moment for (moment,) in fetch_named(_LATEST, asked)]
    return max(earliest, min(waited_for) - limits.reread) if waited_for else earliest


def _gap(kind: str, series: str, covered_until: datetime, starts_at: datetime, usual: timedelta, *_: Any) -> Gap:
    is_overlap = starts_at < covered_until
    begins, ends = (starts_at, covered_until) if is_overlap else (covered_until, starts_at)
    missing = 0 if is_overlap or not usual else round((ends - begins) / usual)
    return Gap(kind, series, begins, ends, missing, is_overlap)
