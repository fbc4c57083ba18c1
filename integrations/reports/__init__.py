"""An emissions report as files to keep: what the API answers as JSON, as a spreadsheet and as PDF."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpResponse

from integrations.reports.pdf import report_as_pdf
from integrations.reports.spreadsheet import report_as_xlsx
from integrations.selectors.report import report_json

__all__ = ["REPORT_FILES", "report_as_json", "report_as_pdf", "report_as_xlsx"]


def report_as_json(report: Mapping[str, Any]) -> HttpResponse:
    """Answer with a report as JSON: the bytes that its digest is of."""
    return HttpResponse(report_json(report), content_type="application/json")


REPORT_FILES: dict[str, Callable[[Mapping[str, Any]], HttpResponse]] = {
    "json": report_as_json,
    "xlsx": report_as_xlsx,
    "pdf": report_as_pdf,
}
