"""How long `verify_ledger` takes and how much memory it needs over 10^4, 10^5 … entries.

Writes a history of that many entries by COPY into a database of its own, with true hashes, and verifies it:

    python benchmarks/verify_ledger.py 10000 100000 1000000

Half of the entries lie in one hot batch, the rest in batches of a hundred. Each entry after the first gives one
credit to one of a thousand accounts. Printed: entries, seconds to write, seconds to verify, entries a second, and by
how much the peak of the process's memory grew.
"""

import os
import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carboncore.settings")

import django

from benchmarks.ledger_history import Chain, write_history
from carboncore import local_database

ACCOUNTS = 1_000
ENTRIES_PER_SMALL_BATCH = 100


def main() -> None:
    """Measure each of the sizes given on the command line."""
    local_database.start_for_command(["manage.py", "migrate"])
    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    name = f"bench_verify_{os.getpid()}"
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    own = settings.DATABASES["default"]["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        call_command("migrate", verbosity=0)
        print(f"{'entries':>10} {'write s':>8} {'verify s':>9} {'entries/s':>10} {'grew MB':>8}")
        for size in map(int, sys.argv[1:] or ["10000", "100000"]):
            measure(size)
    finally:
        connection.close()
        connection.settings_dict["NAME"] = own
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def measure(size: int) -> None:
    """Write a history of `size` entries, verify it, and print one line."""
    from django.db import connection

    from transactions.services.verification import ledger_verify

    began = time.perf_counter()
    with connection.cursor() as cursor:
        write_history(cursor.connection, chains(size), lambda _, position: 2 + position % ACCOUNTS)
        cursor.execute("ANALYZE")
    written = time.perf_counter()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result, problems = ledger_verify()
    seconds = time.perf_counter() - written
    grew = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    if problems or result.entries != size:
        sys.exit(f"not clean: {result.entries} entries, {problems[:3]}")
    print(f"{size:>10,} {written - began:>8.1f} {seconds:>9.1f} {size / seconds:>10,.0f} {grew:>8.1f}", flush=True)


def chains(size: int) -> list[Chain]:
    """Return a batch of half of the entries, and as many of a hundred as make up the rest."""
    lengths = [size // 2] + [ENTRIES_PER_SMALL_BATCH] * ((size - size // 2) // ENTRIES_PER_SMALL_BATCH)
    return [Chain(number, length, unsold=1, seller=1) for number, length in enumerate(lengths, start=1)]


if __name__ == "__main__":
    main()
