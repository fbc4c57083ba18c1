"""Data sources for their owners, and providers' outages for staff."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from accounts.models import Organisation, User
from integrations.errors import DataSourceNotFound
from integrations.models import Connection, ProviderOutage

# Fewer failures of a provider in a row are no outage.
FAILURES_OF_AN_OUTAGE = 3


@dataclass(frozen=True)
class OpenOutage:
    """A provider that does not answer, as one thing however many data sources wait for it."""

    provider: str
    message: str
    since: datetime
    retry_at: datetime
    sources: int


def connections_of(*, user: User, organisation: Organisation | None = None) -> QuerySet[Connection]:
    """Return a person's own connected data sources, or those of an organisation that they belong to."""
    rows = Connection.objects.connected().visible_to(user).select_related("integration", "organisation")
    return rows.filter(organisation=organisation) if organisation else rows.filter(owner=user)


def connection_visible_to(*, user: User, public_id: uuid.UUID) -> Connection:
    """Return a connected data source to those who may look at it.

    Raises:
        DataSourceNotFound: there is none, or the person may not know that there is.
    """
    rows = Connection.objects.connected().visible_to(user).select_related("integration", "organisation")
    row: Connection | None = rows.filter(public_id=public_id).first()
    if row is None:
        raise DataSourceNotFound
    return row


def open_outages() -> list[OpenOutage]:
    """Return the providers that are out of order now, the longest first."""
    rows = (
        ProviderOutage.objects.filter(ended_at__isnull=True, failures__gte=FAILURES_OF_AN_OUTAGE)
        .select_related("integration")
        .annotate(
            sources=Count("integration__connections", filter=Q(integration__connections__disconnected_at__isnull=True))
        )
        .order_by("began_at")
    )
    return [OpenOutage(row.integration.name, row.message, row.began_at, row.retry_at, row.sources) for row in rows]
