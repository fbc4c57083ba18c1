"""The rows of a CSV or XLSX file, streamed: each with the line on which it begins, none longer than a row can be."""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import BinaryIO

from integrations.registry_exports.reading import workbook_rows
from integrations.registry_exports.records import ExportFileError
from integrations.uploads.encoding import LONGEST_LINE
from integrations.uploads.layout import FileRefused

MOST_COLUMNS = 500
_HEAD_LINES = 20
_CELL = 131_072  # characters
DELIMITERS = ",;\t|"

Rows = Iterator[tuple[int, list[str]]]


@contextmanager
def table_rows(stream: BinaryIO, *, encoding: str) -> Iterator[tuple[Rows, str]]:
    """Open a file; yields its rows that hold anything, and what separates their cells.

    Raises:
        FileRefused: also while the rows are read: broken quoting, bytes that are no text, a damaged workbook.
    """
    stream.seek(0)
    if encoding == "xlsx":
        with _refusing(), workbook_rows(stream, ()) as sheets:
            yield _guarded(_first_sheet(sheets)), ""
        return
    text = io.TextIOWrapper(stream, encoding=encoding, errors="strict", newline="")
    try:
        with _refusing():
            head = "".join(islice(_lines(text), _HEAD_LINES))
            text.seek(0)
        delimiter = max(DELIMITERS, key=head.count)
        yield _guarded(_csv_rows(text, delimiter)), delimiter
    finally:
        text.detach()


def _first_sheet(sheets: Iterator[tuple[str, Rows]]) -> Rows:
    """Return the rows of the first sheet that has any."""
    for _, rows in sheets:
        first = next(rows, None)
        if first is not None:
            yield first
            yield from rows
            return


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    while line := text.readline(LONGEST_LINE + 2):
        if len(line) > LONGEST_LINE:
            raise FileRefused("A line of the file does not end. Export it again with one reading in each line.")
        yield line


def _csv_rows(text: io.TextIOWrapper, delimiter: str) -> Rows:
    csv.field_size_limit(max(csv.field_size_limit(), _CELL))
    reader, line = csv.reader(_lines(text), delimiter=delimiter, strict=True), 1
    for cells in reader:
        if cells and (len(cells) > 1 or cells[0].strip()):
            yield line, cells
        line = reader.line_num + 1


def _guarded(rows: Rows) -> Rows:
    with _refusing():
        for line, cells in rows:
            if len(cells) > MOST_COLUMNS:
                raise FileRefused(f"Line {line} has {len(cells):,} columns; a table of readings has a few.")
            yield line, cells


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except UnicodeDecodeError as error:
        raise FileRefused(
            "The file begins as text in one encoding and has other bytes further on. "
            "Open it in a spreadsheet, save it as “CSV UTF-8”, and upload that."
        ) from error
    except csv.Error as error:
        raise FileRefused(f"The quoting of the file is broken ({error}). Export it again.") from error
    except ExportFileError as error:
        raise FileRefused(str(error)) from error
