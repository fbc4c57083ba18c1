"""A file's readings between file and table: copied at once, compared with each other and with what is there.

All of a file is one transaction: a worker that is killed in the middle leaves nothing, and the next begins anew.
"""

import io
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db import connection as database

from integrations.models import Connection
from integrations.services.reading_overlaps import OVERLAPS_STORED, staged_overlaps_drop
from integrations.services.readings import MERGE, STAGE
from integrations.uploads.cells import CellRefused
from integrations.uploads.rows import RowReader
from integrations.uploads.tables import Rows

Reject = Callable[[int, str], None]

_LINES = "ALTER TABLE integrations_reading_staged ADD COLUMN line bigint"
_COPY = "COPY integrations_reading_staged (line, external_id, series, starts_at, ends_at, quantity, unit) FROM STDIN"
_PIECE_ROWS = 5_000
# Of this transaction: a million rows are sorted twice, and most files are in order, which costs next to nothing unless
# they are sorted in pieces on disk.
_ROOM_TO_SORT = "SET LOCAL work_mem = '128MB'"

_SAME_FOR_ALL = """
    ALTER TABLE integrations_reading_staged
        ALTER COLUMN reading_type SET DEFAULT %s, ALTER COLUMN quality SET DEFAULT 'measured'
"""
# Two neighbours in time that overlap are enough to look at a series closely.
_SERIES_THAT_OVERLAP = """
    SELECT DISTINCT series FROM (
        SELECT series, starts_at, lag(ends_at) OVER (PARTITION BY series ORDER BY starts_at, line) AS before
        FROM integrations_reading_staged
    ) neighbours WHERE starts_at < before
"""
_ROWS_OF_SERIES = """
    SELECT line, series, starts_at, ends_at, quantity FROM integrations_reading_staged
    WHERE series = ANY(%s) ORDER BY series, starts_at, line
"""
_DROP_LINES = "DELETE FROM integrations_reading_staged WHERE line = ANY(%s)"
# For a source without readings of this kind there is nothing to compare with; its row is locked, so it stays so.
_INSERT_FRESH = """
    INSERT INTO integrations_reading (connection_id, reading_type, external_id, series, starts_at, ends_at, quantity,
           unit, quality, payload, revision)
    SELECT %(connection)s, reading_type, external_id, series, starts_at, ends_at, quantity, unit, quality, payload, 1
    FROM integrations_reading_staged ORDER BY series, starts_at
"""
_HAS_READINGS = """
    SELECT EXISTS (
        SELECT FROM integrations_reading WHERE connection_id = %(connection)s AND reading_type = %(reading_type)s
    )
"""


def rows_stage(*, rows: Rows, reader: RowReader, reading_type: str, reject: Reject, told: Callable[[int], None]) -> int:
    """Copy the rows below a header into the staging table of this transaction; returns how many rows there were."""
    count = 0
    with database.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS integrations_reading_staged")  # the one that polls left, without lines
        cursor.execute(STAGE)
        cursor.execute(_LINES)
        cursor.execute(_ROOM_TO_SORT)
        cursor.execute(_SAME_FOR_ALL, [reading_type])
        with database.wrap_database_errors, cursor.copy(_COPY) as copy:
            for piece, read in _pieces(rows, reader, reject):
                copy.write(piece)
                count += read
                told(count)
        cursor.execute("ANALYZE integrations_reading_staged")
    return count


def _pieces(rows: Rows, reader: RowReader, reject: Reject) -> Iterator[tuple[str, int]]:
    """Yield texts for COPY and how many rows each was made of; refused rows are told and left out."""
    read_row, piece, read = reader.read, io.StringIO(), 0
    for line, cells in rows:
        read += 1
        try:
            staged = read_row(cells)
        except CellRefused as refusal:
            reject(line, str(refusal))
        else:
            text = "\t".join(staged)
            if "\\" in text:  # of a series: nothing else here has one, and a tab or line break is refused there
                text = text.replace("\\", "\\\\")
            piece.write(f"{line}\t{text}\n")
        if read == _PIECE_ROWS:
            yield piece.getvalue(), read
            piece, read = io.StringIO(), 0
    yield piece.getvalue(), read


def staged_overlaps_refuse(*, connection: Connection, reading_type: str, reject: Reject) -> None:
    """Take rows out of the staging table that would count a time twice, and tell why."""
    with database.cursor() as cursor:
        cursor.execute(_SERIES_THAT_OVERLAP)
        series = [name for (name,) in cursor.fetchall()]
        if series:
            cursor.execute(_ROWS_OF_SERIES, [series])
            _drop(cursor, list(_overlapping(cursor.fetchall())), reject)
        values: dict[str, Any] = {"connection": connection.pk, "reading_type": reading_type}
        cursor.execute(_HAS_READINGS, values)
        if cursor.fetchone()[0]:
            for (line,) in staged_overlaps_drop(cursor, connection_id=connection.pk, returning="line"):
                reject(line, OVERLAPS_STORED)


def _drop(cursor: Any, refused: list[tuple[int, str]], reject: Reject) -> None:
    for line, reason in refused:
        reject(line, reason)
    if refused:
        cursor.execute(_DROP_LINES, [[line for line, _ in refused]])


def _overlapping(rows: list[tuple[int, str, datetime, datetime, Any]]) -> Iterator[tuple[int, str]]:
    """Keep, of rows that overlap, the one that begins first, and of those that begin together the one above."""
    for _, group in groupby(rows, key=lambda row: row[1]):
        kept: tuple[int, str, datetime, datetime, Any] | None = None
        for row in group:
            if kept is None or row[2] >= kept[3]:
                kept = row
            elif row[2:4] == kept[2:4]:
                more = "with another quantity" if row[4] != kept[4] else "as well"
                yield row[0], f"The same time stands on line {kept[0]} {more}; that line was taken."
            else:
                yield row[0], f"The time overlaps that of line {kept[0]}, which was taken."


def staged_readings_merge(*, connection: Connection, reading_type: str) -> tuple[int, int, int]:
    """Store what is staged; returns how many readings are new, changed and known already."""
    with database.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM integrations_reading_staged")
        staged = cursor.fetchone()[0]
        cursor.execute(_HAS_READINGS, {"connection": connection.pk, "reading_type": reading_type})
        if cursor.fetchone()[0]:
            cursor.execute(MERGE, {"connection": connection.pk})
            created, changed = cursor.fetchone()
        else:
            cursor.execute(_INSERT_FRESH, {"connection": connection.pk})
            created, changed = cursor.rowcount, 0
        cursor.execute("DROP TABLE integrations_reading_staged")
    return created, changed, staged - created - changed
