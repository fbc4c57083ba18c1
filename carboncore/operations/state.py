"""What the database tells of the registry's health: its jobs, its worker, its ledger's verification, its mails.

Read over a connection of its own with short limits: when the pool is exhausted or the database hangs, whoever asks for
the state must hear that, and not wait with everybody else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import psycopg
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from psycopg.rows import dict_row

CONNECT_SECONDS = 3
STATEMENT_LIMIT = "3s"

# A worker shows itself every ten seconds: after a minute what it had begun is abandoned. Jobs are due when they are
# asked for: one that nobody has taken for ten minutes waits for a worker that is not there.
_JOBS = """
    WITH open_jobs AS (
        SELECT j.status, w.last_heartbeat, coalesce(
            j.scheduled_at, (SELECT min(e.at) FROM procrastinate_events e WHERE e.job_id = j.id AND e.type = 'deferred')
        ) AS due
        FROM procrastinate_jobs j LEFT JOIN procrastinate_workers w ON w.id = j.worker_id
        WHERE j.status IN ('todo', 'doing')
    )
    SELECT count(*) FILTER (WHERE status = 'todo') AS waiting,
           count(*) FILTER (WHERE status = 'doing') AS running,
           (SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed') AS failed,
           count(*) FILTER (
               WHERE status = 'doing' AND coalesce(last_heartbeat < now() - interval '60 seconds', true)
                  OR status = 'todo' AND due < now() - interval '10 minutes'
           ) AS stuck,
           coalesce(extract(epoch FROM now() - min(due) FILTER (WHERE status = 'todo' AND due < now())), 0)::float8
               AS oldest_waiting_seconds
    FROM open_jobs
"""
_WORKER = "SELECT extract(epoch FROM now() - max(last_heartbeat))::float8 AS seconds FROM procrastinate_workers"
# A ledger that was never verified is as stale as its first entry is old.
_LEDGER = """
    SELECT extract(epoch FROM now() - coalesce(
               (SELECT max(finished_at) FROM transactions_ledgerverification),
               (SELECT min(at) FROM transactions_ledgerentry)
           ))::float8 AS seconds,
           coalesce((SELECT problems FROM transactions_ledgerverification ORDER BY id DESC LIMIT 1), 0) AS problems
"""
_MAILS = "SELECT state, count(*) AS mails FROM mail_outgoingmail GROUP BY state"
_MIGRATIONS = "SELECT app, name FROM django_migrations"


@dataclass(frozen=True)
class State:
    """What was found. Ages are in seconds; None means that there is nothing that could have one."""

    database_error: str = ""
    migrations_missing: tuple[str, ...] = ()
    worker_age: float | None = None
    ledger_age: float | None = None
    ledger_problems: int = 0
    jobs: Mapping[str, float] = field(default_factory=dict)
    mails: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_readable(self) -> bool:
        """Say whether everything else here means something."""
        return not self.database_error and not self.migrations_missing


def read_state() -> State:
    """Read the state now; an unreachable or empty database is part of the answer and no error."""
    try:
        with psycopg.connect(**_parameters(), autocommit=True, row_factory=dict_row) as own:
            own.execute(f"SET statement_timeout = '{STATEMENT_LIMIT}'")
            missing = _missing_migrations(own)
            return State(migrations_missing=missing) if missing else _read(own)
    except psycopg.Error as error:
        return State(database_error=str(error).strip() or type(error).__name__)


def _parameters() -> dict[str, Any]:
    parameters = connection.get_connection_params()
    for name in ("pool", "cursor_factory", "context", "options", "prepare_threshold", "server_side_binding"):
        parameters.pop(name, None)
    return {**parameters, "connect_timeout": CONNECT_SECONDS}


def _read(own: psycopg.Connection[dict[str, Any]]) -> State:
    ledger = own.execute(_LEDGER).fetchone() or {}
    worker = own.execute(_WORKER).fetchone() or {}
    return State(
        worker_age=worker.get("seconds"),
        ledger_age=ledger.get("seconds"),
        ledger_problems=int(ledger.get("problems", 0)),
        jobs={name: float(value) for name, value in (own.execute(_JOBS).fetchone() or {}).items()},
        mails={row["state"]: row["mails"] for row in own.execute(_MAILS)},
    )


def _missing_migrations(own: psycopg.Connection[dict[str, Any]]) -> tuple[str, ...]:
    """Return the migrations of this code that the database has not had."""
    try:
        applied = {(row["app"], row["name"]) for row in own.execute(_MIGRATIONS)}
    except psycopg.errors.UndefinedTable:
        applied = set()
    return tuple(f"{app}.{name}" for app, name in _known_migrations() if (app, name) not in applied)


@lru_cache(maxsize=1)
def _known_migrations() -> list[tuple[str, str]]:
    """Return all migrations of the code; a running process keeps the code it began with."""
    return sorted(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)
