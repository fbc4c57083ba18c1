"""What the charts of a footprint show: the figures of the dashboard's JSON, of the page and of the PDF alike."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from integrations.emissions.arithmetic import shown
from integrations.selectors.emissions import Cell, Period, added_up, category_name, months_later

SCOPES = (1, 2, 3)


def charts_of(
    *, period: Period, groups: Sequence[Cell], before: Sequence[Cell], sources: Mapping[int, str]
) -> dict[str, Any]:
    """Return the charts by name: labels, and series of as many values: kilograms of CO2e with three places, as text.

    A month without any result is null, not zero: nothing was measured there. Sources and categories come largest first.
    """
    now, then = added_up(groups, "scope"), added_up(before, "scope")
    return {
        "unit": "kg CO2e",
        "by_month": _by_month(period, groups, before),
        "by_scope": {
            "labels": [f"Scope {scope}" for scope in SCOPES],
            "series": [
                {"name": "This period", "values": [_text(now.get((scope,), Decimal(0))) for scope in SCOPES]},
                {"name": "A year before", "values": [_text(then.get((scope,), Decimal(0))) for scope in SCOPES]},
            ],
        },
        "by_source": _largest_first(added_up(groups, "connection_id"), sources),
        "by_category": _largest_first(
            added_up([cell for cell in groups if cell.scope == 3], "category"),
            {cell.category: category_name(cell.category) for cell in groups},
        ),
    }


def _by_month(period: Period, groups: Sequence[Cell], before: Sequence[Cell]) -> dict[str, Any]:
    months = period.months()
    by_scope, by_month = added_up(groups, "month", "scope"), added_up(groups, "month")
    then = {months_later(month, 12): kg for (month,), kg in added_up(before, "month").items()}

    def value(month: date, scope: int) -> str | None:
        return _text(by_scope.get((month, scope), Decimal(0))) if (month,) in by_month else None

    return {
        "labels": [f"{month:%Y-%m}" for month in months],
        "series": [{"name": f"Scope {scope}", "values": [value(month, scope) for month in months]} for scope in SCOPES],
        "year_before": {
            "name": "A year before",
            "values": [_text(then[month]) if month in then else None for month in months],
        },
    }


def _largest_first(sums: Mapping[tuple[Any, ...], Decimal], names: Mapping[Any, str]) -> dict[str, Any]:
    ordered = sorted(sums.items(), key=lambda item: (-item[1], names[item[0][0]]))
    return {
        "labels": [names[key] for (key,), _ in ordered],
        "series": [{"name": "This period", "values": [_text(kg) for _, kg in ordered]}],
    }


def _text(kg: Decimal) -> str:
    return f"{shown(kg):f}"
