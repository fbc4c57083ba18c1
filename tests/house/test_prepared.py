"""Prepared statements past cursors: values, errors and transactions as by psycopg itself, and only so many kept."""

import threading
from datetime import UTC, datetime
from decimal import Decimal

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, connection, transaction

from carboncore.common.api.prepared import PREPARED_MOST
from carboncore.common.api.statements import fetch_all

ALL = "SELECT %s::bigint, %s::text, %s::numeric, %s::timestamptz, %s::jsonb, %s::bytea, %s::bigint[], NULL::int"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def kept(text=""):
    with connection.cursor() as cursor:
        sql = (
            "SELECT count(*) FROM pg_prepared_statements WHERE starts_with(name, 'carboncore_')"
            " AND starts_with(statement, %s)"
        )
        cursor.execute(sql, [text])
        return cursor.fetchone()[0]


@pytest.mark.django_db
def test_values_go_and_come_as_by_a_cursor():
    values = [7, "é", Decimal("1.50"), NOON, '{"a": 1}', b"\x00\xff", [1, 2]]

    (row,) = fetch_all(ALL, values)

    raw = psycopg.RawCursor(connection.connection)
    query = "SELECT $1::bigint, $2::text, $3::numeric, $4::timestamptz, $5::jsonb, $6::bytea, $7::bigint[], NULL::int"
    assert row == raw.execute(query, values).fetchone()
    assert row[:4] == (7, "é", Decimal("1.50"), NOON)


@pytest.mark.django_db(transaction=True)
def test_a_statement_whose_answer_a_migration_changed_is_prepared_anew():
    with transaction.atomic():
        fetch_all("CREATE TEMPORARY TABLE told (words varchar(5))", [])
        fetch_all("SELECT * FROM told WHERE %s::int = 1", [1])
        fetch_all("ALTER TABLE told ALTER words TYPE varchar(9)", [])
    try:
        with pytest.raises(DatabaseError), transaction.atomic():
            fetch_all("SELECT * FROM told WHERE %s::int = 1", [1])

        with transaction.atomic():
            assert fetch_all("SELECT * FROM told WHERE %s::int = 1", [1]) == []
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_statement_stays_prepared_after_an_error_that_rolls_back():
    with transaction.atomic():
        fetch_all("SELECT %s::bigint + 1", [1])

    with pytest.raises(IntegrityError), transaction.atomic():
        fetch_all("INSERT INTO registry_country (code, name) VALUES (%s, %s) RETURNING 1", ["QQ", None])

    with transaction.atomic():
        assert fetch_all("SELECT %s::bigint + 1", [1]) == [(2,)]
    assert kept("SELECT $1::bigint + 1") == 1


@pytest.mark.django_db
def test_no_more_are_kept_than_is_said():
    for number in range(PREPARED_MOST + 20):
        assert fetch_all(f"SELECT {number}, %s::int", [number]) == [(number, number)]

    assert kept() == PREPARED_MOST
    assert fetch_all("SELECT 0, %s::int", [5]) == [(0, 5)]


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_was_ended_is_an_operational_error():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    with psycopg.connect(connection.connection.info.dsn, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])

    with pytest.raises(OperationalError):
        fetch_all("SELECT %s::bigint", [1])

    connection.close()
    assert fetch_all("SELECT %s::bigint", [1]) == [(1,)]


@pytest.mark.django_db
def test_others_run_while_a_statement_waits():
    ran = threading.Event()
    thread = threading.Timer(0.05, ran.set)
    thread.start()

    fetch_all("SELECT pg_sleep(%s::float)::text", [0.5])

    assert ran.is_set()
    with pytest.raises(DatabaseError), transaction.atomic():
        fetch_all("SELECT 1 / %s::int", [0])
    assert fetch_all("SELECT 1 / %s::int", [1]) == [(1,)]
