"""An emissions report as a workbook: a sheet for what it is and states, and one for each table."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.http import HttpResponse

from carboncore.common.tables import Sheet, workbook_response
from integrations.reports.tables import METHOD_NAMES, Kind, ReportTable, report_tables
from integrations.selectors.report import report_digest

_WIDEST, _NARROWEST = 70, 12


def report_as_xlsx(report: Mapping[str, Any]) -> HttpResponse:
    """Answer with a report as XLSX; kilograms are numbers with the three places of the JSON."""
    sheets = [_about(report), *(_sheet(table) for table in report_tables(report))]
    return workbook_response(sheets, name=file_name(report))


def file_name(report: Mapping[str, Any]) -> str:
    """Return the name of a report's file, without its ending."""
    return f"emissions-{report['from']}-{report['to']}-{report['method']}"


def _about(report: Mapping[str, Any]) -> Sheet:
    facts: list[tuple[Any, ...]] = [
        ("Greenhouse gas emissions report", report["inventory"]["name"]),
        ("First month", report["from"]),
        ("Last month", report["to"]),
        ("Scope 2 in the total", METHOD_NAMES[report["method"]]),
        ("Total, kg CO2e", Decimal(report["total_kg_co2e"])),
        ("Latest result computed", report["calculated_at"]),
        ("Engine version", report["engine_version"]),
        ("SHA-256 of the report's JSON", report_digest(report)),
    ]
    rows: list[tuple[Any, ...]] = [*facts, (), ("Method",), *(("", words) for words in report["statement"])]
    rows += [(), ("Gaps and exclusions",), *(("", words) for words in report["gaps"])]
    heads = frozenset({0, len(facts) + 1, len(facts) + 3 + len(report["statement"])})
    return Sheet("Report", rows, (32, 100), heads)


def _sheet(table: ReportTable) -> Sheet:
    rows = [[_value(value, kind) for value, (_, kind) in zip(row, table.columns, strict=True)] for row in table.rows]
    widths = [
        min(_WIDEST, max(_NARROWEST, len(name) + 2, *(len(str(row[place] or "")) + 2 for row in table.rows)))
        for place, (name, _) in enumerate(table.columns)
    ]
    return Sheet(table.title, [[name for name, _ in table.columns], *rows], widths)


def _value(text: str | None, kind: Kind) -> Any:
    return text if text is None or kind is Kind.WORDS else Decimal(text)
