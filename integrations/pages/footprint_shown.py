"""How a report's figures are laid out on the footprint's page: cards, bars and the chart of months."""

from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.safestring import mark_safe

from integrations.reports.month_chart import month_chart
from integrations.reports.tables import METHOD_NAMES, ReportTable, report_tables

Months = tuple[date, date] | None
_TONNES = Decimal("0.001")
# Titles of the report's tables whose rows are a name, kilograms and a share.
_WITH_BARS = ("Sources", "Sites", "Activities", "Scope 3 categories", "Data quality")


def footprint_shown(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the template shows of a report; quantities as text or Decimal, the drawings as safe SVG."""
    tables = {table.title: table for table in report_tables(report)}
    chart = report["charts"]["by_month"]
    other = "market" if report["method"] == "location" else "location"
    before = chart["year_before"]["values"]
    # Months are compared that were not measured a year before: the change would look like one of consumption.
    measured = zip(*(part["values"] for part in chart["series"]), strict=True)
    missing = sum(
        was is None and any(value is not None for value in now) for now, was in zip(measured, before, strict=True)
    )
    return {
        "tonnes": (Decimal(report["total_kg_co2e"]) / 1000).quantize(_TONNES, rounding=ROUND_HALF_UP),
        "scopes": [_scope(row) for row in tables["Scopes"].rows[:-1]],
        "change": _change(report["year_before"]["change_percent"]),
        "method_name": METHOD_NAMES[report["method"]],
        "other_method_name": METHOD_NAMES[other],
        "other_scope_2": report["scope_2"][other],
        # The drawing's only text from outside are months and numbers; see `month_chart`.
        "wide_chart": mark_safe(month_chart(chart)),  # noqa: S308
        "narrow_chart": mark_safe(month_chart(chart, width=340, height=240)),  # noqa: S308
        "has_before": any(value is not None for value in before),
        "missing_before": missing,
        "month_rows": tables["Months"].rows if "Months" in tables else [],
        "bars": [_bars(tables[title]) for title in _WITH_BARS if title in tables and _tells(tables[title])],
    }


def month(first: date) -> str:
    """Return a month as addresses have it."""
    return f"{first:%Y-%m}"


def _scope(row: Any) -> dict[str, Any]:
    name, words, kilograms, share, before, change = row
    return {
        "name": name,
        "words": words,
        "kg": kilograms,
        "share": share,
        "before": before,
        "change": _change(change),
    }


def _bars(table: ReportTable) -> dict[str, Any]:
    rows = sorted(table.rows, key=lambda row: (-Decimal(row[1] or 0), row[0] or ""))
    most = max(Decimal(row[1] or 0) for row in rows)
    return {
        "id": table.title.lower().replace(" ", "-"),
        "title": table.words.rstrip("."),
        "name": table.columns[0][0],
        "rows": [
            {
                "name": name,
                "kg": kilograms,
                "share": share,
                "width": f"{Decimal(kilograms or 0) * 100 / most:.1f}" if most else "0",
            }
            for name, kilograms, share in rows
        ],
    }


def _tells(table: ReportTable) -> bool:
    """Tell whether a table says more than the total does: one nameless site does not."""
    return table.title != "Sites" or len(table.rows) > 1


def _change(percent: str | None) -> str:
    """Return a change with its sign: `+12.0 %`, `−57.3 %`; empty for want of a year before."""
    if percent is None:
        return ""
    return f"−{percent[1:]} %" if percent.startswith("-") else f"+{percent} %"
