"""The tables of an emissions report, the same for the spreadsheet and for the PDF; their figures are the JSON's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum
from typing import Any

# The GHG Protocol's names of the scopes.
SCOPE_NAMES = {
    1: "Direct emissions",
    2: "Indirect emissions from purchased electricity and heat",
    3: "Other indirect emissions",
}
METHOD_NAMES = {"location": "location-based", "market": "market-based"}
NO_SITE = "No site named"
_TENTH = Decimal("0.1")


class Kind(Enum):
    """What a column holds."""

    WORDS = "words"
    KILOGRAMS = "kilograms"
    PERCENT = "percent"
    NUMBER = "number"


@dataclass(frozen=True)
class ReportTable:
    """One table: a short title, what it shows, columns by name and kind, rows of text; None for want of a figure."""

    title: str
    words: str
    columns: Sequence[tuple[str, Kind]]
    rows: Sequence[Sequence[str | None]]


_KG, _SHARE = ("kg CO2e", Kind.KILOGRAMS), ("% of total", Kind.PERCENT)


def report_tables(report: Mapping[str, Any]) -> list[ReportTable]:
    """Return the tables of a report in the order in which they are read; one without rows is left out."""
    total = Decimal(report["total_kg_co2e"])
    shares = [
        ("Sources", "By data source.", "Data source", [(row["name"], row) for row in report["by_source"]]),
        ("Sites", "By site.", "Site", [(row["site"] or NO_SITE, row) for row in report["by_site"]]),
        ("Activities", "By activity.", "Activity", [(row["name"], row) for row in report["by_activity"]]),
        (
            "Scope 3 categories",
            "Scope 3 by the GHG Protocol's categories.",
            "Category",
            [(f"{row['category']} {row['name']}", row) for row in report["by_category"]],
        ),
        (
            "Data quality",
            "How the activity data came about.",
            "Data quality",
            [(row["name"], row) for row in report["by_quality"]],
        ),
        (
            "Basis",
            "What activity data were multiplied with.",
            "Basis",
            [(row["name"], row) for row in report["by_basis"]],
        ),
    ]
    tables = [
        _scopes(report, total),
        _scope_2(report),
        _months(report),
        *(
            ReportTable(
                title,
                words,
                [(name, Kind.WORDS), _KG, _SHARE],
                [(label, row["kg_co2e"], share(row["kg_co2e"], total)) for label, row in rows],
            )
            for title, words, name, rows in shares
        ),
        _lines(report),
        _not_counted(report),
        _factor_sets(report),
    ]
    return [table for table in tables if table.rows]


def share(part: str, total: Decimal) -> str:
    """Return how many per cent of the total a part is, with one place."""
    return f"{(Decimal(part) * 100 / total).quantize(_TENTH, rounding=ROUND_HALF_UP):f}" if total else "0.0"


def _scopes(report: Mapping[str, Any], total: Decimal) -> ReportTable:
    now = {row["scope"]: row["kg_co2e"] for row in report["by_scope"]}
    then = {row["scope"]: row for row in report["year_before"]["by_scope"]}
    rows: list[Sequence[str | None]] = [
        (
            f"Scope {scope}",
            name if scope != 2 else f"{name}, {METHOD_NAMES[report['method']]}",
            now.get(scope),
            share(now[scope], total) if scope in now else None,
            then[scope]["kg_co2e"] if scope in then else None,
            then[scope]["change_percent"] if scope in then else None,
        )
        for scope, name in SCOPE_NAMES.items()
    ]
    before = report["year_before"]
    rows.append(
        (
            "Total",
            "",
            report["total_kg_co2e"],
            "100.0" if total else "0.0",
            before["total_kg_co2e"] if before["by_scope"] else None,
            before["change_percent"],
        )
    )
    columns = [
        *(("Scope", Kind.WORDS), ("Emissions", Kind.WORDS), _KG, _SHARE),
        *(("A year before, kg CO2e", Kind.KILOGRAMS), ("Change %", Kind.PERCENT)),
    ]
    return ReportTable("Scopes", "By scope, beside the same months a year before.", columns, rows)


def _scope_2(report: Mapping[str, Any]) -> ReportTable:
    rows = [
        (METHOD_NAMES[method].capitalize(), kg, "yes" if method == report["method"] else "no")
        for method, kg in report["scope_2"].items()
    ]
    columns = [("Method", Kind.WORDS), _KG, ("In the total", Kind.WORDS)]
    return ReportTable("Scope 2 methods", "Scope 2 by both methods; one of them is in the total.", columns, rows)


def _months(report: Mapping[str, Any]) -> ReportTable:
    rows = [
        (row["month"], row["kg_co2e"], row["scope_1"], row["scope_2"], row["scope_3"]) for row in report["by_month"]
    ]
    scopes = [(f"Scope {scope}", Kind.KILOGRAMS) for scope in SCOPE_NAMES]
    return ReportTable("Months", "By month, kg CO2e.", [("Month", Kind.WORDS), _KG, *scopes], rows)


def _lines(report: Mapping[str, Any]) -> ReportTable:
    rows = [(f"Scope {row['scope']}", row["name"], row["kg_co2e"]) for row in report["by_line"]]
    columns = [("Scope", Kind.WORDS), ("Line", Kind.WORDS), _KG]
    return ReportTable("Lines", "By the lines that an activity's emissions are reported in.", columns, rows)


def _not_counted(report: Mapping[str, Any]) -> ReportTable:
    rows = [
        (row["name"] or row["type"], row["quantity"], row["unit"], str(row["readings"]), row["message"])
        for row in report["unmatched"]
    ]
    columns = [
        *(("Activity", Kind.WORDS), ("Quantity", Kind.NUMBER), ("Unit", Kind.WORDS)),
        *(("Readings", Kind.NUMBER), ("Why it is in no total", Kind.WORDS)),
    ]
    return ReportTable("Not counted", "Activity data that no factor is known for; in no total.", columns, rows)


def _factor_sets(report: Mapping[str, Any]) -> ReportTable:
    rows = [
        (row["set"], row["name"], row["gwp_basis"], row["source"], row["licence"], row["note"])
        for row in report["factor_sets"]
    ]
    names = ("Set", "Published as", "GWP", "Source", "Licence", "Note")
    return ReportTable(
        "Factor sets", "Emission factors, their source and licence.", [(name, Kind.WORDS) for name in names], rows
    )
