"""A million half-hourly readings by CSV, through the service, against COPY of the same rows into one table.

    python benchmarks/ingest_csv.py [--rows 1000000] [--meters 20] [--rounds 3]

Writes a file as a supplier would (meter, local time, kWh), then in turn, in a database of its own (durable, as in
production), so that the machine's moods hit both:

- ours: upload, preview, confirmation and the job: every cell read and checked, overlaps looked for, one upsert
- COPY: the rows that came out of it, as PostgreSQL's own text format, into an empty table with the same columns,
  constraints and indexes; and, for comparison, into one with columns alone

At least 0.25 of COPY's rows a second into the table as it is is to be reached.
"""

import argparse
import io
import logging
import os
import statistics
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carboncore.settings")

import django

from benchmarks.ledger_history import databases
from carboncore import local_database

TARGET = 0.25
BEGIN = datetime(2018, 1, 1)  # noqa: DTZ001 - as a file writes it
HALF_HOUR = timedelta(minutes=30)
COLUMNS = (
    "id, connection_id, reading_type, external_id, series, starts_at, ends_at, quantity, unit, quality, payload,"
    " revision, received_at"
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--meters", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    local_database.start_for_command(["manage.py", "migrate"])
    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    logging.disable(logging.WARNING)
    content = csv_file(options.rows, options.meters)
    print(f"{options.rows:,} rows of {options.meters} meters, {len(content) / 1e6:.1f} MB of CSV")
    with databases(f"bench_ingest_{os.getpid()}"), tempfile.TemporaryDirectory() as media:
        settings.MEDIA_ROOT = media
        call_command("migrate", verbosity=0)
        ours, full, bare = [], [], []
        for _ in range(options.rounds):
            ours.append(ingested(content, options.rows))
            rows = copied_out()
            full.append(copied_in(rows, "INCLUDING ALL"))
            bare.append(copied_in(rows, "INCLUDING DEFAULTS"))
            emptied()
    best, copy, plain = (statistics.median(times) for times in (ours, full, bare))
    print(f"ours:                    {best:7.2f} s  {options.rows / best:10,.0f} rows/s")
    print(f"COPY, table as it is:    {copy:7.2f} s  {options.rows / copy:10,.0f} rows/s", end="")
    print(f"   ours is {copy / best:.2f} of it (at least {TARGET})")
    print(f"COPY, columns alone:     {plain:7.2f} s  {options.rows / plain:10,.0f} rows/s", end="")
    print(f"   ours is {plain / best:.2f} of it")


def csv_file(rows: int, meters: int) -> bytes:
    """Return a supplier's file: half hours of each meter, one meter after the other."""
    times = [f"{BEGIN + place * HALF_HOUR:%Y-%m-%d %H:%M}" for place in range(rows // meters)]
    text = io.StringIO()
    text.write("Meter,Start,Consumption (kWh)\n")
    for meter in range(meters):
        text.writelines(f"METER-{meter:04d},{at},0.{(meter + place) % 997:03d}\n" for place, at in enumerate(times))
    return text.getvalue().encode()


def ingested(content: bytes, rows: int) -> float:
    """Take the file through the services, for a new data source; returns the seconds."""
    from django.core.files.uploadedfile import SimpleUploadedFile

    from integrations.services.upload_processing import upload_process
    from integrations.services.uploads import upload_confirm, upload_create
    from tests.integrations.source_factories import source

    connection = source()
    upload = SimpleUploadedFile("readings.csv", content)
    begun = time.perf_counter()
    kept = upload_create(actor=connection.owner, connection=connection, upload=upload)
    kept = upload_confirm(actor=connection.owner, upload=kept, fields={"timezone": "UTC"})
    done = upload_process(upload=kept)
    seconds = time.perf_counter() - begun
    if done.records_imported != rows:
        raise SystemExit(f"Only {done.records_imported:,} rows came through: {done.message}")
    return seconds


def copied_out() -> bytes:
    """Return what is stored in PostgreSQL's own text format."""
    from django.db import connection

    pieces = []
    with connection.cursor() as cursor, cursor.copy(f"COPY integrations_reading ({COLUMNS}) TO STDOUT") as copy:
        pieces = [bytes(piece) for piece in copy]
    return b"".join(pieces)


def copied_in(rows: bytes, like: str) -> float:
    """COPY the rows into a new table; returns the seconds."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_copied")
        cursor.execute(f"CREATE TABLE bench_copied (LIKE integrations_reading {like})")
        cursor.execute("CHECKPOINT")
        begun = time.perf_counter()
        with cursor.copy(f"COPY bench_copied ({COLUMNS}) FROM STDIN") as copy:
            for place in range(0, len(rows), 1 << 20):
                copy.write(rows[place : place + (1 << 20)])
        seconds = time.perf_counter() - begun
        cursor.execute("DROP TABLE bench_copied")
    return seconds


def emptied() -> None:
    """Begin the next round with an empty table."""
    from django.db import connection

    statements: list[Any] = ["TRUNCATE integrations_reading CASCADE", "CHECKPOINT"]
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


if __name__ == "__main__":
    main()
