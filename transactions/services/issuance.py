"""Issuing credits: a request by one person, an approval by another, and then the batch with its serials."""

from decimal import ROUND_CEILING

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from accounts.models import User
from accounts.rights import require_permission
from carboncore.audit.services import changes_since, event_record, state_of
from carboncore.common.errors import InvalidInput, NotFound
from registry.models import MonitoringPeriod, Project, Standard
from registry.reach import require_reach
from registry.services.validation import constraint_of, text_fault
from transactions.choices import BlockState, RequestState
from transactions.errors import IssuanceNotPossible, SecondPersonNeeded
from transactions.models import CreditBatch, IssuanceRequest
from transactions.rights import ASKS_ISSUANCE, DECIDES_ISSUANCE, require_in_reach
from transactions.serials import serial_root
from transactions.services.holding_accounts import buffer_pool_account, proceeds_account
from transactions.services.issuance_checks import MAX_TEXT, check_ready, check_request
from transactions.services.posting import posting

_DECIDE = "decide about issuances"


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
        NotAllowed: the actor may not ask for credits.
        InvalidInput: the vintage does not fit the period, or the quantity is more than was verified, or more
            than plausible without a justification; or a text is too long.
        IssuanceNotPossible: the period has another request already.
        ProjectNotFound: the project is out of the actor's reach.
    """
    require_permission(actor, ASKS_ISSUANCE, "ask for credits to be issued")
    require_reach(project.pk, actor)
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
        check_request(request)
        _save(request)
        event_record(action="issuance.asked", obj=request, actor=actor, changes=changes_since({}, request))
    return request


def issuance_request_approve(
    *,
    actor: User,
    pk: int,
    period: MonitoringPeriod | None = None,
    standard: Standard | None = None,
    note: str = "",
) -> CreditBatch:
    """Approve a request: in one transaction make the batch, its serials, its first blocks and its ledger entry.

    The project's buffer share (rounded up to a whole kilogram) goes to the buffer pool, the rest to the
    project's proceeds account. `period` and `standard` supply what the request does not name.

    Raises:
        NotAllowed: the actor may not decide about issuances.
        NotFound: there is no such request.
        SecondPersonNeeded: the actor made the request.
        IssuanceNotPossible: it was decided before, or its project or period is not ready.
        InvalidInput: as for the request, checked anew.
    """
    require_permission(actor, DECIDES_ISSUANCE, _DECIDE)
    _check_note(note)
    with transaction.atomic():
        request = _locked(pk, actor)
        _check_decidable(request, actor)
        before = state_of(request)
        request.project = _project_locked(request.project_id)
        if request.monitoring_period_id is None:
            request.monitoring_period = period
        if request.standard_id is None:
            request.standard = standard
        check_request(request)
        check_ready(request)
        batch = _issue(actor, request)
        request.state = RequestState.APPROVED
        request.batch = batch
        _decide(request, actor, note)
        told = {**changes_since(before, request), "serial_root": batch.serial_root}
        event_record(action="issuance.approved", obj=request, actor=actor, changes=told)
    return batch


def issuance_request_reject(*, actor: User, pk: int, note: str) -> IssuanceRequest:
    """Refuse a request, saying why.

    Raises:
        NotAllowed: the actor may not decide about issuances.
        NotFound: there is no such request.
        SecondPersonNeeded: the actor made the request.
        IssuanceNotPossible: it was decided before.
        InvalidInput: no reason was given.
    """
    require_permission(actor, DECIDES_ISSUANCE, _DECIDE)
    if not note.strip():
        raise InvalidInput({"note": ["Say why the request is refused."]})
    _check_note(note)
    with transaction.atomic():
        request = _locked(pk, actor)
        _check_decidable(request, actor)
        before = state_of(request)
        request.state = RequestState.REJECTED
        _decide(request, actor, note)
        event_record(action="issuance.rejected", obj=request, actor=actor, changes=changes_since(before, request))
    return request


def _issue(actor: User, request: IssuanceRequest) -> CreditBatch:
    project = request.project
    proceeds, buffer_pool = proceeds_account(project=project), buffer_pool_account()
    last = CreditBatch.objects.filter(project=project, vintage=request.vintage).aggregate(last=Max("number"))["last"]
    number = (last or 0) + 1
    buffer_kg = int((request.quantity_kg * project.buffer_percentage / 100).to_integral_value(ROUND_CEILING))
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


def _save(request: IssuanceRequest) -> None:
    try:
        with transaction.atomic():
            request.save()
    except IntegrityError as error:
        if constraint_of(error) != "transactions_issuance_period_vintage_once":
            raise
        raise IssuanceNotPossible(
            "This monitoring period has a request for this vintage already. Decide that one first."
        ) from error


def _check_note(note: str) -> None:
    if len(note) > MAX_TEXT or text_fault(note):
        raise InvalidInput({"note": [f"Use up to {MAX_TEXT:,} characters of text."]})


def _locked(pk: int, actor: User) -> IssuanceRequest:
    request = IssuanceRequest.objects.select_for_update(of=("self",)).filter(pk=pk).first()
    if request is None:
        raise NotFound("Issuance request not found.")
    require_in_reach(request.project_id, actor, NotFound("Issuance request not found."))
    return request


def _project_locked(pk: int) -> Project:
    """Hold the project's status, and number one batch at a time."""
    rows = Project.objects.select_for_update(of=("self",), no_key=True).select_related("project_type")
    return rows.get(pk=pk)


def _check_decidable(request: IssuanceRequest, actor: User) -> None:
    if request.state != RequestState.PENDING:
        raise IssuanceNotPossible(f"This request is already {request.get_state_display().lower()}.")
    if request.requested_by_id == actor.pk:
        raise SecondPersonNeeded("Whoever asked for an issuance cannot also decide it; a second person must.")


def _decide(request: IssuanceRequest, actor: User, note: str) -> None:
    request.decided_by, request.decided_at, request.decision_note = actor, timezone.now(), note.strip()
    _save(request)
