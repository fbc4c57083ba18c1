"""Empties the test database after a test that committed, and puts back what the migrations had put there.

Django's own way falls short twice: the ledger refuses TRUNCATE, as it should, and what migrations wrote (countries,
groups) would be gone for every test that follows.
"""

from collections.abc import Callable, Sequence

from django.db import connection, transaction
from django.db.backends.postgresql.operations import DatabaseOperations

_COLUMNS_BY_TABLE = """
    SELECT c.table_name, string_agg(quote_ident(c.column_name), ', ' ORDER BY c.ordinal_position)
    FROM information_schema.columns c
    JOIN information_schema.tables t USING (table_schema, table_name)
    WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.is_generated = 'NEVER'
      AND c.table_name <> 'django_migrations'
    GROUP BY c.table_name
"""
# Numbers that were given out again after RESTART IDENTITY would meet those of the rows put back.
_GO_ON_COUNTING = """
    SELECT format('SELECT setval(%%L, (SELECT max(%%I) FROM %%I))',
                  pg_get_serial_sequence(quote_ident(table_name), column_name), column_name, table_name)
    FROM information_schema.columns
    WHERE table_schema = 'public' AND is_identity = 'YES' AND table_name = ANY(%s)
"""


def keep_what_migrations_wrote() -> None:
    """Remember every row there is now, just after the migrations, and bring it back after each flush of this run."""
    # Django calls this with its TRUNCATE statement. Set for the class: a test that drives a browser has a connection of
    # its own, because Playwright's event loop counts as another context.
    DatabaseOperations.execute_sql_flush = _flush_to(_copy_out())  # type: ignore[method-assign, assignment]


def _copy_out() -> dict[str, bytes]:
    kept = {}
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS_BY_TABLE)
        for table, columns in cursor.fetchall():
            place = f'"{table}" ({columns})'
            with cursor.copy(f"COPY {place} TO STDOUT") as out:
                rows = b"".join(out)
            if rows:
                kept[place] = rows
    return kept


def _flush_to(kept: dict[str, bytes]) -> Callable[[DatabaseOperations, Sequence[str]], None]:
    def flush(_operations: DatabaseOperations, statements: Sequence[str]) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            # Triggers and foreign keys rest for this transaction: those that guard the ledger, and the order of tables.
            cursor.execute("SET LOCAL session_replication_role = replica")
            for statement in statements:
                cursor.execute(statement)
            for place, rows in kept.items():
                with cursor.copy(f"COPY {place} FROM STDIN") as into:
                    into.write(rows)
            cursor.execute(_GO_ON_COUNTING, [[place.split('"')[1] for place in kept]])
            for (statement,) in cursor.fetchall():
                cursor.execute(statement)

    return flush
