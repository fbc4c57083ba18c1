"""The counts in PostgreSQL, where every web process finds them without another service to run.

The table is UNLOGGED: a count costs no write-ahead log, and a crash of the database forgets the counts, which harms
nobody. One statement counts any number of keys, in the order of their names, so that two requests never wait for each
other in a circle.
"""

from collections.abc import Sequence

from django.db import Error as DatabaseError
from django.db import connection

from carboncore.common.api.statements import fetch_all
from carboncore.common.rate_limits.stores import Ask, Count, StoreDown

# `granted` carries what may be taken into the row and what was taken out of it: the row is locked in between.
_TAKE = """
    INSERT INTO common_rate_limit AS kept (key, seconds, most, counted_window, current, previous, granted, taken_at)
    SELECT key, seconds, most, floor(extract(epoch FROM at) / seconds), least(wanted, most), 0, least(wanted, most), at
    FROM unnest(%s::text[], %s::int[], %s::int[], %s::int[]) AS asked (key, most, seconds, wanted),
         clock_timestamp() AS at
    ORDER BY key
    ON CONFLICT (key) DO UPDATE SET (seconds, most, counted_window, current, previous, granted, taken_at) = (
        SELECT excluded.seconds, excluded.most, now_window, used + free, before, free, excluded.taken_at
        FROM greatest(excluded.counted_window, kept.counted_window) AS now_window,
             LATERAL (SELECT
                 CASE WHEN kept.counted_window = now_window THEN kept.current ELSE 0 END AS used,
                 CASE WHEN kept.counted_window = now_window THEN kept.previous
                      WHEN kept.counted_window = now_window - 1 THEN kept.current ELSE 0 END AS before
             ) AS counts,
             LATERAL (SELECT greatest(0, least(excluded.granted, floor(excluded.most - used - before * (
                 1 - least(1, greatest(0, extract(epoch FROM excluded.taken_at) / excluded.seconds - now_window))
             ))))::int AS free) AS grants
    )
    RETURNING key, granted, current, previous,
              least(1, greatest(0, extract(epoch FROM taken_at) / seconds - counted_window))::float
"""


class PostgresStore:
    """Counts in the table `common_rate_limit`."""

    def take(self, asks: Sequence[Ask]) -> list[Count]:
        """Count the asks in a statement of its own, which holds its rows no longer than that.

        Raises:
            StoreDown: the database does not answer.
        """
        columns = [[a.key for a in asks], [a.most for a in asks], [a.seconds for a in asks], [a.wanted for a in asks]]
        try:
            rows = fetch_all(_TAKE, columns)
        except DatabaseError as error:
            raise StoreDown(str(error)) from error
        found = {key: Count(*numbers) for key, *numbers in rows}
        return [found[ask.key] for ask in asks]


def forget_old_counts() -> int:
    """Delete the counts that no limit looks at any more; return how many."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM common_rate_limit WHERE taken_at < now() - 2 * seconds * interval '1 second'")
        return cursor.rowcount
