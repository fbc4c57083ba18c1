"""Data sources for their owners, and providers' outages for staff."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Min, Q, QuerySet

from accounts.models import Organisation, User
from integrations.choices import ConnectionProblem
from integrations.errors import DataSourceNotFound
from integrations.models import Connection

# So many of a provider's connections in trouble at once are the provider's trouble and not theirs.
_AN_OUTAGE = 2
_OF_PROVIDERS = (ConnectionProblem.PROVIDER_UNAVAILABLE, ConnectionProblem.ANSWER_UNREADABLE)


@dataclass(frozen=True)
class Outage:
    """A provider that does not answer as it should, as one thing however many connections it troubles."""

    provider: str
    problem: str
    troubled: int
    connected: int
    since: datetime | None
    last_success: datetime | None


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


def provider_outages() -> list[Outage]:
    """Return the providers that trouble several connections at once, those of most connections first."""
    trouble = Q(problem__in=_OF_PROVIDERS)
    rows = (
        Connection.objects.connected()
        .values("integration__name")
        .annotate(
            connected=Count("pk"),
            troubled=Count("pk", filter=trouble),
            problem_now=Max("problem", filter=trouble),
            since=Min("last_synced_at", filter=trouble),
            last_success=Max("last_synced_at"),
        )
        .filter(troubled__gte=_AN_OUTAGE)
        .order_by("-troubled")
    )
    return [
        Outage(
            provider=row["integration__name"],
            problem=ConnectionProblem(row["problem_now"]).label,
            troubled=row["troubled"],
            connected=row["connected"],
            since=row["since"],
            last_success=row["last_success"],
        )
        for row in rows
    ]
