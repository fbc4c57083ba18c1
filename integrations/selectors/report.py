"""What an emissions report says beyond its totals: method, factor sets, lines, gaps; and its digest.

The one builder of a report: JSON, spreadsheet and PDF are made of what `report_of` returns.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, date
from typing import Any

import orjson

from integrations.emission_choices import Basis, Line
from integrations.emissions.arithmetic import ENGINE_VERSION, shown
from integrations.emissions.explaining import ROUNDING
from integrations.models import Emission, FactorSet
from integrations.selectors.emissions import added_up, months_later
from integrations.selectors.inventory import Inventory, summary_of

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
    "Emissions are stated in CO2 equivalents; each result's factor tells the gases apart where its publisher does.",
    "Well-to-tank emissions and losses are counted where a set publishes them: for electricity, Great Britain only.",
)


def report_of(inventory: Inventory) -> dict[str, Any]:
    """Return the summary with what a report has to state besides: method, factor sets, lines, gaps.

    All of it is text, whole numbers, lists and objects. `calculated_at` is when the latest of its results was computed.
    """
    summary = summary_of(inventory)
    calculated = [cell.calculated_at for cell in inventory.groups]
    return {
        **summary,
        "calculated_at": max(calculated).astimezone(UTC).isoformat(timespec="seconds") if calculated else None,
        "engine_version": ENGINE_VERSION,
        "statement": list(METHOD_STATEMENT),
        "gaps": _gaps(inventory, summary),
        "factor_sets": _sets(inventory),
        "by_line": [
            {"scope": scope, "line": line, "name": Line(line).label, "kg_co2e": f"{shown(kg):f}"}
            for (scope, line), kg in added_up(inventory.groups, "scope", "line").items()
        ],
        "by_basis": [
            {"basis": basis, "name": Basis(basis).label, "kg_co2e": f"{shown(kg):f}"}
            for (basis,), kg in added_up(inventory.groups, "basis").items()
        ],
    }


def report_json(report: Mapping[str, Any]) -> bytes:
    """Return a report as the very bytes that the API answers."""
    return orjson.dumps(report)


def report_digest(report: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a report's JSON in hexadecimal: what its PDF, its spreadsheet and an offset name it by."""
    return hashlib.sha256(report_json(report)).hexdigest()


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
    low, high = summary["total_kg_co2e_low"], summary["total_kg_co2e_high"]
    if low != high:
        gaps.append(
            "What language models emit is known as a range, and its middle is counted: the total lies between"
            f" {low} and {high} kg CO2e."
        )
    measured = {(cell.connection_id, cell.month) for cell in inventory.groups}
    months = {cell.month for cell in inventory.groups}
    if empty := [month for month in inventory.period.months() if months and month not in months]:
        gaps.append(f"No data source has emissions in {_named(empty)}.")
    for connection in inventory.connections:
        missing = sorted(month for month in months if (connection.pk, month) not in measured)
        if missing and len(missing) < len(months):
            gaps.append(f"{connection.display_name} has no emissions in {_named(missing)}, when other sources have.")
        elif missing and connection.disconnected_at is None:
            gaps.append(f"{connection.display_name} has no emissions in this period.")
    return [*gaps, *_ALWAYS_MISSING]


def _named(months: Sequence[date]) -> str:
    """Return months as text, those that follow on one another as a range."""
    runs: list[list[date]] = []
    for month in months:
        if runs and months_later(runs[-1][-1], 1) == month:
            runs[-1].append(month)
        else:
            runs.append([month])
    return ", ".join(f"{run[0]:%Y-%m}" if len(run) == 1 else f"{run[0]:%Y-%m} to {run[-1]:%Y-%m}" for run in runs)
