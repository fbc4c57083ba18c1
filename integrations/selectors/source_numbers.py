"""How many readings data sources have, and how many gaps lately: for lists, at a cost that has a bound."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from carboncore.common.api.statements import fetch_named

# More readings than this are not counted one by one.
MOST_COUNTED = 100_000

_NUMBERS = """
    SELECT source.id, counted.readings, missed.gaps
    FROM unnest(%(sources)s::bigint[]) AS source(id)
    CROSS JOIN LATERAL (
        SELECT count(*) AS readings
        FROM (SELECT 1 FROM integrations_reading WHERE connection_id = source.id LIMIT %(most)s::int + 1) AS rows
    ) AS counted
    CROSS JOIN LATERAL (
        SELECT count(*) AS gaps
        FROM (SELECT starts_at, max(ends_at) OVER earlier AS covered_until
              FROM integrations_reading
              WHERE connection_id = source.id AND starts_at >= %(since)s::timestamptz
              WINDOW earlier AS (PARTITION BY reading_type, series ORDER BY starts_at, ends_at
                                 ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) AS ordered
        WHERE starts_at > covered_until
    ) AS missed
"""


@dataclass(frozen=True)
class SourceNumbers:
    """How many readings there are, of which `MOST_COUNTED` are counted, and gaps between them since a moment."""

    readings: int
    gaps: int

    @property
    def are_more(self) -> bool:
        """Tell whether there are more readings than were counted."""
        return self.readings > MOST_COUNTED


def source_numbers(*, connection_ids: Sequence[int], since: datetime) -> dict[int, SourceNumbers]:
    """Return the numbers of each data source; `since` bounds the gaps only."""
    rows = fetch_named(_NUMBERS, {"sources": list(connection_ids), "most": MOST_COUNTED, "since": since})
    return {source: SourceNumbers(readings, gaps) for source, readings, gaps in rows}
