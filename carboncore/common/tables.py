"""Tables for spreadsheets, row by row: CSV as it is read, XLSX by way of a file; no cell can be a formula."""

import csv
import io
import json
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast

from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.writer.excel import save_workbook

from carboncore.common.admin.exchange_files import formula_safe
from carboncore.common.errors import InvalidInput

# A sheet has 1,048,576 rows.
MOST_XLSX_ROWS = 1_000_000
_AT_ONCE = 500
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def csv_response(header: Sequence[str], rows: Iterable[Sequence[Any]], *, name: str) -> HttpResponseBase:
    """Answer with a CSV file (UTF-8 with a mark, so that spreadsheets read names rightly), streamed."""
    response = StreamingHttpResponse(_csv_parts(header, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def xlsx_response(header: Sequence[str], rows: Iterable[Sequence[Any]], *, name: str) -> HttpResponseBase:
    """Answer with an XLSX file, written to disk row by row.

    Raises:
        InvalidInput: there are more rows than a sheet takes.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet(name[:31])
    sheet.append(list(header))
    for number, row in enumerate(rows, start=1):
        if number > MOST_XLSX_ROWS:
            raise InvalidInput({"format": ["There are more rows than a sheet takes; narrow the filters or take CSV."]})
        sheet.append([_cell(value, numbers=True) for value in row])
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it when it was sent
    save_workbook(book, cast("Any", file))
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX)


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook: its name (up to 31 letters), rows, and the columns' widths in letters.

    A row that is in `heads` (by its number from 0) is set in bold; a Decimal is a number with as many places as it has.
    """

    name: str
    rows: Sequence[Sequence[Any]]
    widths: Sequence[int]
    heads: frozenset[int] = frozenset({0})


def workbook_response(sheets: Sequence[Sheet], *, name: str) -> HttpResponse:
    """Answer with an XLSX file of several sheets, few enough to be held in memory."""
    book = Workbook(write_only=True)
    for sheet in sheets:
        page = book.create_sheet(sheet.name)
        for number, width in enumerate(sheet.widths, start=1):
            page.column_dimensions[get_column_letter(number)].width = width
        for number, row in enumerate(sheet.rows):
            page.append([_styled(page, value, is_head=number in sheet.heads) for value in row])
    file = io.BytesIO()
    save_workbook(book, cast("Any", file))
    headers = {"Content-Disposition": f'attachment; filename="{name}.xlsx"'}
    return HttpResponse(file.getvalue(), content_type=XLSX, headers=headers)


def _styled(page: Any, value: Any, *, is_head: bool) -> Any:
    cell = WriteOnlyCell(page, value=_cell(value, numbers=True))
    cell.font = Font(bold=is_head)
    cell.alignment = Alignment(vertical="top", wrap_text=isinstance(value, str))
    if isinstance(value, Decimal):
        places = max(0, -int(value.as_tuple().exponent))
        cell.number_format = f"#,##0.{'0' * places}" if places else "#,##0"
    return cell


def _csv_parts(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(header)
    waiting = 1
    yield "\ufeff"
    for row in rows:
        writer.writerow([_cell(value, numbers=False) for value in row])
        waiting += 1
        if waiting >= _AT_ONCE:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
            waiting = 0
    yield buffer.getvalue()


def _cell(value: Any, *, numbers: bool) -> Any:
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, dict | list):
        return formula_safe(json.dumps(value, ensure_ascii=False))
    if isinstance(value, str):
        return formula_safe("".join(char for char in value if char.isprintable() or char in "\n\t"))
    if isinstance(value, int) or (numbers and isinstance(value, Decimal)):
        return value
    return str(value)
