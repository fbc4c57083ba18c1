"""Watches every query: counts it for its request, tells of slow ones without their values, counts real failures."""

from contextvars import ContextVar
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import structlog
from django.conf import settings
from django.db import Error, InterfaceError, InternalError, OperationalError
from psycopg import errors as postgres

from carboncore.common.observing import metrics

logger = structlog.get_logger("carboncore.queries")

# What PostgreSQL refuses by its own rules while all is well with it: somebody else's lock, a conflict, a wrong grant.
_NO_FAILURE = (
    postgres.LockNotAvailable,
    postgres.DeadlockDetected,
    postgres.SerializationFailure,
    postgres.ReadOnlySqlTransaction,
)
_KINDS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...] = (
    (postgres.QueryCanceled, "time_limit"),
    ((postgres.DiskFull, postgres.OutOfMemory, postgres.TooManyConnections), "resources"),
    (InterfaceError, "connection"),
    (OperationalError, "connection"),
    (InternalError, "internal"),
)


@dataclass(slots=True)
class Tally:
    """What one request has asked of the database so far."""

    queries: int = 0
    seconds: float = 0.0


current_tally: ContextVar[Tally | None] = ContextVar("carboncore_query_tally", default=None)


def watch_connection(connection: Any, **_: Any) -> None:
    """Watch a connection from now on (a receiver of Django's `connection_created`)."""
    if watch_query not in connection.execute_wrappers:
        connection.execute_wrappers.append(watch_query)


def watch_query(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
    """Run a query, and say what it cost; one of Django's execute wrappers."""
    began = perf_counter()
    try:
        return execute(sql, params, many, context)
    except Error as error:
        failure_seen(error)
        raise
    finally:
        query_ran(sql, perf_counter() - began)


def query_ran(sql: Any, seconds: float) -> None:
    """Count a query that took so long; whoever goes past Django's cursors says it here."""
    tally = current_tally.get()
    if tally is not None:
        tally.queries += 1
        tally.seconds += seconds
    if seconds * 1000 >= settings.SLOW_QUERY_MS > 0:
        metrics.SLOW_QUERIES.inc()
        logger.warning("slow_query", duration_ms=round(seconds * 1000, 1), sql=_text(sql))


def failure_seen(error: BaseException) -> None:
    """Count an error, or the one that caused it, when it says that the database failed; each of them once."""
    seen: BaseException | None = error
    while seen is not None:
        if getattr(seen, "counted_as_failure", False):
            return
        kind = _kind_of(seen) if isinstance(seen, Error) else None
        if kind is not None:
            seen.counted_as_failure = True  # type: ignore[attr-defined]
            metrics.DATABASE_ERRORS.labels(kind).inc()
            return
        seen = seen.__cause__ or seen.__context__


def _kind_of(error: Error) -> str | None:
    if isinstance(error.__cause__, _NO_FAILURE):
        return None
    for kinds, name in _KINDS:
        if isinstance(error, kinds) or isinstance(error.__cause__, kinds):
            return name
    return None


def _text(sql: Any) -> str:
    """Return the query with its placeholders; the values are never looked at. A composed one is told by its kind."""
    text = sql if isinstance(sql, str) else type(sql).__name__
    return " ".join(text.split())[:2_000]
