"""Figures of completed transactions: how much, for how much, by month, type and project, and how fast."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import connection

from transactions.models import Transaction

# Money that was received and not given back; credits that were not taken back.
_BY_MONTH = """
    SELECT date_trunc('month', t.completed_at AT TIME ZONE 'UTC')::date, t.transaction_type, sum(t.quantity_kg),
        sum(CASE WHEN t.currency = %(currency)s THEN t.total_amount - t.refund_amount END),
        sum(CASE WHEN t.currency = %(currency)s THEN t.total_amount END),
        sum(CASE WHEN t.currency = %(currency)s THEN t.quantity_kg END)
    FROM transactions_transaction t
    WHERE t.status IN ('completed', 'refunded') AND t.completed_at >= %(since)s
    GROUP BY 1, 2 ORDER BY 1, 2
"""
_BY_PROJECT = """
    SELECT t.project_id, p.project_name, sum(t.quantity_kg),
        sum(CASE WHEN t.currency = %(currency)s THEN t.total_amount - t.refund_amount END)
    FROM transactions_transaction t JOIN registry_project p ON p.id = t.project_id
    WHERE t.status IN ('completed', 'refunded') AND t.completed_at >= %(since)s
    GROUP BY 1, 2 ORDER BY 3 DESC, 1 LIMIT %(most)s
"""
_SETTLING = """
    SELECT t.payment_method, count(*),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY t.processing_time_seconds),
        percentile_cont(0.9) WITHIN GROUP (ORDER BY t.processing_time_seconds)
    FROM transactions_transaction t
    WHERE t.transaction_type = 'purchase' AND t.processing_time_seconds IS NOT NULL AND t.completed_at >= %(since)s
    GROUP BY 1 ORDER BY 1
"""
_STATUSES = """
    SELECT t.status, count(*) FROM transactions_transaction t WHERE t.created_at >= %(since)s GROUP BY 1
"""


@dataclass(frozen=True)
class MonthRow:
    """One month's completed transactions of one type, in kilograms.

    Of those paid in the chosen currency: the money kept (`value`), the money once paid, and what it was paid for.
    """

    month: date
    transaction_type: str
    quantity_kg: int
    value: Decimal
    paid: Decimal
    paid_kg: int


@dataclass(frozen=True)
class ProjectRow:
    """One project's completed transactions."""

    project_id: int
    name: str
    quantity_kg: int
    value: Decimal


@dataclass(frozen=True)
class SettlingRow:
    """How long purchases of one payment method took from request to credits, in seconds."""

    payment_method: str
    count: int
    median_seconds: float
    ninth_decile_seconds: float


@dataclass(frozen=True)
class Analytics:
    """Everything that the page shows."""

    months: Sequence[MonthRow]
    projects: Sequence[ProjectRow]
    settling: Sequence[SettlingRow]
    statuses: dict[str, int]


def currencies_used() -> list[str]:
    """Return the currencies in which anything was sold, the most used first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT currency FROM transactions_transaction WHERE currency <> '' GROUP BY 1 ORDER BY count(*) DESC, 1"
        )
        return [row[0] for row in cursor.fetchall()]


def transaction_analytics(*, since: datetime, currency: str, most_projects: int) -> Analytics:
    """Return the figures of what was completed since a time; money of one currency."""
    given: dict[str, datetime | str | int] = {"since": since, "currency": currency, "most": most_projects}
    return Analytics(
        months=[
            MonthRow(month, kind, int(kg), value or Decimal(0), paid or Decimal(0), int(paid_kg or 0))
            for month, kind, kg, value, paid, paid_kg in _rows(_BY_MONTH, given)
        ],
        projects=[ProjectRow(pk, name, int(kg), v or Decimal(0)) for pk, name, kg, v in _rows(_BY_PROJECT, given)],
        settling=[SettlingRow(*row) for row in _rows(_SETTLING, given)],
        statuses=dict(_rows(_STATUSES, given)),
    )


def first_transaction_at() -> datetime | None:
    """Return when the first transaction was asked for; None when there is none."""
    return Transaction.objects.order_by("created_at").values_list("created_at", flat=True).first()


def _rows(query: str, given: dict[str, datetime | str | int]) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(query, given)
        return cursor.fetchall()
