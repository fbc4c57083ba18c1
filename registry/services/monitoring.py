"""Monitoring periods: stated by one person, verified or rejected by another."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from simple_history.utils import update_change_reason

from accounts.models import User
from carboncore.audit.services import changes_since, event_record, state_of
from carboncore.common.errors import InvalidInput
from carboncore.common.quantities import MAX_QUANTITY_KG, tonnes_from_kg
from registry.choices import MonitoringStatus
from registry.errors import MonitoringNotAllowed, MonitoringNotPossible, MonitoringPeriodNotFound, ProjectNotFound
from registry.models import MonitoringPeriod, Project, StandardValidator, ValidatorAccreditation
from registry.reach import require_reach
from registry.services.validation import constraint_of, text_fault

# History keeps a reason of this length beside each change.
MAX_REASON = 100
_NO_OVERLAP = "registry_monitoringperiod_no_overlap"


def monitoring_period_create(
    *, actor: User, project: Project, starts_on: date, ends_on: date, claimed_kg: int
) -> MonitoringPeriod:
    """State a period (first to last day, both included) and the quantity claimed for it, in kg CO2e.

    Raises:
        MonitoringNotAllowed: the actor may not add monitoring periods.
        ProjectNotFound: the project is out of the actor's reach.
        InvalidInput: the days are in the wrong order, lie in the future or are covered by another period of this
            project; or the quantity is not positive.
    """
    _require(actor, "registry.add_monitoringperiod", "state a monitoring period")
    require_reach(project.pk, actor)
    errors: dict[str, list[str]] = {}
    if ends_on < starts_on:
        errors["ends_on"] = ["The period ends before it begins."]
    elif ends_on > timezone.localdate():
        errors["ends_on"] = ["The period is not over yet; state it when its last day has passed."]
    if not 0 < claimed_kg <= MAX_QUANTITY_KG:
        errors["claimed"] = ["The quantity must be more than 0, and no more than a thousand million tonnes."]
    if errors:
        raise InvalidInput(errors)
    try:
        with transaction.atomic():
            period: MonitoringPeriod = MonitoringPeriod.objects.create(
                project=project, starts_on=starts_on, ends_on=ends_on, claimed_kg=claimed_kg
            )
            _record("monitoring_period.created", period, actor, {})
    except IntegrityError as error:
        if constraint_of(error) != _NO_OVERLAP:
            raise
        raise InvalidInput({"starts_on": [_overlap_reason(project, starts_on, ends_on)]}) from error
    return period


def monitoring_period_submit(*, actor: User, pk: int) -> MonitoringPeriod:
    """Hand a drafted period in for verification.

    Raises:
        MonitoringPeriodNotFound: there is none.
        MonitoringNotAllowed: the actor may not change monitoring periods.
        MonitoringNotPossible: it is no draft.
    """
    _require(actor, "registry.change_monitoringperiod", "submit a monitoring period")
    with transaction.atomic():
        period = _locked(pk, MonitoringStatus.DRAFT, actor)
        before = state_of(period)
        period.status, period.submitted_by = MonitoringStatus.SUBMITTED, actor
        period.save()
        _record("monitoring_period.submitted", period, actor, before)
    return period


def monitoring_period_verify(
    *, actor: User, pk: int, verified_kg: int, validator: StandardValidator, verified_on: date
) -> MonitoringPeriod:
    """Record that a verification body confirmed `verified_kg` (kg CO2e) of the period on a day.

    Raises:
        MonitoringPeriodNotFound: there is none.
        MonitoringNotAllowed: the actor may not verify, or submitted the period.
        MonitoringNotPossible: it was not submitted, or was decided before.
        InvalidInput: the quantity is not positive or more than was claimed, the day is before the period's last or
            in the future, or the body was not accredited on that day for any standard of the project.
    """
    _require(actor, "registry.verify_monitoringperiod", "verify a monitoring period")
    with transaction.atomic():
        period = _locked(pk, MonitoringStatus.SUBMITTED, actor)
        _require_second_person(period, actor)
        errors = _verification_errors(period, verified_kg, validator, verified_on)
        if errors:
            raise InvalidInput(errors)
        before = state_of(period)
        period.status, period.verified_by = MonitoringStatus.VERIFIED, actor
        period.verified_kg, period.validator, period.verified_on = verified_kg, validator, verified_on
        period.save()
        _record("monitoring_period.verified", period, actor, before)
    return period


def monitoring_period_reject(*, actor: User, pk: int, reason: str) -> MonitoringPeriod:
    """Refuse a submitted period; its days are free again for another. The reason is kept in its history.

    Raises:
        MonitoringPeriodNotFound: there is none.
        MonitoringNotAllowed: the actor may not verify, or submitted the period.
        MonitoringNotPossible: it was not submitted, or was decided before.
        InvalidInput: no reason was given, or one that is too long.
    """
    _require(actor, "registry.verify_monitoringperiod", "reject a monitoring period")
    reason = reason.strip()
    if not reason or len(reason) > MAX_REASON or text_fault(reason):
        raise InvalidInput({"reason": [f"Say why, in up to {MAX_REASON} characters."]})
    with transaction.atomic():
        period = _locked(pk, MonitoringStatus.SUBMITTED, actor)
        _require_second_person(period, actor)
        before = state_of(period)
        period.status = MonitoringStatus.REJECTED
        period.save()
        update_change_reason(period, reason)
        _record("monitoring_period.rejected", period, actor, before, reason)
    return period


def _record(action: str, period: MonitoringPeriod, actor: User, before: Mapping[str, Any], note: str = "") -> None:
    event_record(action=action, obj=period, actor=actor, changes=changes_since(before, period), note=note)


def _verification_errors(
    period: MonitoringPeriod, verified_kg: int, validator: StandardValidator, verified_on: date
) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    if not 0 < verified_kg <= period.claimed_kg:
        errors["verified"] = [f"Give a quantity above 0 and up to the {tonnes_from_kg(period.claimed_kg):,} t claimed."]
    if not period.ends_on <= verified_on <= timezone.localdate():
        errors["verified_on"] = [f"Give a day from {period.ends_on}, the period's last, to today."]
    if not validator.is_active:
        errors["validator"] = ["This verification body is no longer active."]
    elif not _accredited(period, validator, verified_on):
        errors["validator"] = [
            (
                f"{validator} was not accredited on {verified_on} for any standard of this project."
                " Correct the day, or the body's accreditations."
            )
        ]
    return errors


def _accredited(period: MonitoringPeriod, validator: StandardValidator, day: date) -> bool:
    return (
        ValidatorAccreditation.objects.filter(
            validator=validator, standard__certifications__project_id=period.project_id
        )
        .filter(Q(valid_from__isnull=True) | Q(valid_from__lte=day))
        .filter(Q(valid_to__isnull=True) | Q(valid_to__gte=day))
        .exists()
    )


def _overlap_reason(project: Project, starts_on: date, ends_on: date) -> str:
    other = (
        MonitoringPeriod.objects.filter(project=project, starts_on__lte=ends_on, ends_on__gte=starts_on)
        .exclude(status=MonitoringStatus.REJECTED)
        .first()
    )
    days = f" ({other})" if other is not None else ""
    return f"Another monitoring period of this project{days} covers some of these days. Choose days outside it."


def _locked(pk: int, wanted: MonitoringStatus, actor: User) -> MonitoringPeriod:
    period = MonitoringPeriod.objects.select_for_update(of=("self",), no_key=True).filter(pk=pk).first()
    if period is None:
        raise MonitoringPeriodNotFound
    try:
        require_reach(period.project_id, actor)
    except ProjectNotFound:
        raise MonitoringPeriodNotFound from None
    if period.status != wanted:
        raise MonitoringNotPossible(
            f"This monitoring period is {period.get_status_display().lower()}; only one that is"
            f" {wanted.label.lower()} can take this step."
        )
    return period


def _require(actor: User, permission: str, action: str) -> None:
    if not actor.has_perm(permission):
        raise MonitoringNotAllowed(f"Your role may not {action}. Ask somebody who may.")


def _require_second_person(period: MonitoringPeriod, actor: User) -> None:
    if period.submitted_by_id == actor.pk:
        raise MonitoringNotAllowed("Whoever submitted a monitoring period cannot also decide it; a second person must.")
