"""The analytics page of transactions: charts of volume, value, prices and speed, each with its table."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from unfold.decorators import action

from carboncore.common.admin.charts import bar_chart
from carboncore.common.quantities import KG_PER_CREDIT
from transactions.admin.fields import tonnes
from transactions.choices import PaymentMethod, TransactionStatus, TransactionType
from transactions.selectors.admin_analytics import (
    Analytics,
    MonthRow,
    SettlingRow,
    currencies_used,
    first_transaction_at,
    transaction_analytics,
)

MOST_PROJECTS = 10
PERIODS = (("12", "The last 12 months"), ("24", "The last 24 months"), ("all", "Everything"))


class AnalyticsMixin:
    """Adds the page to the list of transactions."""

    actions_list = ("analytics",)

    @action(description="Analytics", url_path="analytics", icon="monitoring")
    def analytics(self, request: HttpRequest) -> HttpResponse:
        """Show the charts for a period and a currency."""
        if not self.has_view_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied
        currencies = currencies_used()
        currency = request.GET.get("currency", "")
        if currency not in currencies:
            currency = currencies[0] if currencies else ""
        period = request.GET.get("period", "")
        period = period if period in dict(PERIODS) else "12"
        months = _months(period)
        since = datetime(months[0].year, months[0].month, 1, tzinfo=UTC)
        found = transaction_analytics(since=since, currency=currency, most_projects=MOST_PROJECTS)
        model_admin: Any = self
        context = {
            **model_admin.admin_site.each_context(request),
            "title": "Analytics of transactions",
            "opts": model_admin.opts,
            "media": model_admin.media,
            "currency": currency,
            "currencies": currencies,
            "period": period,
            "periods": PERIODS,
            "figures": _figures(found, currency),
            "charts": _charts(found, months, currency),
        }
        request.current_app = model_admin.admin_site.name
        return TemplateResponse(request, "admin/transactions/analytics.html", context)


def _months(period: str) -> list[date]:
    """Return the first day of each month of the period, this month last."""
    today = timezone.now().astimezone(UTC).date()
    last = today.year * 12 + today.month - 1
    if period == "all":
        begun = first_transaction_at()
        first = begun.year * 12 + begun.month - 1 if begun else last - 11
    else:
        first = last - int(period) + 1
    return [date(number // 12, number % 12 + 1, 1) for number in range(min(first, last), last + 1)]


def _figures(found: Analytics, currency: str) -> list[tuple[str, str]]:
    value = sum((row.value for row in found.months), start=Decimal(0))
    paid, paid_kg = (sum(getattr(row, name) for row in found.months) for name in ("paid", "paid_kg"))
    told = [
        (f"{sum(found.statuses.values()):,}", "transactions asked for"),
        (f"{found.statuses.get(TransactionStatus.COMPLETED, 0):,}", "completed"),
        (tonnes(sum(row.quantity_kg for row in found.months)), "t CO₂e in all movements"),
    ]
    if currency:
        told.append((f"{value:,.2f} {currency}", "received and kept"))
    if paid_kg:
        told.append((f"{paid * KG_PER_CREDIT / paid_kg:,.2f} {currency}", "a credit on average"))
    told += [(_duration(row), _settled_label(row)) for row in found.settling]
    return told


def _charts(found: Analytics, months: list[date], currency: str) -> list[dict[str, Any]]:
    labels = [f"{month:%b %y}" for month in months]
    by_type = [kind for kind in TransactionType if any(row.transaction_type == kind for row in found.months)]
    cells = {(row.month, row.transaction_type): row for row in found.months}
    volume: list[tuple[str, list[Any]]] = [
        (kind.label, [_tonnes_of(cells.get((month, kind))) for month in months]) for kind in by_type
    ]
    sold = [cells.get((month, TransactionType.PURCHASE)) for month in months]
    money = currency or "no sales yet"
    return [
        bar_chart(title="Volume by month and type", unit="t CO₂e", labels=labels, series=volume, places=3),
        bar_chart(
            title="Value by month",
            unit=money,
            labels=labels,
            series=[("Purchases, less refunds", [row.value if row else Decimal(0) for row in sold])],
            places=2,
        ),
        bar_chart(
            title="Average price of a credit by month",
            unit=money,
            labels=labels,
            series=[("Average price", [_average(row) for row in sold])],
            places=2,
        ),
        bar_chart(
            title=f"Volume by project, the {MOST_PROJECTS} largest",
            unit="t CO₂e",
            labels=[row.name for row in found.projects],
            series=[("Volume", [Decimal(row.quantity_kg).scaleb(-3) for row in found.projects])],
            places=3,
            lying=True,
        ),
        bar_chart(
            title="Value of the same projects",
            unit=money,
            labels=[row.name for row in found.projects],
            series=[("Value", [row.value for row in found.projects])],
            places=2,
            lying=True,
        ),
    ]


def _tonnes_of(row: MonthRow | None) -> Decimal:
    return Decimal(row.quantity_kg).scaleb(-3) if row else Decimal(0)


def _average(row: MonthRow | None) -> Decimal:
    return row.paid * KG_PER_CREDIT / row.paid_kg if row and row.paid_kg else Decimal(0)


def _settled_label(row: SettlingRow) -> str:
    method = PaymentMethod(row.payment_method).label.lower() if row.payment_method else "other payment"
    return f"from request to credits by {method}, median of {row.count:,}"


def _duration(row: SettlingRow) -> str:
    seconds = row.median_seconds
    if seconds < 120:
        return f"{seconds:,.1f} s"
    if seconds < 7200:
        return f"{seconds / 60:,.0f} min"
    return f"{seconds / 3600:,.1f} h" if seconds < 172_800 else f"{seconds / 86400:,.1f} days"
