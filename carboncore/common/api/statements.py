"""Running the hot statements, reads and writes, with server-side binding and prepared statements.

Django's cursors paste values into the text of a statement, so PostgreSQL parses and plans each call anew.
For the hot ones that planning is as dear as the work, so they go through a raw cursor of the same
connection, wrapped by Django's own wrapper: errors, query log and transactions behave as everywhere.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from time import perf_counter
from typing import Any, TypeVar

import psycopg
from django.db import DEFAULT_DB_ALIAS, Error, connection, connections, models

from carboncore.common.api.prepared import run_prepared
from carboncore.common.observing.database import failure_seen, query_ran, watch_query

_PLACEHOLDER = re.compile(r"%s")
_NAMED = re.compile(r"%\((\w+)\)s")
_Row = TypeVar("_Row", bound=models.Model)
_EMPTY = '""'


class _RawCursor(psycopg.RawCursor[Any]):
    """Plans each call for its own values; what is prepared goes past cursors (`run_prepared`)."""

    def execute(self, query: Any, params: Any = None, **_: Any) -> Any:
        return super().execute(query, params, prepare=False)


def fetch_named(sql: str, params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Run `sql` (placeholders `%(name)s`, no literal per cent sign) and return its rows."""
    query, names = _named(sql)
    return _fetch(query, [params[name] for name in names], plan_anew=False)


def fetch_records(model: type[_Row], tail: str, params: Sequence[Any], *, only: tuple[str, ...] = ()) -> list[_Row]:
    """Return records read by `SELECT … FROM the model's table AS t` and what follows that (placeholders `%s`).

    `only` names the attributes that are read (the primary key among them); the others are read when somebody asks.
    """
    head, names = _select(model, only)
    rows = fetch_all(f"{head} {tail}", params)
    return [model.from_db(DEFAULT_DB_ALIAS, names, _read(model, names, row)) for row in rows]


def change_record(record: models.Model, change: str, params: Mapping[str, Any]) -> bool:
    """Change a record's row by `UPDATE the model's table AS t` and what follows that (placeholders `%(name)s`).

    The row is the one of the record's `pk`, if it also fulfils the condition that `change` ends with (`… WHERE …`). All
    that stands in it afterwards is in the record then, whatever was there before. Returns whether there was such a row.
    """
    model = type(record)
    head, names, tail = _update(model)
    rows = fetch_named(f"{head} {change} {tail}", {**params, "pk": record.pk})
    for row in rows:
        for name, value in zip(names, _read(model, names, row), strict=True):
            setattr(record, name, value)
        record._state.adding, record._state.db = False, DEFAULT_DB_ALIAS  # noqa: SLF001 - Django's way to say "saved"
    return bool(rows)


def insert_record(record: models.Model) -> None:
    """Insert a new record whose fields hold plain values; its `pk` is set. No signal is sent and no parent is saved."""
    sql, fields = _insert(type(record))
    database = connections[DEFAULT_DB_ALIAS]
    values = [field.get_db_prep_save(getattr(record, field.attname), database) for field in fields]
    ((record.pk,),) = fetch_all(sql, values)
    record._state.adding, record._state.db = False, DEFAULT_DB_ALIAS  # noqa: SLF001 - Django's way to say "saved"


def columns_of(model: type[models.Model], alias: str, only: tuple[str, ...] = ()) -> tuple[str, tuple[str, ...]]:
    """Return a model's columns as they stand after SELECT, and its attributes in that order, for `Model.from_db`."""
    fields = [field for field in model._meta.concrete_fields if not only or field.attname in only]
    columns = ", ".join(f"{alias}.{connection.ops.quote_name(str(field.column))}" for field in fields)
    return columns, tuple(field.attname for field in fields)


def fetch_all(sql: str, params: Sequence[Any], *, plan_anew: bool = False) -> list[tuple[Any, ...]]:
    """Run `sql` (placeholders `%s`, no literal per cent sign) and return its rows.

    `plan_anew` is for conditions whose best plan depends on the value, such as a search for a rare or a common word.
    """
    return _fetch(_numbered(sql), params, plan_anew=plan_anew)


def array_of(values: Iterable[int | str | None]) -> str:
    """Return whole numbers, or words of letters, as the text of an array: a third of the time of a list's conversion.

    The statement says what they are (`%s::bigint[]`).
    """
    return f"{{{','.join(['NULL' if value is None else str(value) or _EMPTY for value in values])}}}"


