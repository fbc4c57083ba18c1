"""The table under every export: rows of a CSV or XLSX file, streamed, with header names made plain."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import BinaryIO
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from integrations.registry_exports.encoding import detect_encoding
from integrations.registry_exports.records import ExportFileError, Table

# Some exports put a title and notes above the header; further down than this it is not an export.
HEADER_SEARCH_ROWS = 20
# Cercarbono keeps every issuance of a project in one cell; the csv module's own limit of 128 KiB is too
# small.
MAX_CELL_CHARACTERS = 4_000_000
# A workbook is a zip archive: refuse one that unpacks to more than any registry publishes.
MAX_WORKBOOK_BYTES = 600 * 1024 * 1024

Cells = list[str]
NumberedRows = Iterator[tuple[int, Cells]]


def plain_header(text: str) -> str:
    """A header cell without doubled, trailing or line-breaking white space, in lower case, for comparison."""
    return " ".join(text.replace("\ufeff", "").split()).casefold()


@contextmanager
def open_table(
    stream: BinaryIO, required: Sequence[str], sheets: Sequence[str] = ()
) -> Iterator[tuple[Table, NumberedRows]]:
    """Open a CSV or XLSX export and find its header.

    Args:
        stream: a seekable binary file; it stays open.
        required: the columns without which the export cannot be read, as the registry writes them.
        sheets: names of the workbook's sheet to prefer, in order; else the first sheet with the header.

    Yields:
        The table's description and its rows below the header, each with the physical line on which it begins.

    Raises:
        ExportFileError: not a table, wrong encoding, or required columns missing (all of them are named).
    """
    stream.seek(0)
    if stream.read(4) == b"PK\x03\x04":
        with workbook_rows(stream, sheets) as candidates:
            table, rows = _find_header(candidates, required, encoding="xlsx")
            # A workbook does not store the blank cells at the end of a row.
            width = len(table.header)
            yield table, ((line, cells + [""] * (width - len(cells))) for line, cells in rows)
    else:
        encoding = detect_encoding(stream)
        wrapper = io.TextIOWrapper(stream, encoding=encoding, errors="strict", newline="")
        try:
            yield _find_header([("", _csv_rows(wrapper))], required, encoding=encoding)
        finally:
            wrapper.detach()


def _find_header(
    candidates: Sequence[tuple[str, NumberedRows]] | Iterator[tuple[str, NumberedRows]],
    required: Sequence[str],
    encoding: str,
) -> tuple[Table, NumberedRows]:
    wanted = {plain_header(name): name for name in required}
    closest: tuple[int, list[str]] = (0, list(required))
    for sheet, rows in candidates:
        for seen, (line, cells) in enumerate(rows):
            positions = _positions(cells)
            missing = [name for plain, name in wanted.items() if plain not in positions]
            if not missing:
                _refuse_repeated(cells, wanted)
                return Table(tuple(cells), line, encoding, sheet, positions), rows
            if len(missing) < len(closest[1]):
                closest = (line, missing)
            if seen >= HEADER_SEARCH_ROWS:
                break
    line, missing = closest
    names = ", ".join(f"“{name}”" for name in missing)
    where = (
        f"The header on line {line} has no column {names}." if line else f"No header row was found; it needs {names}."
    )
    raise ExportFileError(f"{where} Choose the registry's export, unchanged, or another source.")


def _positions(cells: Cells) -> dict[str, int]:
    positions: dict[str, int] = {}
    for index, cell in enumerate(cells):
        positions.setdefault(plain_header(cell), index)
    return positions


def _refuse_repeated(cells: Cells, wanted: dict[str, str]) -> None:
    plain = [plain_header(cell) for cell in cells]
    repeated = [name for key, name in wanted.items() if plain.count(key) > 1]
    if repeated:
        raise ExportFileError(f"The column “{repeated[0]}” appears twice in the header. Remove one of the two.")


def _csv_rows(text: io.TextIOWrapper) -> NumberedRows:
    csv.field_size_limit(MAX_CELL_CHARACTERS)
    # Some exports put a line of title above the header, so one line does not tell what separates.
    beginning = "".join(islice(iter(lambda: text.readline(100_000), ""), HEADER_SEARCH_ROWS))
    text.seek(0)
    delimiter = max(",;\t", key=beginning.count)
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    line = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as exc:
            raise ExportFileError(
                f"The quoting is broken in the row that begins on line {line} ({exc}). Download the export again."
            ) from exc
        if any(cell.strip() for cell in cells):
            yield line, cells
        line = reader.line_num + 1


@contextmanager
def workbook_rows(stream: BinaryIO, sheets: Sequence[str]) -> Iterator[Iterator[tuple[str, NumberedRows]]]:
    """Open a workbook and yield its sheets, those named in `sheets` first, each with its rows as text.

    Raises:
        ExportFileError: it is none, is damaged, or unpacks to more than `MAX_WORKBOOK_BYTES`.
    """
    stream.seek(0)
    try:
        with zipfile.ZipFile(stream) as archive:
            if sum(item.file_size for item in archive.infolist()) > MAX_WORKBOOK_BYTES:
                raise ExportFileError(
                    "The workbook unpacks to more than 600 MB. Save the sheet as CSV and import that."
                )
        stream.seek(0)
        book = load_workbook(stream, read_only=True, data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError) as exc:
        if isinstance(exc, ExportFileError):
            raise
        raise ExportFileError("The file is not a readable XLSX workbook. Save it again as XLSX or CSV.") from exc
    try:
        order = [name for name in sheets if name in book.sheetnames]
        order += [name for name in book.sheetnames if name not in order]
        yield ((name, _sheet_rows(book[name])) for name in order)
    finally:
        book.close()


def _sheet_rows(sheet: object) -> NumberedRows:
    if hasattr(sheet, "reset_dimensions"):
        # Written dimensions are often wrong (APX writes A1:A1); without this the rows would be cut off.
        sheet.reset_dimensions()
    rows = getattr(sheet, "iter_rows", None)
    if rows is None:
        return
    try:
        for line, values in enumerate(rows(values_only=True), start=1):
            cells = [_cell_text(value) for value in values]
            if any(cell.strip() for cell in cells):
                yield line, cells
    except (zipfile.BadZipFile, ParseError, KeyError, IndexError, TypeError, ValueError) as exc:
        # What openpyxl meets in a damaged sheet, whose rows it reads only now.
        raise ExportFileError("The workbook is damaged. Save it again as XLSX or CSV.") from exc


_WHOLE = re.compile(r"-?\d+\.0")


def _cell_text(value: object) -> str:
    """A workbook cell as the CSV export would write it: ISO dates, whole numbers without a point."""
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, float):
        text = repr(value)
        return text[:-2] if _WHOLE.fullmatch(text) else text
    return str(value)
