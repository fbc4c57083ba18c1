"""Inserting and changing many rows at once, each with its row of history.

`bulk_create` binds every value into one statement, and the history library does so a second time: at 50 columns that
was most of an import's time. Here rows go in by COPY, and their history is copied from them by the database.
`_meta` is Django's documented model API.
"""

from collections.abc import Collection, Sequence
from typing import Any

from django.db import connection, models
from django.db.models.fields import NOT_PROVIDED
from django.utils import timezone
from simple_history.utils import get_history_model_for_model

from carboncore.common.context import current_actor


def insert_with_history(instances: Sequence[models.Model], *, reason: str) -> None:
    """Insert new rows of one model, all fields as the instances have them, and give the instances their keys.

    Raises:
        IntegrityError: a constraint refuses one of them; within a transaction nothing was inserted.
    """
    insert_many(instances)
    if instances:
        record_history(type(instances[0]), [instance.pk for instance in instances], kind="+", reason=reason)


def insert_many(instances: Sequence[models.Model]) -> None:
    """Insert new rows of one model that keeps no history, and give the instances their keys.

    Raises:
        IntegrityError: a constraint refuses one of them; within a transaction nothing was inserted.
    """
    if not instances:
        return
    model = type(instances[0])
    _give_keys(model, instances)
    columns = [field for field in _columns(model) if field.db_default is NOT_PROVIDED]
    _copy(model._meta.db_table, columns, instances, add=True)
    for instance in instances:
        # What `save()` does; without it a relation to the instance is taken for one to an unsaved row.
        instance._state.adding = False  # noqa: SLF001
        instance._state.db = connection.alias  # noqa: SLF001


def update_many(instances: Sequence[models.Model], fields: Collection[str]) -> None:
    """Write these fields of present rows of one model, in one statement; no history is written."""
    if not instances:
        return
    model = type(instances[0])
    quote = connection.ops.quote_name
    key = _key(model)
    written = [field for field in _columns(model) if field.name in fields]
    table, fresh = quote(model._meta.db_table), quote(f"{model._meta.db_table}_fresh")
    names = ", ".join(quote(field.column) for field in (key, *written))
    setting = ", ".join(f"{quote(field.column)} = {fresh}.{quote(field.column)}" for field in written)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {fresh} AS SELECT {names} FROM {table} WITH NO DATA")  # noqa: S608
        _copy(f"{model._meta.db_table}_fresh", [key, *written], instances, add=False)
        cursor.execute(
            f"UPDATE {table} SET {setting} FROM {fresh} WHERE {table}.{quote(key.column)} = {fresh}.{quote(key.column)}"  # noqa: S608
        )
        cursor.execute(f"DROP TABLE {fresh}")


def record_history(model: type[models.Model], pks: Collection[int], *, kind: str, reason: str) -> None:
    """Write a history row for each of these rows as they now stand: `kind` is `+` for new and `~` for changed ones."""
    history = get_history_model_for_model(model)
    quote = connection.ops.quote_name
    columns = ", ".join(quote(field.column) for field in history.tracked_fields)
    actor = current_actor()
    statement = (
        f"INSERT INTO {quote(history._meta.db_table)} ({columns}, history_date, history_change_reason,"  # noqa: S608
        " history_type, history_user_id, entrance)"
        f" SELECT {columns}, %s, %s, %s, %s, %s FROM {quote(model._meta.db_table)}"
        f" WHERE {quote(_key(model).column)} = ANY(%s) ORDER BY {quote(_key(model).column)}"
    )
    user_pk = actor.user.pk if actor.user is not None else None
    with connection.cursor() as cursor:
        cursor.execute(statement, [timezone.now(), reason, kind, user_pk, actor.entrance.value, list(pks)])


def _give_keys(model: type[models.Model], instances: Sequence[models.Model]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [model._meta.db_table, _key(model).column, len(instances)],
        )
        keys = sorted(key for (key,) in cursor.fetchall())
    for instance, key in zip(instances, keys, strict=True):
        instance.pk = key


def _key(model: type[models.Model]) -> Any:
    return model._meta.pk


def _columns(model: type[models.Model]) -> list[Any]:
    return [field for field in model._meta.concrete_fields if not field.generated]


def _copy(table: str, columns: Sequence[Any], instances: Sequence[models.Model], *, add: bool) -> None:
    quote = connection.ops.quote_name
    names = ", ".join(quote(field.column) for field in columns)
    statement = f"COPY {quote(table)} ({names}) FROM STDIN"
    # Django passes COPY through to the driver, whose errors are not Django's until they are wrapped.
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(statement) as copy:
        for instance in instances:
            copy.write_row([field.get_db_prep_save(field.pre_save(instance, add), connection) for field in columns])
