"""Readings added up by month and series in the database: one pass over them, however many there are."""

import re
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.db import connection

from carboncore.common.api.statements import fetch_named
from integrations.choices import ReadingType
from integrations.emissions.records import ReadingTotal
from integrations.emissions.settings import CalculationSettings
from integrations.models import GridIntensity

_RANGE = re.compile(r"\[(\d+),(\d+)\)")
# A reading belongs to the month that its middle lies in, so that a bill from the 3rd to the 2nd is one month's.
_KEYS = """
    r.reading_type, r.series,
    left(coalesce(r.payload ->> 'activity',
                  CASE WHEN r.reading_type = 'ai_usage' THEN r.payload ->> 'model' END, ''), 120),
    r.unit, r.quality,
    date_trunc('month', (r.starts_at + (r.ends_at - r.starts_at) / 2) AT TIME ZONE %(zone)s::text)::date
"""
_PLAIN = "false"
_COVERED = "(g.id IS NOT NULL)"
_GRID = """
    LEFT JOIN integrations_gridintensity g
      ON r.reading_type = 'electricity_consumption' AND g.region = %(region)s::text
     AND g.starts_at = r.starts_at AND r.ends_at = r.starts_at + interval '30 minutes'
"""
_TOTALS = """
    SELECT {keys}, {covered}, sum(r.quantity), {weighted}, count(*), min(r.id), max(r.id), min(r.starts_at),
           max(r.ends_at)
    FROM integrations_reading r {grid}
    WHERE r.connection_id = %(connection)s::bigint
    GROUP BY 1, 2, 3, 4, 5, 6, 7
    ORDER BY 1, 2, 3, 4, 5, 6, 7
"""
_WEIGHTED = "coalesce(sum(r.quantity * coalesce(g.actual, g.forecast)), 0)"
# Sorting by months in memory instead of on disk halves the time; given back at the end of the transaction.
_ROOM = "SET LOCAL work_mem = '64MB'"
_IDS = """
    SELECT {keys}, {covered}, range_agg(int8range(r.id, r.id, '[]'))::text
    FROM integrations_reading r {grid}
    WHERE r.connection_id = %(connection)s::bigint
    GROUP BY 1, 2, 3, 4, 5, 6, 7
"""


def reading_totals(*, connection_id: int, settings: CalculationSettings) -> list[ReadingTotal]:
    """Return a connection's readings added up by kind, series, name, unit, quality and month.

    Half hours whose grid intensity is known are weighted with it. Months are those of the settings' time zone.
    """
    by_grid = settings.half_hourly and GridIntensity.objects.filter(region=settings.grid_region).exists()
    parts = {
        "keys": _KEYS,
        "covered": _COVERED if by_grid else _PLAIN,
        "grid": _GRID if by_grid else "",
        "weighted": _WEIGHTED if by_grid else "0::numeric",
    }
    values = {"connection": connection_id, "zone": settings.time_zone, "region": settings.grid_region}
    with connection.cursor() as cursor:
        cursor.execute(_ROOM)
    rows = fetch_named(_TOTALS.format(**parts), values)
    ids: dict[tuple[Any, ...], str] = {}
    if any(row[9] != row[11] - row[10] + 1 for row in rows):
        # Readings of several series came in turn, so their ids do not follow on one another.
        ids = {tuple(row[:7]): row[7] for row in fetch_named(_IDS.format(**parts), values)}
    merged: dict[tuple[Any, ...], ReadingTotal] = {}
    for row in rows:
        total = _total(row, ids.get(tuple(row[:7])) or f"{{[{row[10]},{row[11] + 1})}}")
        known = merged.get(tuple(row[:6]))
        merged[tuple(row[:6])] = total if known is None else _joined(known, total)
    return list(merged.values())


def id_ranges(multirange: str) -> list[tuple[int, int]]:
    """Return the half-open ranges of a multirange's text."""
    return [(int(first), int(last)) for first, last in _RANGE.findall(multirange)]


def _total(row: tuple[Any, ...], ids: str) -> ReadingTotal:
    kind, series, text, unit, quality, month, covered, quantity, weighted, count, _, _, starts, ends = row
    total = ReadingTotal(
        reading_type=ReadingType(kind),
        series=series,
        text=text,
        unit=unit,
        quality=quality,
        month=month,
        quantity=quantity,
        count=count,
        ids=ids,
        starts_at=starts,
        ends_at=ends,
        other_ids=ids,
    )
    if not covered:
        return total
    return replace(
        total,
        covered_quantity=quantity,
        covered_count=count,
        covered_ids=ids,
        other_ids="{}",
        weighted=Decimal(weighted),
    )


def _joined(one: ReadingTotal, other: ReadingTotal) -> ReadingTotal:
    """Return the whole month out of its covered half hours and the others."""
    covered, rest = (one, other) if one.covered_count else (other, one)
    return replace(
        covered,
        quantity=one.quantity + other.quantity,
        count=one.count + other.count,
        ids=_union([*id_ranges(one.ids), *id_ranges(other.ids)]),
        starts_at=min(one.starts_at, other.starts_at),
        ends_at=max(one.ends_at, other.ends_at),
        other_ids=rest.ids,
    )


def _union(ranges: Iterable[tuple[int, int]]) -> str:
    joined: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if joined and joined[-1][1] >= first:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return "{" + ",".join(f"[{first},{last})" for first, last in joined) + "}"
