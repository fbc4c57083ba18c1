"""Running a read that PostgreSQL renders itself, with server-side binding and prepared statements.

Django's cursors paste values into the text of a statement, so PostgreSQL parses and plans each call anew.
For the hot reads that planning is as dear as the work, so these go through a raw cursor of the same
connection, wrapped by Django's own wrapper: errors, query log and transactions behave as everywhere.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import psycopg
from django.db import connection

_PLACEHOLDER = re.compile(r"%s")
PREPARED_MOST = 200


class _PreparedCursor(psycopg.RawCursor[Any]):
    """Prepares at the first use: these statements are few and come again and again."""

    def execute(self, query: Any, params: Any = None, **_: Any) -> Any:
        return super().execute(query, params, prepare=True)


class _PlannedCursor(psycopg.RawCursor[Any]):
    """Plans each call for its own values."""

    def execute(self, query: Any, params: Any = None, **_: Any) -> Any:
        return super().execute(query, params, prepare=False)


def fetch_all(sql: str, params: Sequence[Any], *, plan_anew: bool = False) -> list[tuple[Any, ...]]:
    """Run `sql` (placeholders `%s`, no literal per cent sign) and return its rows.

    `plan_anew` is for conditions whose best plan depends on the value, such as a search for a rare or a common word.
    """
    query = _numbered(sql)
    pool: Any = getattr(connection, "pool", None)
    if connection.connection is None and pool is not None and not connection.queries_logged:
        return _fetch_from_pool(pool, query, params, plan_anew=plan_anew)
    connection.ensure_connection()
    cursor = _cursor(connection.connection, plan_anew=plan_anew)
    wrap = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
    with wrap(cursor) as wrapped:  # type: ignore[arg-type]
        wrapped.execute(query, list(params))
        return wrapped.fetchall()


def _fetch_from_pool(pool: Any, query: str, params: Sequence[Any], *, plan_anew: bool) -> list[tuple[Any, ...]]:
    """Borrow a connection for one statement: a third of the cost of one that Django sets up for a request."""
    with connection.wrap_database_errors:
        pool.open()
        raw = pool.getconn()
        try:
            if not raw.autocommit:
                raw.autocommit = True
            return _cursor(raw, plan_anew=plan_anew).execute(query, list(params)).fetchall()
        finally:
            pool.putconn(raw)


def _cursor(raw: Any, *, plan_anew: bool) -> psycopg.RawCursor[Any]:
    if raw.prepare_threshold is None:
        raw.prepare_threshold, raw.prepared_max = 5, PREPARED_MOST
    return (_PlannedCursor if plan_anew else _PreparedCursor)(raw)


@lru_cache(maxsize=1000)
def _numbered(sql: str) -> str:
    counter = iter(range(1, 1000))
    return _PLACEHOLDER.sub(lambda _: f"${next(counter)}", sql)
