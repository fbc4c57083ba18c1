"""PostgreSQL's own programs at work on this server's database, and what the database says of itself."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import psycopg
from django.db import connection
from psycopg import sql
from psycopg.rows import dict_row

from carboncore.operations.backup.errors import BackupError
from carboncore.postgres_programs import client_program

# How libpq's programs are told what the connection is told, without a password in the list of processes.
_VARIABLES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "service": "PGSERVICE",
    "passfile": "PGPASSFILE",
}
_TABLES = """
    SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind = 'r' AND c.relpersistence = 'p' ORDER BY c.relname
"""
_FOREIGN = """
    SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
      AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
"""
_OTHERS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


def parameters() -> dict[str, Any]:
    """Return what psycopg needs to reach the database, without the limits of web requests."""
    known = connection.get_connection_params()
    return {name: value for name, value in known.items() if name in _VARIABLES}


def name() -> str:
    """Return the database's name."""
    return str(parameters()["dbname"])


@contextmanager
def session() -> Iterator[psycopg.Connection[dict[str, Any]]]:
    """Yield a connection of its own, each statement by itself, with no limit of time.

    Raises:
        BackupError: the database cannot be reached.
    """
    try:
        own = psycopg.connect(**parameters(), autocommit=True, row_factory=dict_row, connect_timeout=10)
    except psycopg.Error as error:
        raise BackupError(f"The database cannot be reached: {str(error).strip()}") from None
    with own:
        for limit in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
            own.execute(sql.SQL("SET {} = 0").format(sql.Identifier(limit)))
        yield own


def server_major(own: psycopg.Connection[dict[str, Any]]) -> int:
    """Return the server's major version."""
    return own.info.server_version // 10_000


def table_counts(own: psycopg.Connection[dict[str, Any]]) -> dict[str, int]:
    """Count the rows of every table that a dump carries the rows of."""
    counts = {}
    for row in own.execute(_TABLES).fetchall():
        query = sql.SQL("SELECT count(*) AS rows FROM public.{}").format(sql.Identifier(row["relname"]))
        counts[row["relname"]] = _one(own, query)["rows"]
    return counts


def ledger_position(own: psycopg.Connection[dict[str, Any]]) -> dict[str, Any]:
    """Say where the ledger stands: its entries, a digest over the head of every batch's chain, the last checkpoint."""
    heads = _one(
        own,
        """
        SELECT count(*) AS batches, coalesce(sum(position), 0)::bigint AS entries,
               encode(sha256(coalesce(string_agg(batch_id || ':' || position || ':' || encode(hash, 'hex'), ','
                                                 ORDER BY batch_id), '')::bytea), 'hex') AS heads_sha256
        FROM (SELECT DISTINCT ON (batch_id) batch_id, position, hash FROM transactions_ledgerentry
              ORDER BY batch_id, position DESC) AS head
        """,
    )
    checkpoint = own.execute(
        "SELECT number, encode(digest, 'hex') AS digest FROM transactions_checkpoint ORDER BY number DESC LIMIT 1"
    ).fetchone()
    return {**heads, "checkpoint": checkpoint}


def last_migrations(own: psycopg.Connection[dict[str, Any]]) -> dict[str, str]:
    """Return the last migration of each app."""
    rows = own.execute("SELECT app, max(name) AS name FROM django_migrations GROUP BY app ORDER BY app").fetchall()
    return {row["app"]: row["name"] for row in rows}


def is_empty(own: psycopg.Connection[dict[str, Any]]) -> bool:
    """Say whether the database holds no table of anybody's."""
    return bool(_one(own, _FOREIGN)["count"] == 0)


def other_sessions(own: psycopg.Connection[dict[str, Any]]) -> int:
    """Count who else is connected to this database."""
    return int(_one(own, _OTHERS)["count"])


def make_empty(own: psycopg.Connection[dict[str, Any]]) -> None:
    """Drop everything in the database's one schema."""
    own.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")


@contextmanager
def running(program: str, *arguments: str, major: int, stdin: int | None, stdout: int) -> Iterator[IO[bytes]]:
    """Run one of PostgreSQL's programs; yields its end of the pipe, and insists that it ends well.

    Raises:
        BackupError: it is not on this machine, or it failed; with its own words.
    """
    environment = {"PATH": os.defpath, "LC_ALL": "C", "PGTZ": "UTC", "PGCONNECT_TIMEOUT": "10"}
    environment |= {_VARIABLES[key]: str(value) for key, value in parameters().items()}
    path = client_program(program, major)
    process = subprocess.Popen(
        [str(path), *arguments], stdin=stdin, stdout=stdout, stderr=subprocess.PIPE, env=environment
    )
    pipe = process.stdin if stdin == subprocess.PIPE else process.stdout
    assert pipe is not None  # noqa: S101 - one of the two is asked for as a pipe
    try:
        yield pipe
    except BrokenPipeError:
        pass  # it has ended, and says below why
    except BaseException:
        process.kill()
        process.communicate()
        raise
    _, words = process.communicate()
    if process.returncode:
        raise BackupError(f"{program} failed ({process.returncode}): {words.decode(errors='replace').strip()}")


def _one(own: psycopg.Connection[dict[str, Any]], query: Any) -> dict[str, Any]:
    row = own.execute(query).fetchone()
    assert row is not None  # noqa: S101 - an aggregate always has a row
    return row
