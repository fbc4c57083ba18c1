"""Readings on their way in that would count a time of a series twice: found in the staging table, set-based.

One way in is not to count what another one brought: half hours of a supplier's interface over the months of a file, or
a series that is shifted by some minutes. What is there stays; a record with the id of one that is there takes its
place where it covers all of its time, so that a source can correct its own and none of a month is lost to its first
half hour. What a person enters may also be shorter: they look at it.
"""

from typing import Any

LONGEST_DAYS = 367  # no reading is longer, so none that began before can reach into the time that is looked at
OVERLAPS_STORED = "The time overlaps a reading of another length that this data source has already."

# What is there and stays, within the time of what is staged; series and times decide, not ids. Of what began
# before that time only the last of each series can reach into it, because no two of a series overlap.
_OVERLAP_WITH_STORED = f"""
    WITH bounds AS (
        SELECT reading_type, min(starts_at) AS first, max(ends_at) AS last FROM integrations_reading_staged
        GROUP BY reading_type
    ), other AS MATERIALIZED (
        SELECT r.reading_type, r.series, r.starts_at, r.ends_at
        FROM (
            SELECT i.reading_type, i.series, i.starts_at, i.ends_at, i.external_id
            FROM bounds JOIN integrations_reading i ON i.reading_type = bounds.reading_type
            WHERE i.connection_id = %(connection)s::bigint
              AND i.starts_at >= bounds.first AND i.starts_at < bounds.last
            UNION ALL
            SELECT s.reading_type, s.series, i.starts_at, i.ends_at, i.external_id
            FROM (SELECT DISTINCT reading_type, series FROM integrations_reading_staged) s
            JOIN bounds ON bounds.reading_type = s.reading_type
            CROSS JOIN LATERAL (
                SELECT starts_at, ends_at, external_id FROM integrations_reading
                WHERE connection_id = %(connection)s::bigint AND reading_type = s.reading_type AND series = s.series
                  AND starts_at < bounds.first AND starts_at > bounds.first - interval '{LONGEST_DAYS} days'
                ORDER BY starts_at DESC LIMIT 1) i
            WHERE i.ends_at > bounds.first
        ) r
        WHERE NOT EXISTS (
            SELECT FROM integrations_reading_staged s
            WHERE s.external_id = r.external_id AND s.reading_type = r.reading_type
              AND (s.quality = 'entered' OR (s.starts_at <= r.starts_at AND s.ends_at >= r.ends_at)))
    ), together AS (
        SELECT NULL::tid AS place, reading_type, series, starts_at, ends_at FROM other
        UNION ALL
        SELECT ctid, reading_type, series, starts_at, ends_at FROM integrations_reading_staged
        WHERE (reading_type, series) IN (SELECT reading_type, series FROM other)
    ), beside AS (
        SELECT place, starts_at, ends_at,
               max(ends_at) FILTER (WHERE place IS NULL) OVER (
                   PARTITION BY reading_type, series ORDER BY starts_at, place NULLS FIRST
                   ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS other_before,
               min(starts_at) FILTER (WHERE place IS NULL) OVER (
                   PARTITION BY reading_type, series ORDER BY starts_at, place NULLS FIRST
                   ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS other_after
        FROM together
    )
    DELETE FROM integrations_reading_staged WHERE ctid IN (
        SELECT place FROM beside WHERE place IS NOT NULL AND (other_before > starts_at OR other_after < ends_at))
    RETURNING {{returning}}
"""  # noqa: S608 - a constant of this file


def staged_overlaps_drop(cursor: Any, *, connection_id: int, returning: str) -> list[tuple[Any, ...]]:
    """Take what overlaps a stored reading of its series out of the staging table; return these columns of each.

    The caller holds the source's row locked, so that nothing is stored between this and the merge.
    """
    cursor.execute(_OVERLAP_WITH_STORED.format(returning=returning), {"connection": connection_id})
    found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
