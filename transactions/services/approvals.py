"""Transfers above an organisation's limit of 24 hours: one member asks, a second one approves, exactly that is done.

Nothing is reserved while a second member thinks: what cannot be carried out any more is refused when they approve.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts.choices import MOVING_ROLES, ConsentState
from accounts.errors import ConsentOver, SecondMemberMissing, SecondMemberNeeded
from accounts.models import Membership, User
from carboncore.audit.services import event_record
from carboncore.common.errors import InvalidInput, NotAllowed, StateConflict
from registry.services.validation import text_fault
from transactions.choices import ApprovedKind
from transactions.errors import ApprovalNotFound
from transactions.models import HoldingAccount, MovementApproval, Transaction
from transactions.rights import require_acting
from transactions.services.mails import approval_asked_mail, approval_decided_mail
from transactions.services.movements import credits_transfer
from transactions.services.moving import MAX_NOTE, Origin, Wanted
from transactions.services.offers import transfer_offer_create
from transactions.services.transfer_limits import transfer_allowance

ANSWERED_WITHIN = timedelta(days=7)
MOST_PENDING = 100
MOST_AT_ONCE = 500


@dataclass(frozen=True)
class AskedTransfer:
    """A transfer, or an offer of one, as a member asks for it."""

    kind: ApprovedKind
    from_account: HoldingAccount
    to_account: HoldingAccount
    wanted: Wanted
    note: str = ""
    offer_expires_at: datetime | None = None
    origin: Origin = field(default_factory=Origin)


class _RehearsedError(Exception):
    """Takes back what was only tried."""


def transfer_or_ask(*, actor: User, asked: AskedTransfer) -> Transaction | MovementApproval:
    """Carry a transfer or an offer out; above what may leave the organisation in 24 hours, ask a second member instead.

    Raises:
        NotAllowed: the actor may not act for the account that gives.
        SecondMemberMissing: nobody else in the organisation owns or trades.
        StateConflict: a hundred transfers of the organisation wait already.
        InvalidInput, AccountNotFound, AccountNotUsable, NotEnoughCredits, CreditsNotMovable: as for the transfer or
            the offer itself; what could not be carried out now is not asked for.
    """
    require_acting(actor, asked.from_account.pk)
    with transaction.atomic():
        allowance = transfer_allowance(from_account=asked.from_account, to_account=asked.to_account)
        if allowance.covers(asked.wanted.quantity_kg):
            return _carry_out(actor, asked)
        _rehearse(actor, asked)
        return _ask(actor, asked)


def movement_approval_approve(*, actor: User, pk: int, origin: Origin | None = None) -> MovementApproval:
    """Approve what another member asked for; it is carried out in the same transaction.

    Raises:
        ApprovalNotFound: there is none.
        NotAllowed: the actor neither owns nor trades for the organisation, or it may not act.
        SecondMemberNeeded: the actor asked for it.
        ConsentOver: it was decided before, its time is over, or whoever asked may move nothing there any more.
        InvalidInput, AccountNotUsable, NotEnoughCredits, CreditsNotMovable: it cannot be carried out any more; nothing
            has moved, and it still waits.
    """
    with transaction.atomic():
        approval = _decidable(pk, actor)
        asker = approval.asked_by
        if not asker.is_active or not _may_move(asker, approval):
            raise ConsentOver("Whoever asked for this acts for the organisation no more. Reject it, and ask anew.")
        approval.transaction = _carry_out(actor, _asked(approval, origin))
        _decide(approval, ConsentState.APPROVED, actor)
        approval_decided_mail(approval=approval)
        _record("movement_approval.approved", approval, actor)
    return approval


def movement_approval_reject(*, actor: User, pk: int, note: str = "") -> MovementApproval:
    """Refuse what another member asked for; nothing moves.

    Raises:
        ApprovalNotFound, NotAllowed, SecondMemberNeeded, ConsentOver: as for approving.
        InvalidInput: the note is too long or not text.
    """
    if len(note) > MAX_NOTE or text_fault(note):
        raise InvalidInput({"note": [f"Use up to {MAX_NOTE:,} characters of text."]})
    with transaction.atomic():
        approval = _decidable(pk, actor)
        approval.decision_note = note.strip()
        _decide(approval, ConsentState.REJECTED, actor)
        approval_decided_mail(approval=approval)
        _record("movement_approval.rejected", approval, actor)
    return approval


def movement_approval_withdraw(*, actor: User, pk: int) -> MovementApproval:
    """Take back what one asked for oneself.

    Raises:
        ApprovalNotFound: there is none.
        NotAllowed: somebody else asked for it.
        ConsentOver: it was decided before.
    """
    with transaction.atomic():
        approval = _locked(pk)
        if approval.asked_by_id != actor.pk:
            raise NotAllowed("Only whoever asked for this takes it back. You may reject it.")
        _check_pending(approval)
        _decide(approval, ConsentState.WITHDRAWN, actor)
        _record("movement_approval.withdrawn", approval, actor)
    return approval


def movement_approvals_expire() -> int:
    """End what no second member answered in time; returns how many. One that is being decided is left alone."""
    now = timezone.now()
    with transaction.atomic():
        over = MovementApproval.objects.filter(state=ConsentState.PENDING, expires_at__lte=now).order_by("pk")
        ended = list(over.select_for_update(of=("self",), skip_locked=True)[:MOST_AT_ONCE])
        for approval in ended:
            _decide(approval, ConsentState.EXPIRED, None)
            _record("movement_approval.expired", approval, None)
    return len(ended)


def _rehearse(actor: User, asked: AskedTransfer) -> None:
    """Carry it out and take it back, so that what cannot be carried out is refused at once."""
    with suppress(_RehearsedError), transaction.atomic():
        _carry_out(actor, asked)
        raise _RehearsedError


def _ask(actor: User, asked: AskedTransfer) -> MovementApproval:
    organisation_id = asked.from_account.organisation_id
    if organisation_id is None:
        raise ValueError("Only what leaves an organisation is above a limit.")
    others = Membership.objects.filter(organisation=organisation_id, role__in=MOVING_ROLES, user__is_active=True)
    if not others.exclude(user=actor).exists():
        raise SecondMemberMissing(
            "With what left in the last 24 hours this is above what members may transfer alone, and nobody else in the"
            " organisation could approve it. Invite a second owner or trader first."
        )
    if (
        MovementApproval.objects.filter(organisation=organisation_id, state=ConsentState.PENDING).count()
        >= MOST_PENDING
    ):
        raise StateConflict(f"{MOST_PENDING} transfers wait for a second member already. Have those decided first.")
    approval = MovementApproval.objects.create(
        organisation_id=organisation_id,
        kind=asked.kind,
        from_account=asked.from_account,
        to_account=asked.to_account,
        project_id=asked.wanted.project_id,
        vintage=asked.wanted.vintage,
        quantity_kg=asked.wanted.quantity_kg,
        serials=list(asked.wanted.serials),
        note=asked.note.strip(),
        offer_expires_at=asked.offer_expires_at,
        asked_by=actor,
        expires_at=timezone.now() + ANSWERED_WITHIN,
    )
    approval_asked_mail(approval=approval)
    _record("movement_approval.asked", approval, actor)
    return approval


def _carry_out(actor: User, asked: AskedTransfer) -> Transaction:
    """Do what was asked; that the limit allows it, or a second member does, was seen to before."""
    if asked.kind == ApprovedKind.OFFER:
        return transfer_offer_create(
            actor=actor,
            from_account=asked.from_account,
            to_account=asked.to_account,
            wanted=asked.wanted,
            note=asked.note,
            expires_at=asked.offer_expires_at,
            origin=asked.origin,
            approved=True,
        )
    return credits_transfer(
        actor=actor,
        from_account=asked.from_account,
        to_account=asked.to_account,
        wanted=asked.wanted,
        note=asked.note,
        origin=asked.origin,
        approved=True,
    )


def _asked(approval: MovementApproval, origin: Origin | None) -> AskedTransfer:
    return AskedTransfer(
        kind=ApprovedKind(approval.kind),
        from_account=approval.from_account,
        to_account=approval.to_account,
        wanted=Wanted(
            project_id=approval.project_id,
            quantity_kg=approval.quantity_kg,
            vintage=approval.vintage,
            serials=approval.serials,
        ),
        note=approval.note,
        offer_expires_at=approval.offer_expires_at,
        origin=origin or Origin(),
    )


def _locked(pk: int) -> MovementApproval:
    """Return the approval, locked: of all who would decide about it, one at a time."""
    waiting = MovementApproval.objects.select_related("from_account", "to_account", "asked_by", "organisation")
    approval = waiting.select_for_update(of=("self",), no_key=True).filter(pk=pk).first()
    if approval is None:
        raise ApprovalNotFound
    return approval


def _decidable(pk: int, actor: User) -> MovementApproval:
    approval = _locked(pk)
    if not HoldingAccount.objects.held_for(actor).filter(pk=approval.from_account_id).exists():
        raise NotAllowed("Only an owner or trader of the organisation decides about this.")
    _check_pending(approval)
    if approval.asked_by_id == actor.pk:
        raise SecondMemberNeeded
    return approval


def _check_pending(approval: MovementApproval) -> None:
    if approval.state != ConsentState.PENDING:
        raise ConsentOver(f"This was {approval.get_state_display().lower()} already.")
    if approval.expires_at <= timezone.now():
        raise ConsentOver("The time for deciding about this is over. Ask anew.")


def _may_move(user: User, approval: MovementApproval) -> bool:
    return HoldingAccount.objects.movable_by(user).filter(pk=approval.from_account_id).exists()


def _decide(approval: MovementApproval, state: ConsentState, actor: User | None) -> None:
    approval.state, approval.decided_by, approval.decided_at = state, actor, timezone.now()
    approval.save()


def _record(action: str, approval: MovementApproval, actor: User | None) -> None:
    told = {
        "state": approval.state,
        "kind": approval.kind,
        "quantity_kg": approval.quantity_kg,
        "project": approval.project_id,
        "from_account": approval.from_account_id,
        "to_account": approval.to_account_id,
        "asked_by": approval.asked_by_id,
        "transaction": str(approval.transaction.public_id) if approval.transaction else None,
    }
    event_record(action=action, obj=approval, actor=actor, changes=told, note=approval.decision_note)
