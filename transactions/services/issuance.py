"""Issuing credits: a request by one person, an approval by another, and then the batch with its serials."""

from datetime import timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone

from accounts.models import User
from carboncore.common.errors import InvalidInput, NotFound
from registry.choices import MonitoringStatus, ProjectStatus
from registry.models import MonitoringPeriod, Project, Standard, ValidatorAccreditation
from transactions.choices import BlockState, IssuanceState
from transactions.errors import IssuanceNotPossible, SecondPersonNeeded
from transactions.models import CreditBatch, IssuanceRequest
from transactions.serials import serial_root
from transactions.services.holding_accounts import buffer_pool_account, proceeds_account
from transactions.services.posting import posting

# Above the project's own rate of absorption by more than this, a request must say why.
PLAUSIBLE_FACTOR = Decimal("1.1")


def issuance_request_create(
    *,
    actor: User,
    project: Project,
    vintage: int,
    quantity_kg: int,
    period: MonitoringPeriod | None = None,
    standard: Standard | None = None,
    labels: tuple[str, ...] = (),
    justification: str = "",
) -> IssuanceRequest:
    """Ask for `quantity_kg` credits (kg CO2e) of one vintage to be issued.

    Raises:
        InvalidInput: the vintage does not fit the period, or the quantity is more than was verified, or more
            than plausible without a justification.
        IssuanceNotPossible: the period has another request already.
    """
    with transaction.atomic():
        request = IssuanceRequest(
            project=project,
            monitoring_period=period,
            standard=standard,
            vintage=vintage,
            quantity_kg=quantity_kg,
            labels=list(labels),
            justification=justification.strip(),
            requested_by=actor,
        )
        _check_request(request)
        request.save()
    return request


def issuance_request_approve(
    *, actor: User, pk: int, period: MonitoringPeriod | None = None, note: str = ""
) -> CreditBatch:
    """Approve a request: in one transaction make the batch, its serials, its first blocks and its ledger entry.

    The project's buffer share (rounded up to a whole kilogram) goes to the buffer pool, the rest to the
    project's proceeds account. `period` may supply the monitoring period when the request names none.

    Raises:
        NotFound: there is no such request.
        SecondPersonNeeded: the actor made the request.
        IssuanceNotPossible: it was decided before, or its project or period is not ready.
        InvalidInput: as for the request, checked anew.
    """
    with transaction.atomic():
        request = _locked(pk)
        _check_decidable(request, actor)
        if request.monitoring_period is None:
            request.monitoring_period = period
        _check_request(request)
        _check_ready(request)
        batch = _issue(actor, request)
        request.state = IssuanceState.APPROVED
        request.batch = batch
        _decide(request, actor, note)
    return batch


def issuance_request_reject(*, actor: User, pk: int, note: str) -> IssuanceRequest:
    """Refuse a request, saying why.

    Raises:
        NotFound: there is no such request.
        SecondPersonNeeded: the actor made the request.
        IssuanceNotPossible: it was decided before.
        InvalidInput: no reason was given.
    """
    if not note.strip():
        raise InvalidInput({"note": ["Say why the request is refused."]})
    with transaction.atomic():
        request = _locked(pk)
        _check_decidable(request, actor)
        request.state = IssuanceState.REJECTED
        _decide(request, actor, note)
    return request


def plausible_kg(project: Project, period: MonitoringPeriod) -> int | None:
    """Return the most that the project's stated absorption explains for the period, in kg; None when unstated."""
    if project.co2_absorption is None:
        return None
    days = (period.ends_on - period.starts_on + timedelta(days=1)).days
    return int(project.co2_absorption * days / 365 * PLAUSIBLE_FACTOR)


