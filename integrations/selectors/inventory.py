"""A greenhouse gas inventory of a period in the GHG Protocol's words: totals, the year before, the method, the gaps."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from accounts.models import User
from integrations.choices import ReadingQuality, ReadingType
from integrations.emission_choices import Basis, Line, Method
from integrations.emissions.arithmetic import ENGINE_VERSION, shown
from integrations.emissions.explaining import ROUNDING
from integrations.models import Connection, Emission, FactorSet, UnmatchedActivity
from integrations.selectors.emissions import Cell, Period, added_up, category_name, cells, connections_shown

_PERCENT = Decimal("0.1")
METHOD_STATEMENT = (
    (
        "Prepared after the GHG Protocol Corporate Standard: activity data times emission factors, in CO2 equivalents"
        " over 100 years."
    ),
    (
        "Scope 2 is computed by both methods of the Scope 2 Guidance. The location-based figure uses the grid's"
        " average, and for half hours whose intensity is known that intensity; the market-based figure uses"
        " contractual instruments where they are recorded, and the grid's average for want of a residual mix where"
        " they are not."
    ),
    "Transmission and distribution losses and well-to-tank emissions are reported apart, in scope 3.",
    (
        "A reading counts in the month that its middle lies in, with the factors of that month's year; where a year"
        " has none, with the newest before it or else the earliest after it, and the result says so."
    ),
    ROUNDING,
)
_ALWAYS_MISSING = (
    "Only what the data sources measure is counted: scope 3 categories without a data source are not estimated.",
    "Biogenic CO2 outside the scopes and gases outside the Kyoto Protocol are not reported.",
    "Well-to-tank emissions and losses are counted where a set publishes them: for electricity, Great Britain only.",
)


@dataclass(frozen=True, slots=True)
class Inventory:
    """The results of a period and of the same months a year before, grouped, and whose they are."""

    connections: Sequence[Connection]
    period: Period
    method: str
    groups: Sequence[Cell]
    before: Sequence[Cell]
    other_scope_2: Decimal


def inventory_of(*, user: User, period: Period, method: str, organisation: uuid.UUID | None = None) -> Inventory:
    """Return the inventory of what a person may see, or of one organisation of theirs; scope 2 by `method`."""
    connections = connections_shown(user=user, organisation=organisation)
    other = Method.MARKET if method == Method.LOCATION else Method.LOCATION
    return Inventory(
        connections=connections,
        period=period,
        method=method,
        groups=cells(connections=connections, period=period, method=method),
        before=cells(connections=connections, period=period.year_before(), method=method),
        other_scope_2=_scope_2(cells(connections=connections, period=period, method=other)),
    )


def summary_of(inventory: Inventory) -> dict[str, Any]:
    """Return the totals as the API answers them; kilograms of CO2e with three places, as text."""
    groups = inventory.groups
    total = _total(groups)
    names = {connection.pk: connection for connection in inventory.connections}
    own = _scope_2(groups)
    location, market = (
        (own, inventory.other_scope_2) if inventory.method == Method.LOCATION else (inventory.other_scope_2, own)
    )
    return {
        "from": f"{inventory.period.first:%Y-%m}",
        "until": f"{inventory.period.until:%Y-%m}",
        "method": str(inventory.method),
        "total_kg_co2e": _text(total),
        "scope_2": {"location": _text(location), "market": _text(market)},
        "by_scope": [{"scope": scope, "kg_co2e": _text(kg)} for (scope,), kg in added_up(groups, "scope").items()],
        "by_category": [
            {"category": category, "name": category_name(category), "kg_co2e": _text(kg)}
            for (category,), kg in added_up([cell for cell in groups if cell.scope == 3], "category").items()
        ],
        "by_source": [
            {
                "datasource": str(names[pk].public_id),
                "name": names[pk].display_name,
                "provider": names[pk].integration.provider,
                "kg_co2e": _text(kg),
            }
            for (pk,), kg in added_up(groups, "connection_id").items()
        ],
        "by_activity": [
            {"type": kind, "name": ReadingType(kind).label, "kg_co2e": _text(kg)}
            for (kind,), kg in added_up(groups, "reading_type").items()
        ],
        "by_site": [{"site": site, "kg_co2e": _text(kg)} for (site,), kg in added_up(groups, "site").items()],
        "by_month": _months(groups),
        "by_quality": [
            {
                "quality": quality,
                "name": ReadingQuality(quality).label,
                "kg_co2e": _text(kg),
                "percent": _percent(kg, total),
            }
            for (quality,), kg in added_up(groups, "quality").items()
        ],
        "year_before": _compared(groups, inventory.before),
        "results": sum(cell.results for cell in groups),
        "out_of_date": sum(cell.out_of_date for cell in groups),
        "unmatched": _unmatched(inventory),
    }


def report_of(inventory: Inventory) -> dict[str, Any]:
    """Return the summary with what a report has to state besides: method, factor sets, lines, gaps."""
    summary = summary_of(inventory)
    return {
        **summary,
        "engine_version": ENGINE_VERSION,
        "statement": list(METHOD_STATEMENT),
        "gaps": _gaps(inventory, summary),
        "factor_sets": _sets(inventory),
        "by_line": [
            {"scope": scope, "line": line, "name": Line(line).label, "kg_co2e": _text(kg)}
            for (scope, line), kg in added_up(inventory.groups, "scope", "line").items()
        ],
        "by_basis": [
            {"basis": basis, "name": Basis(basis).label, "kg_co2e": _text(kg)}
            for (basis,), kg in added_up(inventory.groups, "basis").items()
        ],
    }


def _months(groups: Sequence[Cell]) -> list[dict[str, Any]]:
    by_scope = added_up(groups, "month", "scope")
    return [
        {
            "month": f"{month:%Y-%m}",
            "kg_co2e": _text(kg),
            **{f"scope_{scope}": _text(by_scope.get((month, scope), Decimal(0))) for scope in (1, 2, 3)},
        }
        for (month,), kg in added_up(groups, "month").items()
    ]


def _compared(groups: Sequence[Cell], before: Sequence[Cell]) -> dict[str, Any]:
    now, then = added_up(groups, "scope"), added_up(before, "scope")
    return {
        "total_kg_co2e": _text(_total(before)),
        "change_percent": _change(_total(groups), _total(before)),
        "by_scope": [
            {
                "scope": scope,
                "kg_co2e": _text(then.get((scope,), Decimal(0))),
                "change_percent": _change(now.get((scope,), Decimal(0)), then.get((scope,), Decimal(0))),
            }
            for scope in (1, 2, 3)
            if (scope,) in now or (scope,) in then
        ],
    }


def _unmatched(inventory: Inventory) -> list[dict[str, Any]]:
    rows = UnmatchedActivity.objects.filter(
        connection__in=inventory.connections,
        first_month__lt=inventory.period.until,
        last_month__gte=inventory.period.first,
    ).select_related("connection")
    return [
        {
            "datasource": str(row.connection.public_id),
            "type": row.reading_type,
            "name": row.text,
            "quantity": f"{row.quantity:f}",
            "unit": row.unit,
            "readings": row.reading_count,
            "reason": row.reason,
            "message": row.message,
        }
        for row in rows
    ]


def _sets(inventory: Inventory) -> list[dict[str, Any]]:
    used = Emission.objects.filter(
        superseded_at__isnull=True,
        connection__in=inventory.connections,
        month__gte=inventory.period.first,
        month__lt=inventory.period.until,
        factor__isnull=False,
    )
    sets = FactorSet.objects.filter(pk__in=used.values("factor__factor_set")).order_by("publisher", "year", "pk")
    return [
        {
            "set": str(row),
            "name": row.name,
            "gwp_basis": row.gwp_basis,
            "licence": row.licence,
            "source": row.source,
            "note": row.note,
        }
        for row in sets
    ]


def _gaps(inventory: Inventory, summary: Mapping[str, Any]) -> list[str]:
    gaps = [
        f"Readings of {row['name'] or row['type']} are in no total ({row['readings']:,}, together {row['quantity']}"
        f" {row['unit']}): {row['message']}"
        for row in summary["unmatched"]
    ]
    if summary["out_of_date"]:
        gaps.append(f"{summary['out_of_date']:,} results are out of date: their readings were corrected since.")
    measured = {(cell.connection_id, cell.month) for cell in inventory.groups}
    months = {cell.month for cell in inventory.groups}
    for connection in inventory.connections:
        missing = sorted(month for month in months if (connection.pk, month) not in measured)
        if missing and len(missing) < len(months):
            named = ", ".join(f"{month:%Y-%m}" for month in missing)
            gaps.append(f"{connection.display_name} has no emissions in {named}, when other sources have.")
    return [*gaps, *_ALWAYS_MISSING]


def _total(groups: Sequence[Cell]) -> Decimal:
    return sum((cell.kg_co2e for cell in groups), Decimal(0))


def _scope_2(groups: Sequence[Cell]) -> Decimal:
    return _total([cell for cell in groups if cell.scope == 2])


def _text(kg: Decimal) -> str:
    return f"{shown(kg):f}"


def _percent(part: Decimal, whole: Decimal) -> str:
    return f"{(part * 100 / whole).quantize(_PERCENT, rounding=ROUND_HALF_UP):f}" if whole else "0.0"


def _change(now: Decimal, then: Decimal) -> str | None:
    return f"{((now - then) * 100 / then).quantize(_PERCENT, rounding=ROUND_HALF_UP):f}" if then else None
