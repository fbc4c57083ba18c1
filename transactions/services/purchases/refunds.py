"""Giving money back: written down with the movement of the credits, then asked of the provider until it is done."""

from dataclasses import dataclass
from decimal import Decimal

import structlog
from django.db import transaction
from django.db.models import Sum

from accounts.models import User
from carboncore.audit.services import event_record
from carboncore.common.errors import InvalidInput
from carboncore.common.fresh import require_fresh
from carboncore.common.quantities import tonnes_from_kg
from transactions.choices import (
    BlockState,
    EntryKind,
    IssueKind,
    PaymentMethod,
    PaymentState,
    RefundState,
    TransactionStatus,
)
from transactions.errors import CreditsNotRefundable, PurchaseNotFound, PurchaseStateWrong
from transactions.locks import batch_lock, purchase_lock
from transactions.models import Block, PaymentRefund, Transaction
from transactions.money import from_minor, share_of
from transactions.payments import RefundSnapshot
from transactions.rights import require_in_reach, require_transactions_work
from transactions.services.mails import refund_mail
from transactions.services.moving import stated_reason
from transactions.services.posting import posting
from transactions.services.purchases.holding import Ranges, link_entries, ranges_left, ranges_moved
from transactions.services.purchases.moves import issue_open, status_move
from transactions.services.taking import take_ranges

logger = structlog.get_logger(__name__)

# What a provider says of a refund → what that means here.
_STATES = {
    "pending": RefundState.PENDING,
    "requires_action": RefundState.PENDING,
    "succeeded": RefundState.SUCCEEDED,
    "failed": RefundState.FAILED,
    "canceled": RefundState.FAILED,
}


@dataclass(frozen=True)
class _Back:
    """What a refund gives back: kilograms, and the money that they stand for."""

    quantity_kg: int
    amount: Decimal
    is_last: bool


def purchase_refund(*, actor: User, purchase_pk: int, reason: str, quantity_kg: int | None = None) -> PaymentRefund:
    """Take credits of a completed purchase back and owe the buyer their share of the price.

    `quantity_kg` kilograms, or all that were not refunded before. The credits return to the seller's account in
    the same database transaction that writes the refund down; the money follows. Shares are rounded so that all
    refunds of a purchase together are exactly its total.

    Raises:
        NotAllowed: the actor does not work transactions.
        ReauthenticationRequired: the actor showed who they are too long ago.
        PurchaseNotFound: there is no such purchase, or it is out of the actor's reach.
        PurchaseStateWrong: it is not completed.
        CreditsNotRefundable: the buyer's account holds fewer of these credits as active ones.
        InvalidInput: no reason, or more than was bought.
        AccountNotUsable: an account is frozen or closed.
    """
    require_transactions_work(actor, "refund purchases")
    require_fresh()
    reason = stated_reason(reason)
    with transaction.atomic():
        purchase = purchase_lock(purchase_pk)
        require_in_reach(purchase.project_id, actor, PurchaseNotFound())
        if purchase.status != TransactionStatus.COMPLETED:
            raise PurchaseStateWrong(
                f"Only a completed purchase can be refunded; this one is {purchase.get_status_display().lower()}."
            )
        back = _worked_out(purchase, quantity_kg)
        _take_back(actor, purchase, back.quantity_kg)
        fields = {"refund_amount": purchase.refund_amount + back.amount, "refund_reason": reason}
        if back.is_last:
            status_move(purchase, TransactionStatus.REFUNDED, **fields)
        else:
            Transaction.objects.filter(pk=purchase.pk).update(**fields)
        refund = _owe(purchase, back.amount, purchase.currency, reason, actor=actor, quantity_kg=back.quantity_kg)
        event_record(
            action="purchase.refund_asked",
            obj=purchase,
            actor=actor,
            changes={"quantity_kg": back.quantity_kg, "amount": back.amount, "currency": purchase.currency},
            note=reason,
        )
    logger.info("purchase_refunded", transaction=str(purchase.public_id), refund=str(refund.public_id), actor=actor.pk)
    return refund


def late_payment_refund(*, purchase: Transaction, reason: str, actor: User | None = None) -> PaymentRefund:
    """Owe the buyer of a locked purchase all that was received for it; no credits are involved."""
    payment = purchase.payment
    if payment.amount_received is None:
        raise ValueError("Only money that was received can be given back.")
    amount = from_minor(payment.amount_received, payment.currency_received)
    status_move(
        purchase,
        TransactionStatus.REFUNDED,
        # What the contract's column can say is bounded by the total; the refund itself states the whole amount.
        refund_amount=min(amount, purchase.total_amount or amount),
        refund_reason=reason,
    )
    return _owe(purchase, amount, payment.currency_received, reason, actor=actor)


def refund_record(*, refund_pk: int, seen: RefundSnapshot) -> RefundState:
    """Keep what the provider says of a refund; one that failed becomes a payment issue."""
    with transaction.atomic():
        refund = PaymentRefund.objects.select_for_update(of=("self",)).select_related("transaction").get(pk=refund_pk)
        before, state = refund.state, _STATES.get(seen.status, RefundState.PENDING)
        refund.state, refund.provider_id, refund.failure = state, seen.id, seen.failure[:500]
        refund.save(update_fields=["state", "provider_id", "failure", "updated_at"])
        if state != before:
            event_record(action="refund.answered", obj=refund, changes={"state": [before, state]}, note=seen.failure)
        if state == RefundState.FAILED:
            _refund_failed(refund, seen.failure or "no reason was given")
    return state