def _fetch(query: str, params: Sequence[Any], *, plan_anew: bool) -> list[tuple[Any, ...]]:
    database: Any = connections[DEFAULT_DB_ALIAS]  # `connection` would look it up anew for each of its attributes
    if database.connection is None and not database.queries_logged and database.pool is not None:
        return _fetch_from_pool(database, query, params, plan_anew=plan_anew)
    database.close_if_health_check_failed()
    database.ensure_connection()
    if database.queries_logged or database.execute_wrappers != [watch_query]:
        wrap = database.make_debug_cursor if database.queries_logged else database.make_cursor
        with wrap(_RawCursor(database.connection)) as wrapped:
            wrapped.execute(query, list(params))
            rows: list[tuple[Any, ...]] = wrapped.fetchall()
            return rows
    # Nobody but us looks on: what Django's wrapper does, without it.
    database.validate_no_broken_transaction()
    began = perf_counter()
    try:
        with database.wrap_database_errors:
            return _rows(database.connection, query, params, plan_anew=plan_anew)
    except Error as error:
        failure_seen(error)
        raise
    finally:
        query_ran(query, perf_counter() - began)


def _fetch_from_pool(database: Any, query: str, params: Sequence[Any], *, plan_anew: bool) -> list[tuple[Any, ...]]:
    """Borrow a connection for one statement: a third of the cost of one that Django sets up for a request."""
    pool = database.pool
    with database.wrap_database_errors:
        pool.open()
        raw = pool.getconn()
        began = perf_counter()
        try:
            if not raw.autocommit:
                raw.autocommit = True
            return _rows(raw, query, params, plan_anew=plan_anew)
        finally:
            query_ran(query, perf_counter() - began)
            pool.putconn(raw)


def _rows(raw: Any, query: str, params: Sequence[Any], *, plan_anew: bool) -> list[tuple[Any, ...]]:
    return _RawCursor(raw).execute(query, params).fetchall() if plan_anew else run_prepared(raw, query, params)


@lru_cache(maxsize=1000)
def _numbered(sql: str) -> str:
    counter = iter(range(1, 1000))
    return _PLACEHOLDER.sub(lambda _: f"${next(counter)}", sql)


@lru_cache(maxsize=1000)
def _named(sql: str) -> tuple[str, tuple[str, ...]]:
    names = tuple(dict.fromkeys(_NAMED.findall(sql)))
    return _NAMED.sub(lambda found: f"${names.index(found[1]) + 1}", sql), names


@lru_cache(maxsize=100)
def _select(model: type[models.Model], only: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    columns, names = columns_of(model, "t", only)
    table = connection.ops.quote_name(model._meta.db_table)
    return f"SELECT {columns} FROM {table} AS t", names  # noqa: S608 - names of columns and a table, from the model


@lru_cache(maxsize=100)
def _update(model: type[models.Model]) -> tuple[str, tuple[str, ...], str]:
    columns, names = columns_of(model, "t")
    table, key = connection.ops.quote_name(model._meta.db_table), connection.ops.quote_name(str(model._meta.pk.column))
    return f"UPDATE {table} AS t", names, f"AND t.{key} = %(pk)s::bigint RETURNING {columns}"


def _read(model: type[models.Model], names: tuple[str, ...], row: Sequence[Any]) -> Sequence[Any]:
    """Return a row's values as fields read them, such as JSON, which Django's connections hand over as text."""
    readers = _readers(model, names)
    if not readers:
        return row
    values = list(row)
    for place, reader in readers:
        values[place] = reader(values[place], None, connection)
    return values


@lru_cache(maxsize=100)
def _readers(model: type[models.Model], names: tuple[str, ...]) -> tuple[tuple[int, Any], ...]:
    fields: list[Any] = list(model._meta.concrete_fields)
    readers = {field.attname: getattr(field, "from_db_value", None) for field in fields}
    return tuple((place, readers[name]) for place, name in enumerate(names) if readers[name])


@lru_cache(maxsize=100)
def _insert(model: type[models.Model]) -> tuple[str, list[Any]]:
    fields = [field for field in model._meta.concrete_fields if not field.primary_key and not field.generated]
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    places = ", ".join(f"%s::{field.db_type(connection)}" for field in fields)
    table, key = connection.ops.quote_name(model._meta.db_table), connection.ops.quote_name(str(model._meta.pk.column))
    sql = f"INSERT INTO {table} ({columns}) VALUES ({places}) RETURNING {key}"  # noqa: S608 - as above
    return sql, fields
