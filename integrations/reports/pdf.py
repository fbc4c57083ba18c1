"""An emissions report as PDF/A: the same report gives the same bytes."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.http import HttpResponse

from integrations.reports.month_chart import month_chart
from integrations.reports.spreadsheet import file_name
from integrations.reports.tables import METHOD_NAMES, report_tables
from integrations.selectors.report import report_digest
from transactions.certificates import document_pdf

_TEMPLATE = Path(__file__).parent / "templates" / "emissions_report.typ"


def report_as_pdf(report: Mapping[str, Any]) -> HttpResponse:
    """Answer with a report as a document to keep."""
    headers = {"Content-Disposition": f'attachment; filename="{file_name(report)}.pdf"'}
    return HttpResponse(report_pdf(report), content_type="application/pdf", headers=headers)


def report_pdf(report: Mapping[str, Any]) -> bytes:
    """Return a report as a PDF/A-2b file; its time is when the latest of its results was computed."""
    before = report["year_before"]
    data = {
        "holder": report["inventory"]["name"],
        "is_everything": report["inventory"]["of"] == "everything",
        "from": report["from"],
        "to": report["to"],
        "method": METHOD_NAMES[report["method"]],
        "total": report["total_kg_co2e"],
        "change": before["change_percent"],
        "calculated_at": report["calculated_at"],
        "engine_version": report["engine_version"],
        "digest": report_digest(report),
        "chart": month_chart(report["charts"]["by_month"]),
        "tables": [
            {
                "title": table.title,
                "words": table.words,
                "columns": [[name, kind.value] for name, kind in table.columns],
                "rows": table.rows,
            }
            for table in report_tables(report)
        ],
        "gaps": report["gaps"],
        "statement": report["statement"],
    }
    return document_pdf(_TEMPLATE, data, at=_made_at(report))


def _made_at(report: Mapping[str, Any]) -> datetime:
    if report["calculated_at"]:
        return datetime.fromisoformat(report["calculated_at"])
    return datetime(int(report["from"][:4]), int(report["from"][5:]), 1, tzinfo=UTC)
