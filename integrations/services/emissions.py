"""Calculating a data source's emissions: the same readings and factors come to the same rows, and nothing is lost."""

from collections.abc import Iterable, Sequence
from typing import Any

import structlog
from django.db import transaction
from django.db.models import F, OuterRef, Q, Subquery
from django.utils import timezone

from accounts.models import User
from carboncore.audit.services import event_record
from carboncore.common.errors import RegistryError
from integrations.emission_choices import Line, RunStatus
from integrations.emissions.arithmetic import ENGINE_VERSION
from integrations.emissions.lines import Calculation, lines_of, pin_of
from integrations.emissions.records import EmissionLine, ReadingTotal, Unmatched
from integrations.emissions.settings import calculation_settings
from integrations.errors import CalculationRefused
from integrations.locks import emissions_lock
from integrations.models import (
    ActivityMapping,
    Connection,
    Emission,
    EmissionRun,
    FactorSet,
    SyncRun,
    UnmatchedActivity,
)
from integrations.selectors.factors import factor_book
from integrations.selectors.reading_totals import reading_totals
from integrations.services.emission_rows import emission_rows_write

CALCULATION_TASK = "integrations.emissions_calculate"
_OWN_ERROR = "The program stopped on an error of its own; nothing was changed. Ask for the calculation again later."
logger = structlog.get_logger(__name__)

_IDENTITY = (
    *("reading_type", "series", "name", "activity", "read_unit", "quality", "month", "line", "method", "basis"),
)
_CONTENT = (
    *("site", "scope", "category", "factor_id", "quantity", "unit", "kg_co2e", "low", "high", "starts_at", "ends_at"),
    *("reading_count", "reading_ids", "inputs", "engine_version"),
)


def calculation_request(
    *, connection: Connection, actor: User | None = None, renew: bool = False, factor_set: FactorSet | None = None
) -> EmissionRun:
    """Queue a calculation of a connection's emissions; its run tells how far it is.

    Results keep the factors that they have unless `renew` asks for today's, or `factor_set` names those to use. One
    that waits already and asks for the same is returned instead of another.
    """
    from procrastinate.contrib.django import app

    with transaction.atomic():
        emissions_lock(connection_id=connection.pk)
        waiting = EmissionRun.objects.filter(
            connection=connection, status=RunStatus.QUEUED, renew=renew, factor_set=factor_set
        ).first()
        if waiting is not None:
            return waiting
        run = EmissionRun.objects.create(
            connection=connection, asked_by=actor, renew=renew or factor_set is not None, factor_set=factor_set
        )
        if actor is not None:
            event_record(
                action="emissions.calculation_asked",
                obj=connection,
                actor=actor,
                changes={"renew": [None, run.renew], "factor_set": [None, str(factor_set or "")]},
            )
        app.configure_task(CALCULATION_TASK, queue="emissions").defer(run_id=run.pk)
    return run


def calculations_due_request() -> list[EmissionRun]:
    """Queue a calculation for each connection that a sync brought readings to since its last calculation began."""
    last_run = EmissionRun.objects.filter(connection=OuterRef("connection")).order_by("-queued_at", "-pk")
    due = (
        SyncRun.objects.filter(finished_at__isnull=False)
        .filter(Q(records_created__gt=0) | Q(records_changed__gt=0))
        .annotate(calculated_at=Subquery(last_run.values("queued_at")[:1]))
        .filter(Q(calculated_at__isnull=True) | Q(finished_at__gt=F("calculated_at")))
        .values("connection")
    )
    return [calculation_request(connection=each) for each in Connection.objects.filter(pk__in=due).order_by("pk")]


def calculation_perform(*, run: EmissionRun) -> EmissionRun:
    """Calculate what a run asks for, in one transaction; a refusal is written on the run for its owner.

    A run that was done already is left as it is, so that a job may come twice.

    Raises:
        CalculationRefused: the connection's settings or readings cannot be calculated with, and why.
    """
    if run.status in (RunStatus.DONE, RunStatus.FAILED):
        return run
    run.status, run.started_at = RunStatus.RUNNING, timezone.now()
    run.save(update_fields=["status", "started_at"])
    try:
        with transaction.atomic():
            emissions_lock(connection_id=run.connection_id)
            _calculate(run)
            run.status, run.finished_at = RunStatus.DONE, timezone.now()
            run.save()
            event_record(
                action="emissions.calculated",
                obj=run.connection,
                changes={
                    "new": [None, run.results_new],
                    "superseded": [None, run.results_superseded],
                    "unmatched": [None, run.unmatched],
                },
            )
    except RegistryError as error:
        reasons = "; ".join(f"{name}: {' '.join(why)}" for name, why in getattr(error, "errors", {}).items())
        run.status, run.finished_at = RunStatus.FAILED, timezone.now()
        run.error_message = (reasons or error.message)[:500]
        run.save()
        raise CalculationRefused({"settings": [run.error_message]}, message=run.error_message) from error
    except Exception:
        run.status, run.finished_at, run.error_message = RunStatus.FAILED, timezone.now(), _OWN_ERROR
        run.save(update_fields=["status", "finished_at", "error_message"])
        raise
    logger.info("emissions_calculated", run=run.pk, new=run.results_new, kept=run.results_kept)
    return run


