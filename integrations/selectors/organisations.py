"""What an organisation measures, for its staff page: data sources by health, last syncs, footprint, files, webhooks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Case, IntegerField, Value, When

from accounts.models import Organisation
from integrations.choices import ConnectionStatus
from integrations.emission_choices import Method
from integrations.models import Connection, SyncRun, UnmatchedActivity, Upload, WebhookEndpoint
from integrations.selectors.emissions import Period, added_up, cells

_MONTHS = 12
_MONTHS_OF_A_YEAR = 12
# What needs somebody stands first.
_BY_HEALTH = Case(
    When(disconnected_at__isnull=False, then=Value(4)),
    When(status=ConnectionStatus.ERROR, then=Value(0)),
    When(status=ConnectionStatus.DISABLED, then=Value(1)),
    When(status=ConnectionStatus.PENDING, then=Value(2)),
    default=Value(3),
    output_field=IntegerField(),
)


@dataclass(frozen=True)
class MonthOfFootprint:
    """Kilograms of CO2e of one month by scope, location-based; none where nothing was measured."""

    month: date
    by_scope: dict[int, Decimal]

    @property
    def total(self) -> Decimal:
        """Return the kilograms of all scopes."""
        return sum(self.by_scope.values(), Decimal(0))


@dataclass(frozen=True)
class Footprint:
    """The last twelve months of an organisation, the newest first, and what is to be known about them."""

    months: Sequence[MonthOfFootprint]
    results: int
    out_of_date: int
    unmatched: int

    @property
    def total(self) -> Decimal:
        """Return the kilograms of all months."""
        return sum((month.total for month in self.months), Decimal(0))


def organisation_sources(organisation: Organisation, *, count: int) -> list[Connection]:
    """Return the organisation's data sources, those that do not work first and disconnected ones last."""
    rows = Connection.objects.filter(organisation=organisation).select_related("integration")
    return list(rows.order_by(_BY_HEALTH, "pk")[:count])


def organisation_syncs(organisation: Organisation, *, count: int) -> list[SyncRun]:
    """Return the latest syncs of all the organisation's data sources, the newest first."""
    rows = SyncRun.objects.filter(connection__organisation=organisation).select_related("connection")
    return list(rows.order_by("-queued_at", "-pk")[:count])


def organisation_uploads(organisation: Organisation, *, count: int) -> list[Upload]:
    """Return the latest files that were given to the organisation's data sources, the newest first."""
    rows = Upload.objects.filter(connection__organisation=organisation).select_related("connection")
    return list(rows.order_by("-created_at", "-pk")[:count])


def organisation_endpoints(organisation: Organisation, *, count: int) -> list[WebhookEndpoint]:
    """Return the addresses at which the organisation is told of events, the newest first."""
    rows = WebhookEndpoint.objects.filter(organisation=organisation, deleted_at__isnull=True)
    return list(rows.order_by("-pk")[:count])


def organisation_footprint(organisation: Organisation, *, today: date) -> Footprint:
    """Return the emissions of this month and of the eleven before it, of connected and disconnected sources alike."""
    connections = list(Connection.objects.filter(organisation=organisation).only("pk"))
    months = _last_months(today)
    period = Period(months[-1], _month_after(months[0]))
    groups = cells(connections=connections, period=period, method=Method.LOCATION) if connections else []
    kilograms = added_up(groups, "month", "scope")
    return Footprint(
        months=[
            MonthOfFootprint(month, {scope: kg for (of, scope), kg in kilograms.items() if of == month})
            for month in months
        ],
        results=sum(cell.results for cell in groups),
        out_of_date=sum(cell.out_of_date for cell in groups),
        unmatched=UnmatchedActivity.objects.filter(connection__organisation=organisation).count(),
    )


def _last_months(today: date) -> list[date]:
    newest = today.year * _MONTHS_OF_A_YEAR + today.month - 1
    numbers = range(newest, newest - _MONTHS, -1)
    return [date(number // _MONTHS_OF_A_YEAR, number % _MONTHS_OF_A_YEAR + 1, 1) for number in numbers]


def _month_after(month: date) -> date:
    number = month.year * _MONTHS_OF_A_YEAR + month.month
    return date(number // _MONTHS_OF_A_YEAR, number % _MONTHS_OF_A_YEAR + 1, 1)
