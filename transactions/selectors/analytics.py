"""Totals of transactions by type, status, project and month, added up by PostgreSQL in exact decimals."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from carboncore.common.api.listing import Condition
from carboncore.common.api.statements import fetch_all
from carboncore.common.quantities import tonnes_from_kg

MOST_PROJECTS = 100

# One pass over the rows for counts and kilograms, one for money, which has a currency. What was sold is what was
# completed, refunded later or not; a refund of money for credits that were never delivered is no sale.
_TOTALS = """
    WITH picked AS (
        SELECT "row"."transaction_type", "row"."status", "row"."project_id",
               to_char("row"."created_at" AT TIME ZONE 'UTC', 'YYYY-MM') AS "month", "row"."quantity_kg",
               "row"."currency", "row"."total_amount", "row"."refund_amount", "row"."processing_time_seconds",
               "row"."completed_at" IS NOT NULL AND "row"."status" IN ('completed', 'refunded') AS "done"
        FROM "transactions_transaction" AS "row" WHERE {where}
    )
    SELECT grouping("transaction_type", "status", "project_id", "month"),
           coalesce("transaction_type", "status", "project_id"::text, "month"), NULLIF("currency", ''),
           grouping("currency") = 1, count(*), sum("quantity_kg")::bigint,
           count(*) FILTER (WHERE "done"), coalesce(sum("quantity_kg") FILTER (WHERE "done"), 0)::bigint,
           sum("total_amount") FILTER (WHERE "done"), sum("refund_amount") FILTER (WHERE "done"),
           round(avg("processing_time_seconds") FILTER (WHERE "done" AND "transaction_type" = 'purchase'), 3)
    FROM picked GROUP BY GROUPING SETS (
        (), ("transaction_type"), ("status"), ("project_id"), ("month"), ("currency"),
        ("transaction_type", "currency"), ("status", "currency"), ("project_id", "currency"), ("month", "currency"))
    ORDER BY 1, 2, 4 DESC, 3
"""
_NAMES = 'SELECT "id", "project_name" FROM "registry_project" WHERE "id" = ANY(%s::bigint[])'
# What grouping() answers: a bit for each of the four columns that is not grouped by.
_BY = {0b0111: "by_type", 0b1011: "by_status", 0b1101: "by_project", 0b1110: "by_month", 0b1111: "totals"}
_KEYS = {"by_type": "transaction_type", "by_status": "status", "by_project": "project_id", "by_month": "month"}


def transaction_totals(conditions: Iterable[Condition]) -> dict[str, Any]:
    """Return the totals of the transactions that meet all conditions (SQL on the alias `row`).

    Quantities are tonnes, money decimals by currency. `by_project` has the hundred with most tonnes delivered.
    """
    picked = list(conditions)
    where = " AND ".join(["TRUE", *(condition.sql for condition in picked)])
    values = [value for condition in picked for value in condition.values]
    found: dict[str, dict[Any, dict[str, Any]]] = {name: {} for name in _BY.values()}
    for row in fetch_all(_TOTALS.format(where=where), values, plan_anew=True):
        group = found[_BY[row[0]]]
        if row[3]:
            group[row[1]] = _bucket(row)
        elif row[2] is not None and row[8] is not None:
            group[row[1]]["amounts"].append(_amount(row))
    return {
        "totals": found["totals"].get(None, _EMPTY),
        **{name: [{key: value, **bucket} for value, bucket in _kept(name, found[name])] for name, key in _KEYS.items()},
    }


_EMPTY: dict[str, Any] = {
    "count": 0, "quantity": Decimal("0.000"), "completed_count": 0, "completed_quantity": Decimal("0.000"),
    "average_processing_time_seconds": None, "amounts": [],
}  # fmt: skip


def _bucket(row: Sequence[Any]) -> dict[str, Any]:
    return {
        "count": row[4],
        "quantity": tonnes_from_kg(row[5] or 0),
        "completed_count": row[6],
        "completed_quantity": tonnes_from_kg(row[7]),
        "average_processing_time_seconds": row[10],
        "amounts": [],
    }


def _amount(row: Sequence[Any]) -> dict[str, Any]:
    """Say what was paid and given back in one currency; the average price is of the credits sold in it."""
    total, refunded, kilograms = row[8], row[9], row[7]
    return {
        "currency": row[2],
        "total": total,
        "refunded": refunded,
        "net": total - refunded,
        "average_price": (total * 1000 / kilograms).quantize(Decimal("0.0001")) if kilograms else None,
    }


def _kept(name: str, groups: dict[Any, dict[str, Any]]) -> list[tuple[Any, dict[str, Any]]]:
    if name != "by_project":
        return list(groups.items())
    most = sorted(groups.items(), key=lambda item: (-item[1]["completed_quantity"], int(item[0])))[:MOST_PROJECTS]
    names = dict(fetch_all(_NAMES, [[int(key) for key, _ in most]]))
    return [(int(key), {"project_name": names.get(int(key)), **bucket}) for key, bucket in most]