def _issue(actor: User, request: IssuanceRequest) -> CreditBatch:
    project = Project.objects.select_for_update(of=("self",)).select_related("project_type").get(pk=request.project_id)
    proceeds, buffer_pool = proceeds_account(project=project), buffer_pool_account()
    last = CreditBatch.objects.filter(project=project, vintage=request.vintage).aggregate(last=Max("number"))["last"]
    number = (last or 0) + 1
    buffer_kg = -int(-request.quantity_kg * project.buffer_percentage // 100)
    shares = [
        (proceeds, BlockState.ACTIVE, request.quantity_kg - buffer_kg),
        (buffer_pool, BlockState.BUFFER, buffer_kg),
    ]
    with posting(actor=actor, account_ids=[proceeds.pk, buffer_pool.pk]) as movement:
        batch = CreditBatch.objects.create(
            project=project,
            vintage=request.vintage,
            number=number,
            serial_root=serial_root(
                country=project.country_id,
                type_code=project.project_type.code,
                project_id=project.pk,
                vintage=request.vintage,
                number=number,
            ),
            quantity_kg=request.quantity_kg,
            standard=request.standard,
            labels=request.labels,
            issued_at=movement.at,
        )
        movement.issue(batch=batch, shares=[share for share in shares if share[2] > 0])
    return batch


def _check_request(request: IssuanceRequest) -> None:
    period = request.monitoring_period
    errors: dict[str, list[str]] = {}
    if request.quantity_kg <= 0:
        errors["quantity"] = ["The quantity must be more than 0."]
    if period is not None:
        if period.project_id != request.project_id:
            errors["monitoring_period"] = ["This monitoring period belongs to another project."]
        if not period.starts_on.year <= request.vintage <= period.ends_on.year:
            errors["vintage"] = [f"The vintage must lie in the period {period.starts_on} to {period.ends_on}."]
        issued = _requested_of_period(request)
        if period.verified_kg is not None and issued + request.quantity_kg > period.verified_kg:
            errors["quantity"] = [
                f"Only {(period.verified_kg - issued) / Decimal(1000):,.3f} t of the verified quantity are left."
            ]
        limit = plausible_kg(request.project, period)
        if limit is not None and request.quantity_kg > limit and not request.justification:
            errors["justification"] = [
                (
                    f"The project's stated absorption explains at most {limit / Decimal(1000):,.3f} t for this period."
                    " Say why more is right."
                )
            ]
    if errors:
        raise InvalidInput(errors)


def _requested_of_period(request: IssuanceRequest) -> int:
    others = IssuanceRequest.objects.filter(monitoring_period=request.monitoring_period).exclude(
        Q(pk=request.pk) | Q(state=IssuanceState.REJECTED)
    )
    return sum(others.values_list("quantity_kg", flat=True))


def _check_ready(request: IssuanceRequest) -> None:
    project, period = request.project, request.monitoring_period
    if project.status != ProjectStatus.REGISTERED:
        raise IssuanceNotPossible("Credits are issued only to a registered project.")
    if period is None or period.status != MonitoringStatus.VERIFIED:
        raise IssuanceNotPossible("Credits are issued only for a verified monitoring period. Verify one first.")
    if request.standard_id is None:
        raise IssuanceNotPossible("Name the standard that the credits are issued under.")
    if not accredited(period, request.standard_id):
        raise IssuanceNotPossible(
            "The verification body was not accredited for this standard on the day of the verification."
        )


def accredited(period: MonitoringPeriod, standard_id: int) -> bool:
    """Return whether the period's verification body was accredited for the standard when it verified."""
    return (
        ValidatorAccreditation.objects.filter(validator_id=period.validator_id, standard_id=standard_id)
        .filter(Q(valid_from__isnull=True) | Q(valid_from__lte=period.verified_on))
        .filter(Q(valid_to__isnull=True) | Q(valid_to__gte=period.verified_on))
        .exists()
    )


def _locked(pk: int) -> IssuanceRequest:
    request = IssuanceRequest.objects.select_for_update(of=("self",)).filter(pk=pk).first()
    if request is None:
        raise NotFound("Issuance request not found.")
    return request


def _check_decidable(request: IssuanceRequest, actor: User) -> None:
    if request.state != IssuanceState.PENDING:
        raise IssuanceNotPossible(f"This request is already {request.get_state_display().lower()}.")
    if request.requested_by_id == actor.pk:
        raise SecondPersonNeeded("Whoever asked for an issuance cannot also decide it; a second person must.")


def _decide(request: IssuanceRequest, actor: User, note: str) -> None:
    request.decided_by, request.decided_at, request.decision_note = actor, timezone.now(), note.strip()
    request.save()
