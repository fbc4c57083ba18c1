"""Reversing a wrong entry by two persons: one asks and says why, another looks and approves or refuses."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from accounts.rights import require_permission
from carboncore.audit.services import event_record
from carboncore.common.errors import InvalidInput, NotFound
from carboncore.common.fresh import require_fresh
from registry.services.validation import constraint_of, text_fault
from transactions.choices import RequestState
from transactions.errors import EntryNotReversible, SecondPersonNeeded
from transactions.models import LedgerEntry, ReversalRequest
from transactions.rights import ASKS_REVERSAL, DECIDES_REVERSAL, require_in_reach
from transactions.services.corrections import entry_check_reversible, entry_reverse
from transactions.services.moving import MAX_NOTE, stated_reason

# What the audit trail calls each decision.
_EVENTS = {RequestState.APPROVED: "reversal.approved", RequestState.REJECTED: "reversal.rejected"}
_DECIDE = "decide about reversals"


def reversal_request_create(*, actor: User, entry_pk: int, reason: str) -> ReversalRequest:
    """Ask that a wrong transfer or buffer release be put back.

    Raises:
        NotAllowed: the actor may not ask for it.
        NotFound: there is no such entry.
        InvalidInput: no reason was given, or one that is too long.
        EntryNotReversible: it is of a final kind, was reversed before, or somebody has asked for it already.
    """
    require_permission(actor, ASKS_REVERSAL, "ask for reversals")
    entry = LedgerEntry.objects.select_related("batch").filter(pk=entry_pk).first()
    if entry is None:
        raise NotFound("Ledger entry not found.")
    require_in_reach(entry.batch.project_id, actor, NotFound("Ledger entry not found."))
    reason = stated_reason(reason)
    entry_check_reversible(entry)
    try:
        with transaction.atomic():
            request = ReversalRequest.objects.create(entry=entry, reason=reason, requested_by=actor)
            event_record(action="reversal.asked", obj=request, actor=actor, changes={"entry": entry_pk}, note=reason)
    except IntegrityError as error:
        if constraint_of(error) != "transactions_reversalrequest_entry_once":
            raise
        raise EntryNotReversible("Somebody has asked for this reversal already. Decide that request first.") from None
    return request


def reversal_request_approve(*, actor: User, pk: int, note: str = "") -> ReversalRequest:
    """Approve a request: the reversing entry is posted in the same transaction.

    Raises:
        NotAllowed: the actor may not decide about reversals.
        NotFound: there is no such request.
        SecondPersonNeeded: the actor made the request.
        EntryNotReversible: it was decided before, or the credits have moved on since.
        InvalidInput: the note is too long.
        AccountNotUsable: an account is frozen or closed.
        ReauthenticationRequired: the actor showed who they are too long ago.
    """
    require_permission(actor, DECIDES_REVERSAL, _DECIDE)
    require_fresh()
    with transaction.atomic():
        request = _pending_locked(pk, actor)
        request.decision_note = _checked_note(note)
        request.reversal = entry_reverse(
            requested_by=request.requested_by, approved_by=actor, entry_pk=request.entry_id, reason=request.reason
        )
        _decide(request, actor, RequestState.APPROVED)
    return request


def reversal_request_reject(*, actor: User, pk: int, note: str) -> ReversalRequest:
    """Refuse a request, saying why; nothing moves.

    Raises:
        NotAllowed, NotFound, SecondPersonNeeded, EntryNotReversible: as for an approval.
        InvalidInput: no reason was given, or one that is too long.
    """
    require_permission(actor, DECIDES_REVERSAL, _DECIDE)
    if not note.strip():
        raise InvalidInput({"note": ["Say why the request is refused."]})
    with transaction.atomic():
        request = _pending_locked(pk, actor)
        request.decision_note = _checked_note(note)
        _decide(request, actor, RequestState.REJECTED)
    return request


def _pending_locked(pk: int, actor: User) -> ReversalRequest:
    waiting = ReversalRequest.objects.select_for_update(of=("self",)).select_related("entry__batch")
    request = waiting.filter(pk=pk).first()
    if request is None:
        raise NotFound("Reversal request not found.")
    require_in_reach(request.entry.batch.project_id, actor, NotFound("Reversal request not found."))
    if request.state != RequestState.PENDING:
        raise EntryNotReversible(f"This request is already {request.get_state_display().lower()}.")
    if request.requested_by_id == actor.pk:
        raise SecondPersonNeeded("Whoever asked for a reversal cannot also decide it; a second person must.")
    return request


def _checked_note(note: str) -> str:
    if len(note) > MAX_NOTE or text_fault(note):
        raise InvalidInput({"note": [f"Use up to {MAX_NOTE:,} characters of text."]})
    return note.strip()


def _decide(request: ReversalRequest, actor: User, state: RequestState) -> None:
    before = request.state
    request.state, request.decided_by, request.decided_at = state, actor, timezone.now()
    request.save()
    event_record(
        action=_EVENTS[state],
        obj=request,
        actor=actor,
        changes={"state": [before, state], "reversal": request.reversal_id},
        note=request.decision_note,
    )
