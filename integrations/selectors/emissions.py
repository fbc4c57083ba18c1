"""Reading emissions: who may see which, the readings behind one, totals by scope, source, site, month and quality."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Max, Min

from accounts.models import User
from carboncore.common.api.statements import fetch_all, fetch_named
from integrations.emission_choices import SCOPE_3_CATEGORIES, Method
from integrations.errors import EmissionNotFound
from integrations.models import Connection, Emission

_GROUPED = """
    SELECT e.scope, e.category, e.connection_id, e.site, e.month, e.quality, e.line, e.reading_type, e.method, e.basis,
           sum(e.kg_co2e), count(*), count(e.out_of_date_at), max(e.calculated_at),
           sum(coalesce(e.low, e.kg_co2e)), sum(coalesce(e.high, e.kg_co2e))
    FROM integrations_emission e
    WHERE e.superseded_at IS NULL AND e.connection_id = ANY(%(connections)s::bigint[])
      AND e.month >= %(first)s::date AND e.month < %(until)s::date AND e.method = ANY(%(methods)s::text[])
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
"""
# `<@` between a number and a multirange takes no index; the ends of the multirange do.
_READINGS = """
    SELECT r.id, r.external_id, r.series, r.starts_at, r.ends_at, r.quantity, r.unit, r.quality, r.revision,
           coalesce(g.actual, g.forecast)
    FROM integrations_reading r
    LEFT JOIN integrations_gridintensity g
      ON %s::boolean AND g.region = %s AND g.starts_at = r.starts_at
    WHERE r.connection_id = %s AND r.id > %s AND r.id <@ %s::int8multirange
      AND r.id >= lower(%s::int8multirange) AND r.id < upper(%s::int8multirange)
    ORDER BY r.id LIMIT %s
"""


def months_later(month: date, months: int) -> date:
    """Return the first day of the month that is so many later, or earlier."""
    place = month.year * 12 + month.month - 1 + months
    return date(place // 12, place % 12 + 1, 1)


@dataclass(frozen=True, slots=True)
class Period:
    """Whole months: from the first of one up to the first of another, which is not in it."""

    first: date
    until: date

    @property
    def last(self) -> date:
        """Return the last month that is in it."""
        return months_later(self.until, -1)

    def months(self) -> list[date]:
        """Return its months in their order."""
        count = (self.until.year - self.first.year) * 12 + self.until.month - self.first.month
        return [months_later(self.first, number) for number in range(count)]

    def year_before(self) -> "Period":
        """Return the same months a year earlier."""
        return Period(self.first.replace(year=self.first.year - 1), self.until.replace(year=self.until.year - 1))


@dataclass(frozen=True, slots=True)
class Cell:
    """One group of results: everything that a summary tells apart, its kilograms and how many results they are.

    `low` and `high` bound the kilograms; they are the same where no method gives a range.
    """

    scope: int
    category: int | None
    connection_id: int
    site: str
    month: date
    quality: str
    line: str
    reading_type: str
    method: str
    basis: str
    kg_co2e: Decimal
    results: int
    out_of_date: int
    calculated_at: datetime
    low: Decimal
    high: Decimal


def connections_shown(*, user: User, organisation: uuid.UUID | None = None, only_own: bool = False) -> list[Connection]:
    """Return the data sources whose emissions a person may see: their own and their organisations', or some alone."""
    shown = Connection.objects.visible_to(user).select_related("integration", "organisation")
    if only_own:
        shown = shown.filter(owner=user)
    elif organisation is not None:
        shown = shown.filter(organisation__public_id=organisation)
    return list(shown.order_by("pk"))


def months_with_results(connections: Sequence[Connection]) -> tuple[date, date] | None:
    """Return the first and the last month that these data sources have current results in; None without any."""
    found = Emission.objects.filter(connection__in=connections, superseded_at__isnull=True).aggregate(
        first=Min("month"), last=Max("month")
    )
    return None if found["first"] is None else (found["first"], found["last"])


def emission_visible_to(*, user: User, public_id: uuid.UUID) -> Emission:
    """Return one result, superseded or not.

    Raises:
        EmissionNotFound: there is none, or it is somebody else's.
    """
    found = (
        Emission.objects.filter(public_id=public_id, connection__in=Connection.objects.visible_to(user))
        .select_related("connection__integration", "factor__factor_set", "superseded_by", "run")
        .first()
    )
    if found is None:
        raise EmissionNotFound
    return found


def readings_behind(*, emission: Emission, after: int, limit: int) -> list[tuple[Any, ...]]:
    """Return the readings that a result is made of, by id from `after` on, with the grid's intensity where it counts.

    A reading that was corrected since is shown as it is now; the result is marked out of date then.
    """
    ids = emission.reading_ids
    by_grid = "grid_region" in emission.inputs
    region = emission.inputs.get("grid_region", "")
    return fetch_all(_READINGS, [by_grid, region, emission.connection_id, after, ids, ids, ids, limit])


def cells(*, connections: Sequence[Connection], period: Period, method: str) -> list[Cell]:
    """Return the current results of a period, grouped; `method` says whose scope 2 is in it."""
    rows = fetch_named(
        _GROUPED,
        {
            "connections": [connection.pk for connection in connections],
            "first": period.first,
            "until": period.until,
            "methods": [Method.BOTH, method],
        },
    )
    return [Cell(*row) for row in rows]


def added_up(groups: Sequence[Cell], *names: str) -> dict[tuple[Any, ...], Decimal]:
    """Return the kilograms by the values of these fields, in their order."""
    found: dict[tuple[Any, ...], Decimal] = {}
    for cell in groups:
        key = tuple(getattr(cell, name) for name in names)
        found[key] = found.get(key, Decimal(0)) + cell.kg_co2e
    return dict(sorted(found.items(), key=lambda item: tuple(str(part) for part in item[0])))


def category_name(category: int | None) -> str:
    """Return the GHG Protocol's name of a scope 3 category."""
    return SCOPE_3_CATEGORIES.get(category, f"Category {category}") if category is not None else ""
