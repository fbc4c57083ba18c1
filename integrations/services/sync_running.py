"""Carrying out a sync: window by window, each stored, counted and passed in one transaction, so that a kill loses none.

Who works on a run holds it for some minutes and longer with every window. When the worker is killed, another takes
the run up where the last stored window ends. One that was only slow finds out that it was relieved, and stops.
"""

import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from carboncore.common.api.statements import change_record, fetch_records
from integrations.choices import SyncStatus
from integrations.errors import DataSourceDisconnected
from integrations.models import Connection, Integration, SyncReject, SyncRun
from integrations.providers.base import (
    Adapter,
    AnswerUnreadable,
    CredentialsRefused,
    ProviderProblem,
)
from integrations.providers.registry import adapter_of
from integrations.reading_records import ReadingRecord, RejectedRecord
from integrations.selectors.series import read_from
from integrations.services.oauth_tokens import credentials_for_call
from integrations.services.outages import outage_now, outage_over
from integrations.services.readings import readings_store
from integrations.services.sync_ending import sync_failed, sync_postponed, sync_succeeded

LEASE = timedelta(minutes=10)
MOST_ATTEMPTS = 5
_MOST_REJECTS = 10_000
_RENEWED_EVERY = 60.0  # seconds
_INTEGRATION = ("id", "name", "type", "adapter", "base_url")
_CLAIM = """
    SET status = 'running', attempt = t.attempt + 1, lease_until = %(lease_until)s::timestamptz,
        started_at = coalesce(t.started_at, %(now)s::timestamptz)
    WHERE (t.status = 'queued' OR (t.status = 'running' AND t.lease_until < %(now)s::timestamptz))
"""
# A run keeps its range once a window of it is stored, so that who takes it up reads the same.
_ADVANCE = """
    SET records_processed =
            t.records_processed + %(created)s::int + %(changed)s::int + %(unchanged)s::int + %(failed)s::int,
        records_created = t.records_created + %(created)s::int,
        records_changed = t.records_changed + %(changed)s::int,
        records_failed = t.records_failed + %(failed)s::int,
        range_start = %(range_start)s::timestamptz, range_end = %(range_end)s::timestamptz,
        read_until = coalesce(%(read_until)s::timestamptz, t.read_until), percent_done = %(percent_done)s::smallint,
        lease_until = %(lease_until)s::timestamptz
    WHERE t.status = 'running' AND t.attempt = %(attempt)s::smallint
"""
logger = structlog.get_logger(__name__)


class Relieved(Exception):
    """Another worker took this run up; whatever this one still does must not count."""


def sync_perform(*, run_id: int, now: datetime | None = None) -> SyncRun | None:
    """Carry out a sync, or go on with one whose worker was lost; None where there is nothing (more) to do.

    Whatever goes wrong at the provider is written on the run and on its source, for the owner.
    """
    moment = now or timezone.now()
    run = _claim(run_id, moment)
    if run is None:
        return None
    connection = _source(run.connection_id)
    if connection.disconnected_at is not None or not connection.integration.adapter:
        return sync_failed(run=run, connection=connection, problem=None, now=moment)
    outage = outage_now(connection=connection, now=moment)
    if outage is not None:
        return sync_postponed(run=run, connection=connection, outage=outage)
    if run.attempt > MOST_ATTEMPTS:
        lost = AnswerUnreadable(
            f"Reading this data source broke off {MOST_ATTEMPTS} times; its records may be at fault."
        )
        return sync_failed(run=run, connection=connection, problem=lost, now=moment)
    adapter = adapter_of(adapter=connection.integration.adapter, base_url=connection.integration.base_url)
    with suppress(Relieved):
        try:
            _read_all(run, connection, adapter, moment)
        except ProviderProblem as problem:
            return sync_failed(run=run, connection=connection, problem=problem, now=moment)
        except DataSourceDisconnected:
            return sync_failed(run=run, connection=connection, problem=None, now=moment)
        outage_over(connection=connection, now=moment)
        return sync_succeeded(run=run, connection=connection, now=moment)
    logger.warning("sync_relieved", run=run.pk, attempt=run.attempt)
    return None


def _claim(run_id: int, now: datetime) -> SyncRun | None:
    """Take a run for this worker, if nobody works on it."""
    run = SyncRun(pk=run_id)
    return run if change_record(run, _CLAIM, {"now": now, "lease_until": now + LEASE}) else None


