"""Asking for syncs: the due ones in their turn, one for each source at a time, one when a person asks, lost ones again.

A run that waits or is being worked on is the only one of its source: the table refuses a second. How a run is carried
out stands in `sync_running`.
"""

import uuid
from datetime import datetime, timedelta

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from procrastinate.types import JSONDict

from accounts.models import User
from carboncore.audit.services import event_record
from integrations.choices import ConnectionProblem, ConnectionStatus, SyncStatus, SyncType
from integrations.errors import NothingToSync, SyncGoesOn, SyncTooSoon
from integrations.models import Connection, SyncRun
from integrations.providers.registry import adapter_of
from integrations.services.connections import connection_changeable_by
from integrations.services.outages import providers_out
from integrations.sync_times import next_turn
from registry.services.validation import constraint_of

SYNC_TASK = "integrations.sync"
SYNC_QUEUE = "syncs"
_ONE_AT_A_TIME = "integrations_syncrun_one_at_a_time"
_MOST_IN_A_ROUND = 2_000
_NOBODY_WAITS = -10  # a worker that takes jobs of every kind takes what a person waits for, or is mailed, first
# Of a run that waits so long the job was lost, as when the jobs' table was emptied.
_WAITS_TOO_LONG = timedelta(hours=1)
logger = structlog.get_logger(__name__)


def sync_request(*, actor: User, public_id: uuid.UUID) -> SyncRun:
    """Queue a sync of a source because a person asks for it; the run tells how far it is.

    Raises:
        DataSourceNotFound: there is none, or the person may not change it.
        NothingToSync: nothing of it can be read by this server, and why.
        SyncGoesOn: one is waiting or under way already.
        SyncTooSoon: the provider does not want to be asked again so soon.
    """
    connection = connection_changeable_by(user=actor, public_id=public_id)
    _refuse_unreadable(connection)
    pause = adapter_of(adapter=connection.integration.adapter).limits.pause
    if connection.last_synced_at and connection.last_synced_at + pause > timezone.now():
        raise SyncTooSoon(connection.last_synced_at + pause - timezone.now())
    try:
        with transaction.atomic():
            run = SyncRun.objects.create(connection=connection, sync_type=SyncType.MANUAL)
            event_record(action="connection.sync_asked", obj=connection, actor=actor)
            _queue([run], priority=0)
    except IntegrityError as error:
        if constraint_of(error) != _ONE_AT_A_TIME:
            raise
        raise SyncGoesOn from error
    return run


def sync_hint(*, connection: Connection) -> SyncRun | None:
    """Queue a sync because the provider says that there is something new; None where one is under way already."""
    try:
        with transaction.atomic():
            run = SyncRun.objects.create(connection=connection, sync_type=SyncType.WEBHOOK)
            _queue([run])
    except IntegrityError as error:
        if constraint_of(error) != _ONE_AT_A_TIME:
            raise
        return None
    return run


def syncs_due_start(*, now: datetime | None = None) -> list[SyncRun]:
    """Queue a sync for each source whose turn it is, and give each its next turn.

    Sources of a provider that is out of order are left until it is tried again. Two workers that do this at once
    share the sources out between them.
    """
    moment = now or timezone.now()
    with transaction.atomic():
        due = list(
            Connection.objects.select_for_update(skip_locked=True, of=("self",), no_key=True)
            .connected()
            .filter(next_sync_at__lte=moment, status__in=[ConnectionStatus.ACTIVE, ConnectionStatus.ERROR])
            .exclude(integration__adapter="")
            .exclude(providers_out(moment))
            .exclude(sync_runs__status__in=[SyncStatus.QUEUED, SyncStatus.RUNNING])
            .order_by("next_sync_at", "pk")[:_MOST_IN_A_ROUND]
        )
        for connection in due:
            connection.next_sync_at = next_turn(connection.public_id, connection.sync_frequency, moment)
        Connection.objects.bulk_update(due, ["next_sync_at"], batch_size=500)
        # Somebody may have asked for one of them meanwhile; that run reads the same.
        SyncRun.objects.bulk_create(
            [SyncRun(connection=connection, sync_type=SyncType.SCHEDULED) for connection in due],
            ignore_conflicts=True,
        )
        runs = list(SyncRun.objects.filter(connection__in=due, status=SyncStatus.QUEUED, sync_type=SyncType.SCHEDULED))
        _queue(runs)
    return runs


def syncs_lost_requeue(*, now: datetime | None = None) -> list[SyncRun]:
    """Queue again the runs that nobody works on any more: their worker was killed, or their job was lost.

    What a run stored stays stored and counted; it goes on from there.
    """
    moment = now or timezone.now()
    with transaction.atomic():
        lost = list(
            SyncRun.objects.select_for_update(skip_locked=True).filter(
                Q(status=SyncStatus.RUNNING, lease_until__lt=moment)
                | Q(status=SyncStatus.QUEUED, queued_at__lt=moment - _WAITS_TOO_LONG, lease_until__isnull=True)
                | Q(status=SyncStatus.QUEUED, lease_until__lt=moment)
            )
        )
        # Until then this job is waited for, so that each round does not queue another.
        SyncRun.objects.filter(pk__in=[run.pk for run in lost]).update(
            status=SyncStatus.QUEUED, lease_until=moment + _WAITS_TOO_LONG
        )
        _queue(lost)
    for run in lost:
        logger.warning("sync_taken_up_again", run=run.pk, attempt=run.attempt)
    return lost


def _refuse_unreadable(connection: Connection) -> None:
    if not connection.integration.adapter:
        raise NothingToSync("Data of this source is uploaded, entered or sent; there is nothing to fetch.")
    if connection.status in (ConnectionStatus.PENDING, ConnectionStatus.DISABLED):
        raise NothingToSync("This data source is not active; finish connecting it, or switch it on again, first.")
    if connection.problem in (
        ConnectionProblem.CREDENTIALS_REFUSED,
        ConnectionProblem.CREDENTIALS_UNREADABLE,
        ConnectionProblem.REAUTHORISATION_NEEDED,
    ):
        raise NothingToSync(connection.error_message or "The provider refuses this data source; connect it again.")


def _queue(runs: list[SyncRun], priority: int = _NOBODY_WAITS) -> None:
    from procrastinate.contrib.django import app

    if runs:
        jobs: list[JSONDict] = [{"run_id": run.pk} for run in runs]
        app.configure_task(SYNC_TASK, queue=SYNC_QUEUE, priority=priority).batch_defer(*jobs)
