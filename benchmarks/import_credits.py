"""How fast a credit export goes in: 50,000 Verra-shaped rows, first time and again unchanged.

Run from the checkout: `python benchmarks/import_credits.py [--rows N]`. It works in a database of its own on the
embedded PostgreSQL (durable, as in production) or on `DATABASE_URL`'s server, and drops it afterwards.
To reach: 50,000 rows in under two minutes on two cores.
"""

import argparse
import csv
import io
import os
import random
import resource
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carboncore.settings")

from benchmarks.import_projects import as_file, made_up_export  # noqa: E402 - the path above comes first
from carboncore import local_database  # noqa: E402

PROJECTS = 2_000
HEADER = [
    "Issuance Date", "Vintage Start", "Vintage End", "ID", "Quantity Issued", "Serial Number",
    "Additional Certifications", "Retirement/Cancellation Date", "Retirement Beneficiary", "Retirement Reason",
    "Retirement Details",
]  # fmt: skip


def made_up_credits(rows: int, seed: int = 1) -> io.BytesIO:
    """Rows in the shape of Verra's list of VCUs, in no order; two of three are retired. The same for the same seed."""
    chance = random.Random(seed)
    made, number = [], 1
    for _ in range(rows):
        count, project, year = chance.randint(1, 50_000), chance.randint(1, PROJECTS), chance.randint(2008, 2024)
        serial = (
            f"{1000 + project}-{number}-{number + count - 1}-VCS-VCU-1507-VER-IN-1-{project}-0101{year}-3112{year}-0"
        )
        retired = chance.random() < 0.67
        made.append([
            f"{year + 1}-03-01", f"{year}-01-01", f"{year}-12-31", str(project), f"{count:,}", serial, "",
            f"{year + 1}-06-{chance.randint(10, 28)}" if retired else "",
            f"Company {chance.randint(1, 9_999)}" if retired else "", "Environmental Benefit" if retired else "", "",
        ])  # fmt: skip
        number += count
    chance.shuffle(made)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(HEADER)
    writer.writerows(made)
    return io.BytesIO(text.getvalue().encode())


def main() -> None:
    """Time both imports and print rows a second."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000)
    stream = made_up_credits(parser.parse_args().rows)
    local_database.start_for_command(["manage.py", "migrate"])

    import django

    django.setup()
    from django.db import connection

    name = connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        measure(stream)
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def measure(stream: io.BytesIO) -> None:
    """Import the projects, then their credits twice."""
    from integrations.registry_exports import SourceCode
    from integrations.services.import_credits import credits_import_file
    from integrations.services.import_projects import projects_import_file

    projects_import_file(
        source=SourceCode.VERRA,
        stream=as_file(made_up_export(PROJECTS)),
        dry_run=False,
        keep_going=False,
        publish=False,
        rejects=io.StringIO(),
    )
    for label in ("first import", "again, unchanged"):
        started, worked = time.perf_counter(), time.process_time()
        summary = credits_import_file(
            source=SourceCode.VERRA, stream=stream, dry_run=False, keep_going=False, rejects=io.StringIO()
        )
        seconds, worked = time.perf_counter() - started, time.process_time() - worked
        counts = (
            f"{summary.created:,} statements created, {summary.unchanged:,} unchanged, {summary.rejected:,} rejected"
        )
        speed = f"{seconds:6.2f} s {summary.rows_read / seconds:9,.0f} rows/s"
        print(f"{label:20} {speed}   ({worked:.1f} s of it in Python)   {counts}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


if __name__ == "__main__":
    main()