def refund_fail(*, refund_pk: int, failure: str) -> None:
    """Keep that the provider refuses to make this refund at all; staff have to find another way."""
    with transaction.atomic():
        refund = PaymentRefund.objects.select_for_update(of=("self",)).select_related("transaction").get(pk=refund_pk)
        if refund.state != RefundState.DUE:
            return
        before, refund.state, refund.failure = refund.state, RefundState.FAILED, failure[:500]
        refund.save(update_fields=["state", "failure", "updated_at"])
        event_record(
            action="refund.answered", obj=refund, changes={"state": [before, refund.state]}, note=refund.failure
        )
        _refund_failed(refund, failure)


def _refund_failed(refund: PaymentRefund, failure: str) -> None:
    issue_open(
        purchase=refund.transaction,
        kind=IssueKind.REFUND_FAILED,
        subject=str(refund.public_id),
        details=f"{refund.amount} {refund.currency} could not be given back: {failure}. Pay them back another way.",
    )


def _worked_out(purchase: Transaction, quantity_kg: int | None) -> _Back:
    done_kg = purchase.refunds.aggregate(kg=Sum("quantity_kg"))["kg"] or 0
    left_kg = purchase.quantity_kg - done_kg
    wanted_kg = left_kg if quantity_kg is None else quantity_kg
    if not 0 < wanted_kg <= left_kg:
        raise InvalidInput(
            {"quantity": [f"At most {tonnes_from_kg(left_kg)} credits of this purchase can be refunded."]}
        )
    total = purchase.total_amount or Decimal(0)
    owed = share_of(total, part_kg=done_kg + wanted_kg, whole_kg=purchase.quantity_kg, currency=purchase.currency)
    amount = owed - purchase.refund_amount
    if amount <= 0:
        raise InvalidInput({"quantity": ["This is worth less than the currency's smallest coin. Refund more at once."]})
    return _Back(wanted_kg, amount, wanted_kg == left_kg)


def _take_back(actor: User, purchase: Transaction, quantity_kg: int) -> None:
    """Return credits that this purchase sold and that are still held, the highest serials first."""
    seller, account = purchase.from_account_id, purchase.to_account_id
    if seller is None or account is None:
        raise ValueError("A purchase always names both accounts.")
    sold = ranges_left(ranges_moved(purchase, EntryKind.SALE), ranges_moved(purchase, EntryKind.REFUND))
    with posting(actor=actor, account_ids=[seller, account]) as movement:
        batches = {pk: batch_lock(pk) for pk in sorted(sold)}
        chosen = _highest(_still_held(sold, account), quantity_kg)
        entries = [
            movement.move(
                batch=batches[pk],
                kind=EntryKind.REFUND,
                slices=take_ranges(batch=batches[pk], account_id=account, state=BlockState.ACTIVE, ranges=chosen[pk]),
                to_account_id=seller,
                to_state=BlockState.ACTIVE,
            )
            for pk in sorted(chosen)
        ]
        link_entries(purchase, entries)


def _still_held(sold: Ranges, account_id: int) -> Ranges:
    held: Ranges = {}
    for batch_id, ranges in sold.items():
        blocks = Block.objects.filter(batch_id=batch_id, account_id=account_id, state=BlockState.ACTIVE).filter(
            first_kg__lt=max(end for _, end in ranges), end_kg__gt=min(first for first, _ in ranges)
        )
        pieces = [
            (max(first, block_first), min(end, block_end))
            for block_first, block_end in blocks.order_by("first_kg").values_list("first_kg", "end_kg")
            for first, end in ranges
            if max(first, block_first) < min(end, block_end)
        ]
        if pieces:
            held[batch_id] = pieces
    return held


def _highest(held: Ranges, quantity_kg: int) -> Ranges:
    chosen: Ranges = {}
    missing = quantity_kg
    for batch_id in sorted(held, reverse=True):
        for first, end in sorted(held[batch_id], reverse=True):
            if missing == 0:
                break
            start = max(first, end - missing)
            chosen.setdefault(batch_id, []).append((start, end))
            missing -= end - start
    if missing:
        raise CreditsNotRefundable(
            f"Only {tonnes_from_kg(quantity_kg - missing)} of these credits are still held by the buyer; the others"
            " were retired, cancelled or passed on, and a retired credit is never un-retired."
        )
    return chosen


def _owe(
    purchase: Transaction,
    amount: Decimal,
    currency: str,
    reason: str,
    *,
    actor: User | None,
    quantity_kg: int = 0,
) -> PaymentRefund:
    by_card = purchase.payment_method == PaymentMethod.STRIPE and purchase.payment.state == PaymentState.TAKEN
    refund = PaymentRefund.objects.create(
        transaction=purchase,
        amount=amount,
        currency=currency,
        quantity_kg=quantity_kg,
        reason=reason,
        state=RefundState.DUE if by_card else RefundState.BY_HAND,
        requested_by=actor,
    )
    refund_mail(refund=refund, purchase=purchase)
    return refund
