"""What a person decides about a payment that no rule could decide."""

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from carboncore.audit.services import event_record
from carboncore.common.errors import InvalidInput, NotFound, StateConflict
from carboncore.common.fresh import require_fresh
from transactions.choices import IssueKind, IssueResolution, PaymentState, TransactionStatus
from transactions.errors import PurchaseStateWrong
from transactions.locks import purchase_lock
from transactions.models import PaymentIssue, Transaction
from transactions.rights import require_in_reach, require_transactions_work
from transactions.services.moving import stated_reason
from transactions.services.purchases.paying import refunds_carry_out
from transactions.services.purchases.refunds import late_payment_refund
from transactions.services.purchases.releasing import reservation_release
from transactions.services.purchases.settling import credits_deliver

_MISSING = "There is no such payment issue."
# Only where our own purchase was paid and stands still can its credits be delivered, or its money given back, here.
_DECIDABLE = (IssueKind.AMOUNT_DIFFERS, IssueKind.NOT_DELIVERABLE)


def payment_issue_resolve(*, actor: User, pk: int, resolution: str, note: str) -> PaymentIssue:
    """Close a payment issue: deliver the credits all the same, give the money back, or note that it is settled.

    Raises:
        NotAllowed: the actor does not work transactions.
        NotFound: there is no such issue, or it is out of the actor's reach.
        StateConflict: it is closed already.
        InvalidInput: no note, or this cannot be done about an issue of this kind.
        PurchaseStateWrong: the purchase is not paid, or over.
        NotEnoughCredits, AccountNotUsable: the credits still cannot be delivered.
        ReauthenticationRequired: money is to go back, and the actor showed who they are too long ago.
    """
    require_transactions_work(actor, "decide about payments")
    note = stated_reason(note)
    if resolution == IssueResolution.REFUNDED:
        require_fresh()
    with transaction.atomic():
        issue = PaymentIssue.objects.filter(pk=pk).first()
        if issue is None:
            raise NotFound(_MISSING)
        purchase = purchase_lock(issue.transaction_id) if issue.transaction_id else None
        if purchase is not None:
            require_in_reach(purchase.project_id, actor, NotFound(_MISSING))
        issue = PaymentIssue.objects.select_for_update(of=("self",)).get(pk=pk)
        if issue.resolved_at is not None:
            raise StateConflict("This payment issue is closed already.")
        if resolution not in _possible(issue):
            raise InvalidInput({"resolution": [f"Choose one of: {', '.join(_possible(issue))}."]})
        if purchase is not None and resolution != IssueResolution.NOTED:
            _carry_out(actor, purchase, resolution, note)
        issue.resolution, issue.resolution_note = resolution, note
        issue.resolved_by, issue.resolved_at = actor, timezone.now()
        issue.save(update_fields=["resolution", "resolution_note", "resolved_by", "resolved_at"])
        event_record(
            action="payment_issue.resolved", obj=issue, actor=actor, changes={"resolution": resolution}, note=note
        )
    if purchase is not None and resolution == IssueResolution.REFUNDED:
        refunds_carry_out(purchase=purchase)
    return issue


def _possible(issue: PaymentIssue) -> list[str]:
    return IssueResolution.values if issue.kind in _DECIDABLE else [IssueResolution.NOTED.value]


def _carry_out(actor: User, purchase: Transaction, resolution: str, note: str) -> None:
    if purchase.payment.state != PaymentState.TAKEN:
        raise PurchaseStateWrong("No money was received for this purchase.")
    if resolution == IssueResolution.DELIVERED:
        credits_deliver(purchase=purchase, actor=actor)
        return
    if purchase.status == TransactionStatus.RESERVED:
        reservation_release(purchase=purchase, to=TransactionStatus.FAILED, actor=actor)
    late_payment_refund(purchase=purchase, reason=note, actor=actor)
