"""The throw-away PostgreSQL of test runs: in `var/test-postgres`, fast because it may lose its data with the machine.

`python -m tests.cluster` is how scripts/test takes it down again after the run that brought it up.
"""

import os
import shutil
import sys
from pathlib import Path

from carboncore import embedded_postgres

DATA_DIR = Path(__file__).resolve().parent.parent / "var" / "test-postgres"
# Another PostgreSQL to test on, if somebody names one.
GIVEN_URL = os.environ.get("TEST_DATABASE_URL", "")


def address(database: str = embedded_postgres.DATABASE) -> str:
    """Return where tests find their PostgreSQL; starts nothing."""
    return GIVEN_URL or embedded_postgres.url(DATA_DIR, database)


def start() -> None:
    """Start it if it is down; one that a power cut has spoilt is made anew."""
    if GIVEN_URL:
        return
    try:
        embedded_postgres.ensure_running(DATA_DIR, durable=False)
    except embedded_postgres.EmbeddedPostgresError:
        remove()
        embedded_postgres.ensure_running(DATA_DIR, durable=False)


def remove() -> None:
    """Stop it and delete its data."""
    embedded_postgres.stop(DATA_DIR)
    shutil.rmtree(embedded_postgres.status(DATA_DIR).data_dir, ignore_errors=True)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["running"]:
            sys.exit(embedded_postgres.status(DATA_DIR).pid is None)
        case ["start"]:
            start()
            print(address())
        case ["remove"]:
            remove()
        case _:
            sys.exit("usage: python -m tests.cluster running|start|remove")
