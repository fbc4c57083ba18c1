"""How a sync ends: on its run for the log, on its source for the owner, and by mail where only the owner can help.

A provider that is down, or asks to wait, spends nothing of a source's budget of failures: that is the provider's
trouble and shown as such. Anything else does, and a source whose budget is spent is paused.
"""

import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.choices import MembershipRole
from accounts.models import Membership
from carboncore.audit.choices import Outcome
from carboncore.audit.services import event_record
from carboncore.common.api.statements import change_record, fetch_named
from carboncore.mail.services import mail_send
from integrations.choices import ConnectionProblem, ConnectionStatus, SyncStatus, SyncType
from integrations.models import Connection, ProviderOutage, SyncRun
from integrations.providers.base import ProviderProblem, ProviderUnavailable
from integrations.selectors.connections import FAILURES_OF_AN_OUTAGE
from integrations.services.outages import outage_note
from integrations.sync_times import next_turn, wait_after

FAILURES_UNTIL_PAUSE = 8
_SPREAD_SECONDS = 120
# What most syncs end with. None of these columns is in the history, so nothing is saved that it would have to tell.
_STAYS_WELL = """
    UPDATE integrations_connection
    SET last_synced_at = %(now)s::timestamptz, error_count = 0, problem = '', error_message = ''
    WHERE id = %(connection)s::bigint AND disconnected_at IS NULL AND status <> 'error'
    RETURNING id
"""
_CLOSE = """
    SET status = %(status)s, finished_at = %(now)s::timestamptz, lease_until = NULL,
        percent_done = coalesce(%(percent_done)s::smallint, t.percent_done), problem = %(problem)s,
        error_message = %(error_message)s
    WHERE t.status = 'running' AND t.attempt = %(attempt)s::smallint
"""
# What trying again does not help.
_OWNERS = (
    ConnectionProblem.CREDENTIALS_REFUSED,
    ConnectionProblem.CREDENTIALS_UNREADABLE,
    ConnectionProblem.REAUTHORISATION_NEEDED,
)


def sync_succeeded(*, run: SyncRun, connection: Connection, now: datetime) -> SyncRun:
    """Close a run that read all it wanted; the source is well again."""
    with transaction.atomic():
        status = SyncStatus.PARTIAL if run.records_failed else SyncStatus.SUCCESS
        if not _close(run, status, percent_done=100):
            return run
        if not fetch_named(_STAYS_WELL, {"connection": connection.pk, "now": now}):
            _make_well(connection, now)
        _record(run, connection)
    return run


def _make_well(connection: Connection, now: datetime) -> None:
    """Say of a source that had failed that it is read again, unless it was disconnected meanwhile."""
    row = Connection.objects.select_for_update(no_key=True).get(pk=connection.pk)
    if row.disconnected_at is None:
        row.last_synced_at, row.error_count = now, 0
        row.problem, row.error_message = ConnectionProblem.NONE, ""
        if row.status == ConnectionStatus.ERROR:
            row.status = ConnectionStatus.ACTIVE
            row.next_sync_at = next_turn(row.public_id, row.sync_frequency, now)
        row.save()


def sync_failed(*, run: SyncRun, connection: Connection, problem: ProviderProblem | None, now: datetime) -> SyncRun:
    """Close a run that could not go on; `problem` is None where the source was disconnected meanwhile."""
    if problem is None:
        with transaction.atomic():
            _close(run, SyncStatus.ERROR, error_message="The data source was disconnected.")
        return run
    outage: ProviderOutage | None = None
    with transaction.atomic():
        if not _close(run, SyncStatus.ERROR, problem=problem.problem, error_message=problem.message[:500]):
            return run
        if isinstance(problem, ProviderUnavailable):
            asked = problem.retry_after
            outage = outage_note(connection=connection, message=problem.message, retry_after=asked, now=now)
        row = Connection.objects.select_for_update(no_key=True).get(pk=connection.pk)
        if row.status in (ConnectionStatus.ACTIVE, ConnectionStatus.ERROR):
            # As the source stood when the sync began: what renewing a token said of it meanwhile is not told yet.
            is_told = connection.status == ConnectionStatus.ERROR and connection.next_sync_at is None
            _mark(row, problem, outage, now)
            if row.next_sync_at is None and not is_told:
                _stop(row, problem)
        _record(run, connection, outcome=Outcome.FAILED)
    return run


