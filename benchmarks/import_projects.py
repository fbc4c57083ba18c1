"""How fast an export goes in: 10,000 Verra-shaped rows, first time, again unchanged, and with one row in ten changed.

Run from the checkout: `python benchmarks/import_projects.py [--rows N]`. It works in a database of its own on the
embedded PostgreSQL (durable, as in production) or on `DATABASE_URL`'s server, and drops it afterwards.
To reach: 10,000 rows well under 30 seconds on two cores.
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

from carboncore import local_database  # noqa: E402 - the path above comes first

HEADER = [
    "ID", "Name", "Proponent", "Project Type", "AFOLU Activities", "Methodology", "Status", "Country/Area",
    "Estimated Annual Emission Reductions", "Region", "Project Registration Date", "Crediting Period Start Date",
    "Crediting Period End Date",
]  # fmt: skip
# Statuses in about the shares of the registry's full list.
STATUSES = ["Registered"] * 8 + ["Under validation"] * 3 + ["Under development"] * 2 + ["Late to verify", "Withdrawn"]
KINDS = [
    ("Energy industries (renewable/non-renewable sources)", "", "ACM0002", "Wind Power"),
    ("Energy industries (renewable/non-renewable sources)", "", "AMS-I.D.", "Solar PV"),
    ("Agriculture Forestry and Other Land Use", "REDD", "VM0007; VM0015", "Forest Conservation"),
    ("Agriculture Forestry and Other Land Use", "ARR", "VM0047", "Reforestation"),
    ("Energy demand", "", "VMR0006", "Efficient Cookstoves"),
    ("Waste handling and disposal", "", "ACM0001", "Landfill Gas"),
]
COUNTRIES = ["India", "China", "Brazil", "Kenya", "Viet Nam", "Turkey", "Congo, The Democratic Republic of the", "Peru"]
SYLLABLES = ["ka", "ri", "lu", "mo", "ta", "ne", "so", "vi", "pa", "du", "gé", "ño"]


def made_up_export(rows: int, seed: int = 1) -> list[list[str]]:
    """Rows in the shape of Verra's project list; the same for the same seed."""
    chance = random.Random(seed)
    made = []
    for number in range(1, rows + 1):
        kind, activity, methodology, words = chance.choice(KINDS)
        place = "".join(chance.choice(SYLLABLES) for _ in range(4)).title()
        start = chance.randint(2005, 2025)
        made.append([
            str(number), f"{place} {words} Project", f"{place} {chance.choice(['Energy', 'Carbon', 'Forestry'])} Ltd.",
            kind, activity, methodology, chance.choice(STATUSES), chance.choice(COUNTRIES),
            f"{chance.randint(500, 2_000_000):,}", "Asia", f"{start + 1}-05-17", f"{start}-01-01", f"{start + 9}-12-31",
        ])  # fmt: skip
    return made


def as_file(rows: list[list[str]]) -> io.BytesIO:
    """The rows as the registry's CSV."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(HEADER)
    writer.writerows(rows)
    return io.BytesIO(text.getvalue().encode())


def with_changes(rows: list[list[str]]) -> list[list[str]]:
    """The same export a month later: one row in ten has another estimate."""
    return [[*row[:8], "123,456", *row[9:]] if index % 10 == 0 else row for index, row in enumerate(rows)]


def main() -> None:
    """Time the three imports and the search for conflicts, and print rows a second."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    rows = made_up_export(parser.parse_args().rows)
    local_database.start_for_command(["manage.py", "migrate"])

    import django

    django.setup()
    from django.db import connection

    name = connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        measure(rows)
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def measure(rows: list[list[str]]) -> None:
    """Import three times, then look for conflicts."""
    from integrations.registry_exports import SourceCode
    from integrations.services import conflicts_find
    from integrations.services.import_projects import projects_import_file

    exports = {"first import": rows, "again, unchanged": rows, "again, one in ten changed": with_changes(rows)}
    for label, made in exports.items():
        stream = as_file(made)
        started, worked = time.perf_counter(), time.process_time()
        summary = projects_import_file(
            source=SourceCode.VERRA,
            stream=stream,
            dry_run=False,
            keep_going=False,
            publish=True,
            rejects=io.StringIO(),
        )
        seconds = time.perf_counter() - started
        worked = time.process_time() - worked
        counts = f"{summary.created:,} created, {summary.changed:,} changed, {summary.unchanged:,} unchanged"
        speed = f"{seconds:6.2f} s {len(made) / seconds:9,.0f} rows/s"
        print(f"{label:28} {speed}   ({worked:.1f} s of it in Python)   {counts}")
    started = time.perf_counter()
    found = conflicts_find()
    print(f"{'find_conflicts':28} {time.perf_counter() - started:6.2f} s   {len(found):,} found")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


if __name__ == "__main__":
    main()
