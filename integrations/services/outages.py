"""Outages of providers: seen after some failures in a row, tried by one data source at a time, and ended by a success.

While one is open nobody asks the provider, and it is shown as one thing instead of one failure for each source.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import DateTimeField, DurationField, ExpressionWrapper, Q, QuerySet, Value
from django.db.models.functions import Random

from carboncore.audit.services import event_record
from carboncore.common.api.statements import fetch_named
from integrations.models import Connection, ProviderOutage
from integrations.selectors.connections import FAILURES_OF_AN_OUTAGE
from integrations.sync_times import wait_after

_SPREAD = timedelta(minutes=10)
_FAILING = """
    SELECT 1 FROM integrations_provideroutage WHERE integration_id = %(integration)s::bigint AND ended_at IS NULL
"""


def outage_now(*, connection: Connection, now: datetime) -> ProviderOutage | None:
    """Return the outage because of which a source must not be read now; None where it may.

    After the time to wait the first who asks may try, and the others wait once more.
    """
    outage = _open(connection).filter(failures__gte=FAILURES_OF_AN_OUTAGE).first() if _is_failing(connection) else None
    if outage is None:
        return None
    tries = _open(connection).filter(pk=outage.pk, retry_at__lte=now)
    if tries.update(retry_at=now + wait_after(outage.failures)):
        return None
    outage.refresh_from_db()
    return outage


def outage_note(*, connection: Connection, message: str, retry_after: int | None, now: datetime) -> ProviderOutage:
    """Count a failure of a provider; from the third in a row on it is an outage."""
    with transaction.atomic():
        ProviderOutage.objects.bulk_create(
            [ProviderOutage(integration_id=connection.integration_id, began_at=now, retry_at=now, message="")],
            ignore_conflicts=True,
        )
        outage = _open(connection).select_for_update().get()
        outage.failures += 1
        outage.message = message[:500]
        outage.retry_at = max(outage.retry_at, now + wait_after(outage.failures, asked=retry_after))
        outage.save()
        if outage.failures == FAILURES_OF_AN_OUTAGE:
            event_record(
                action="provider.outage_began", obj=connection.integration, changes={"reason": [None, outage.message]}
            )
    return outage


def outage_over(*, connection: Connection, now: datetime) -> bool:
    """End a provider's outage, because it answered; the sources that waited for it are due again, each in its turn."""
    if not _is_failing(connection):
        return False
    with transaction.atomic():
        outage = _open(connection).select_for_update().first()
        if outage is None:
            return False
        if outage.failures < FAILURES_OF_AN_OUTAGE:
            outage.delete()
            return False
        outage.ended_at = now
        outage.save(update_fields=["ended_at"])
        _bring_forward(outage, now)
        event_record(
            action="provider.outage_ended", obj=connection.integration, changes={"failures": [outage.failures, 0]}
        )
    return True


def providers_out(now: datetime) -> Q:
    """Return the condition on connections whose provider must not be asked before a later moment."""
    resting = ProviderOutage.objects.filter(
        ended_at__isnull=True, failures__gte=FAILURES_OF_AN_OUTAGE, retry_at__gt=now
    )
    return Q(integration__in=resting.values("integration"))


def _open(connection: Connection) -> QuerySet[ProviderOutage]:
    return ProviderOutage.objects.filter(integration=connection.integration_id, ended_at__isnull=True)


def _is_failing(connection: Connection) -> bool:
    """Return whether the provider failed last time; asked twice by each sync, so by a prepared statement."""
    return bool(fetch_named(_FAILING, {"integration": connection.integration_id}))


def _bring_forward(outage: ProviderOutage, now: datetime) -> None:
    """Let the sources that were not read since the outage began have their turn soon, spread over some minutes."""
    chance = ExpressionWrapper(Random() * Value(_SPREAD, DurationField()), DurationField())
    Connection.objects.filter(
        Q(last_synced_at__isnull=True) | Q(last_synced_at__lt=outage.began_at),
        integration=outage.integration_id,
        next_sync_at__gt=now + _SPREAD,
    ).update(next_sync_at=ExpressionWrapper(Value(now) + chance, DateTimeField()))