def sync_postponed(*, run: SyncRun, connection: Connection, outage: ProviderOutage) -> SyncRun | None:
    """Put off a run because its provider is out of order; one that a person asked for says so, others leave no log."""
    later = outage.retry_at + timedelta(seconds=secrets.randbelow(_SPREAD_SECONDS))
    with transaction.atomic():
        Connection.objects.filter(pk=connection.pk, disconnected_at__isnull=True, next_sync_at__isnull=False).update(
            next_sync_at=later
        )
        if run.sync_type != SyncType.MANUAL and run.read_until is None:
            SyncRun.objects.filter(pk=run.pk, attempt=run.attempt).delete()
            return None
        since = f"{outage.began_at:%d %B %Y %H:%M} UTC"
        message = f"The provider is out of order since {since}; it is tried again by itself. {outage.message}"
        _close(run, SyncStatus.ERROR, problem=ConnectionProblem.PROVIDER_UNAVAILABLE, error_message=message[:500])
    return run


def _mark(row: Connection, problem: ProviderProblem, outage: ProviderOutage | None, now: datetime) -> None:
    """Say on the source what is wrong with it, and when it is tried again, if that helps."""
    row.problem, row.error_message = problem.problem, problem.message[:500]
    row.status = ConnectionStatus.ERROR
    if outage is not None:
        asked = getattr(problem, "retry_after", None)
        row.next_sync_at = now + wait_after(min(outage.failures, FAILURES_OF_AN_OUTAGE), asked=asked)
        row.save()
        return
    row.error_count += 1
    if problem.problem in _OWNERS:
        row.next_sync_at = None
    elif row.error_count >= FAILURES_UNTIL_PAUSE:
        row.next_sync_at, row.problem = None, ConnectionProblem.ERROR_BUDGET_SPENT
    else:
        row.next_sync_at = now + wait_after(row.error_count)
    row.save()


def _stop(row: Connection, problem: ProviderProblem) -> None:
    """Put on record that a source is not read any more, and tell its owner."""
    event_record(
        action="connection.paused",
        obj=row,
        changes={"problem": ["", row.problem], "reason": [None, problem.message[:200]]},
    )
    _tell_owner(row)


def _tell_owner(row: Connection) -> None:
    values = {
        "name": row.display_name,
        "provider": row.integration.name,
        "reason": row.error_message,
        "is_spent": row.problem == ConnectionProblem.ERROR_BUDGET_SPENT,
        "failures": row.error_count,
        "link_label": "Put it right",
        "link": f"{settings.PUBLIC_URL}/account/data-sources/{row.public_id}",
    }
    for address in _addresses(row):
        mail_send(to=address, template="integrations/mails/source_paused", context=values)


def _addresses(row: Connection) -> list[str]:
    """Return whose data source it is: the person, or the owners of the organisation."""
    if row.owner is not None:
        return [row.owner.email] if row.owner.is_active and row.owner.email else []
    owners = Membership.objects.filter(
        organisation=row.organisation_id, role=MembershipRole.OWNER, user__is_active=True
    )
    return list(owners.order_by("pk").values_list("user__email", flat=True)[:10])


def _close(
    run: SyncRun, status: str, *, percent_done: int | None = None, problem: str = "", error_message: str = ""
) -> bool:
    """End a run, unless another worker took it up; that one ends it."""
    said = {"percent_done": percent_done, "problem": problem, "error_message": error_message}
    closed = change_record(run, _CLOSE, {**said, "status": status, "attempt": run.attempt, "now": timezone.now()})
    if not closed:
        run.refresh_from_db()
    return closed


def _record(run: SyncRun, connection: Connection, outcome: str = Outcome.DONE) -> None:
    event_record(
        action="connection.synchronised",
        obj=connection,
        outcome=outcome,
        changes={
            "status": [None, run.status],
            "created": [None, run.records_created],
            "changed": [None, run.records_changed],
            "rejected": [None, run.records_failed],
        },
    )
