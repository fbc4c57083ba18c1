"""Running a statement that its connection has prepared, by libpq's own call for that: sent, awaited and read in one.

A cursor of psycopg takes three times as much processor time for the same, most of it for what hot statements do not
need: waiting without blocking, pipelines, results one by one. Values are converted by psycopg as in its cursors. A
statement stays prepared when a transaction is rolled back, where psycopg forgets those that it prepared itself; so
none of a connection's are to be (`prepare_threshold` is None).
"""

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus

# How many a connection keeps; the one that was not used for longest makes room.
PREPARED_MOST = 200
_DONE = {ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK}
_KEPT = "carboncore_prepared"


def run_prepared(raw: Any, query: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Run a statement (placeholders `$1`) on psycopg's connection, prepared there at its first use; return its rows.

    Begins a transaction where the connection's next statement is to, as its cursors do. The thread waits in C, with
    Python's lock released: signals are handled when the statement has ended.

    Raises:
        psycopg.Error: as its cursors do.
    """
    pg = raw.pgconn
    if not raw.autocommit and pg.transaction_status == TransactionStatus.IDLE:
        _done(pg, pg.exec_(b"BEGIN"))
    values = Transformer(raw)
    sent = values.dump_sequence(params, [PyFormat.AUTO] * len(params))
    name = _name(raw, query, values.types or ())
    try:
        result = _done(pg, pg.exec_prepared(name, sent, values.formats))
    except (psycopg.errors.FeatureNotSupported, psycopg.errors.InvalidSqlStatementName):
        # A migration changed what the statement returns, or the session forgot it: the next use prepares it anew.
        raw.__dict__[_KEPT][0].pop((query, values.types or ()))
        raise
    if not result.nfields:
        return []
    values.set_pgresult(result)
    rows: list[tuple[Any, ...]] = values.load_rows(0, result.ntuples, tuple)
    return rows


def _name(raw: Any, query: str, types: tuple[int, ...]) -> bytes:
    """Return under which name the connection has a statement for values of these types; prepares it if it has not."""
    pg, (names, numbers) = raw.pgconn, raw.__dict__.setdefault(_KEPT, ({}, iter(range(2**62))))
    key = (query, types)
    name: bytes | None = names.pop(key, None)
    if name is None:
        if len(names) >= PREPARED_MOST:
            _done(pg, pg.close_prepared(names.pop(next(iter(names)))))
        name = b"carboncore_%d" % next(numbers)
        _done(pg, pg.prepare(name, query.encode(), types))
    names[key] = name  # now the latest
    return name


def _done(pg: Any, result: Any) -> Any:
    if result.status in _DONE:
        return result
    if pg.status == ConnStatus.BAD:
        raise psycopg.OperationalError(pg.get_error_message())
    raise psycopg.errors.error_from_result(result)