def _source(connection_id: int) -> Connection:
    (connection,) = fetch_records(Connection, "WHERE t.id = %s::bigint", [connection_id])
    (connection.integration,) = fetch_records(
        Integration, "WHERE t.id = %s::bigint", [connection.integration_id], only=_INTEGRATION
    )
    return connection


def _read_all(run: SyncRun, connection: Connection, adapter: Adapter, now: datetime) -> None:
    if run.range_start is None or run.range_end is None:
        run.range_start = read_from(connection_id=connection.pk, limits=adapter.limits, now=now)
        run.range_end = now.replace(microsecond=0)
    begins, range_end = run.read_until or run.range_start, run.range_end
    while begins < range_end:
        ends = min(begins + adapter.limits.longest_range, range_end)
        records, problem = _window(run, connection, adapter, begins, ends)
        _keep(run, connection, records, None if problem else ends, now)
        if problem is not None:
            raise problem
        begins = ends


def _window(
    run: SyncRun, connection: Connection, adapter: Adapter, begins: datetime, ends: datetime
) -> tuple[list[ReadingRecord | RejectedRecord], ProviderProblem | None]:
    """Read one window, outside of any transaction; what came before a problem is good."""
    found: list[ReadingRecord | RejectedRecord] = []
    try:
        secrets = credentials_for_call(connection=connection)
        try:
            _take(run, found, adapter.read(secrets, connection.settings, begins, ends))
        except CredentialsRefused:
            if "access_token" not in secrets:
                raise
            # The token may have been withdrawn before its time; a new one decides.
            renewed = credentials_for_call(connection=connection, rejected=secrets["access_token"])
            found.clear()
            _take(run, found, adapter.read(renewed, connection.settings, begins, ends))
    except ProviderProblem as problem:
        return found, problem
    return found, None


def _take(
    run: SyncRun, found: list[ReadingRecord | RejectedRecord], records: Iterator[ReadingRecord | RejectedRecord]
) -> None:
    """Collect what a provider sends; a slow one must not look like a lost worker.

    Raises:
        Relieved: another worker took the run up.
    """
    renewed = time.monotonic()
    for record in records:
        found.append(record)
        if time.monotonic() - renewed > _RENEWED_EVERY:
            renewed = time.monotonic()
            if not _held(run).update(lease_until=timezone.now() + LEASE):
                raise Relieved


def _keep(
    run: SyncRun,
    connection: Connection,
    found: list[ReadingRecord | RejectedRecord],
    read_until: datetime | None,
    now: datetime,
) -> None:
    """Store a window's readings, count them and note how far the run is: all of it or nothing."""
    later = max(now, timezone.now())
    # An interval that is not over yet is no fault: it comes again, whole, with the next sync.
    records = [each for each in found if isinstance(each, ReadingRecord) and not each.starts_at <= later < each.ends_at]
    rejects = [each for each in found if isinstance(each, RejectedRecord)]
    with transaction.atomic():
        counts = readings_store(connection=connection, records=records, now=later)
        rejects += counts.rejects
        counted = {"created": counts.created, "changed": counts.changed, "failed": len(rejects)}
        times = {"range_start": run.range_start, "range_end": run.range_end, "read_until": read_until}
        held = {"attempt": run.attempt, "lease_until": later + LEASE, "percent_done": _percent(run, read_until)}
        room = _MOST_REJECTS - run.records_failed
        if not change_record(run, _ADVANCE, {**counted, **times, **held, "unchanged": counts.unchanged}):
            transaction.set_rollback(True)
            raise Relieved
        _keep_rejects(run, rejects[: max(room, 0)])


def _held(run: SyncRun) -> QuerySet[SyncRun]:
    """Return the run as long as this worker is the one that works on it."""
    return SyncRun.objects.filter(pk=run.pk, status=SyncStatus.RUNNING, attempt=run.attempt)


def _keep_rejects(run: SyncRun, rejects: list[RejectedRecord]) -> None:
    SyncReject.objects.bulk_create(
        [
            SyncReject(
                run=run,
                external_id=_text(each.external_id, 200),
                series=_text(each.series, 120),
                starts_at=_text(each.starts_at, 60),
                quantity=_text(each.quantity, 60),
                reason=_text(each.reason, 300),
            )
            for each in rejects
        ],
        batch_size=1000,
    )


def _text(given: str, most: int) -> str:
    return given.replace("\0", "�")[:most]


def _percent(run: SyncRun, read_until: datetime | None) -> int:
    if read_until is None or run.range_start is None or run.range_end is None or run.range_end <= run.range_start:
        return run.percent_done
    return int((read_until - run.range_start) / (run.range_end - run.range_start) * 100)