def emissions_calculate(*, connection: Connection, renew: bool = False) -> EmissionRun:
    """Calculate a connection's emissions now; the run says what came of it.

    Raises:
        CalculationRefused: as `calculation_perform`.
    """
    run = EmissionRun.objects.create(connection=connection, renew=renew)
    return calculation_perform(run=run)


def _calculate(run: EmissionRun) -> None:
    connection = Connection.objects.select_related("integration").get(pk=run.connection_id)
    settings = calculation_settings(country=connection.country_code, settings=connection.settings)
    totals = reading_totals(connection_id=connection.pk, settings=settings)
    current = {
        tuple(getattr(row, name) for name in _IDENTITY): row
        for row in Emission.objects.filter(connection=connection, superseded_at__isnull=True)
    }
    calculation = Calculation(
        book=factor_book(only_set=run.factor_set_id),
        settings=settings,
        provider=connection.integration.adapter or connection.integration.slug,
        mappings={(row.reading_type, row.text): row.activity for row in ActivityMapping.objects.all()},
        pins={} if run.renew else _pins(current.values()),
    )
    lines: list[EmissionLine] = []
    unmatched: list[Unmatched] = []
    for total in totals:
        found = lines_of(total, calculation)
        if isinstance(found, Unmatched):
            unmatched.append(found)
        else:
            lines += found
    _keep(run, connection, current, {line.identity: line for line in lines})
    _keep_unmatched(run, connection, unmatched)


def _pins(rows: Iterable[Emission]) -> dict[tuple[Any, ...], int]:
    return {
        pin_of(
            reading_type=row.reading_type,
            series=row.series,
            name=row.name,
            activity=row.activity,
            unit=row.read_unit,
            month=row.month,
            line=Line.LOCATION if row.line == Line.MARKET else row.line,
        ): row.factor_id
        for row in rows
        if row.factor_id is not None
    }


def _keep(
    run: EmissionRun,
    connection: Connection,
    current: dict[tuple[Any, ...], Emission],
    lines: dict[tuple[Any, ...], EmissionLine],
) -> None:
    """Leave rows that are right, and put new ones in the place of others."""
    fresh: list[Emission] = []
    kept: list[Emission] = []
    renewed: dict[tuple[Any, ...], Emission] = {}
    for identity, line in lines.items():
        row = _row(run, connection, identity, line)
        known = current.get(identity)
        if known is not None and _same(known, row):
            kept.append(known)
            continue
        fresh.append(row)
        if known is not None:
            renewed[identity] = row
    old = [row for identity, row in current.items() if identity in renewed or identity not in lines]
    doubted = [row.pk for row in kept if row.out_of_date_at is not None]
    Emission.objects.filter(pk__in=doubted).update(out_of_date_at=None)
    Emission.objects.filter(pk__in=[row.pk for row in old]).update(superseded_at=timezone.now())
    emission_rows_write(rows=fresh, successors={current[key].pk: row.public_id for key, row in renewed.items()})
    run.results_new, run.results_kept, run.results_superseded = len(fresh), len(kept), len(old)


def _same(known: Emission, row: Emission) -> bool:
    return all(getattr(known, name) == getattr(row, name) for name in _CONTENT)


def _row(run: EmissionRun, connection: Connection, identity: tuple[Any, ...], line: EmissionLine) -> Emission:
    return Emission(
        connection=connection,
        run=run,
        **dict(zip(_IDENTITY, identity, strict=True)),
        site=connection.site,
        scope=line.scope,
        category=line.category,
        factor_id=line.factor_id,
        quantity=line.quantity,
        unit=line.unit,
        kg_co2e=line.kg_co2e,
        low=line.low,
        high=line.high,
        starts_at=line.total.starts_at,
        ends_at=line.total.ends_at,
        reading_count=line.reading_count,
        reading_ids=line.reading_ids,
        inputs=line.inputs,
        engine_version=ENGINE_VERSION,
    )


def _keep_unmatched(run: EmissionRun, connection: Connection, found: Sequence[Unmatched]) -> None:
    rows: dict[tuple[str, str, str, str], UnmatchedActivity] = {}
    for item in found:
        total: ReadingTotal = item.total
        key = (total.reading_type, item.text, total.unit, str(item.reason))
        row = rows.get(key)
        if row is None:
            rows[key] = UnmatchedActivity(
                connection=connection,
                reading_type=total.reading_type,
                text=item.text,
                unit=total.unit,
                reason=item.reason,
                message=item.message,
                reading_count=total.count,
                quantity=total.quantity,
                first_month=total.month,
                last_month=total.month,
            )
            continue
        row.reading_count += total.count
        row.quantity += total.quantity
        row.first_month, row.last_month = min(row.first_month, total.month), max(row.last_month, total.month)
    UnmatchedActivity.objects.filter(connection=connection).delete()
    UnmatchedActivity.objects.bulk_create(rows.values())
    run.unmatched = len(rows)
