"""Writing a new purchase and its awaited payment down, in one prepared statement.

The columns are the models'; only that both rows go in at once is said here.
"""

from functools import cache
from typing import Any

from django.db import connection, models

from carboncore.common.api.statements import fetch_all
from transactions.models import Payment, Transaction


def record_purchase(purchase: Transaction) -> Payment:
    """Insert the purchase (its `pk` is set) and its payment, which is returned."""
    payment = Payment(transaction=purchase)
    sql, purchase_fields, payment_fields = _statement()
    values = [*_values(purchase, purchase_fields), *_values(payment, payment_fields)]
    ((purchase.pk,),) = fetch_all(sql, values)
    payment.transaction_id = purchase.pk
    for record in (purchase, payment):
        record._state.adding, record._state.db = False, connection.alias  # noqa: SLF001 - Django's way to say "saved"
    return payment


@cache
def _statement() -> tuple[str, list[Any], list[Any]]:
    purchase_fields = [field for field in Transaction._meta.concrete_fields if not field.primary_key]
    payment_fields = [field for field in Payment._meta.concrete_fields if not field.primary_key]
    sql = f"""
        WITH purchase AS (
            INSERT INTO {Transaction._meta.db_table} ({_columns(purchase_fields)})
            VALUES ({_places(purchase_fields)}) RETURNING id
        )
        INSERT INTO {Payment._meta.db_table} ({_columns(payment_fields)}, transaction_id)
        SELECT {_places(payment_fields)}, purchase.id FROM purchase RETURNING transaction_id
    """  # noqa: S608 - names of columns and tables, from the models
    return sql, purchase_fields, payment_fields


def _columns(fields: list[Any]) -> str:
    return ", ".join(connection.ops.quote_name(field.column) for field in fields)


def _places(fields: list[Any]) -> str:
    return ", ".join(f"%s::{field.db_type(connection)}" for field in fields)


def _values(record: models.Model, fields: list[Any]) -> list[Any]:
    return [getattr(record, field.attname) for field in fields]
