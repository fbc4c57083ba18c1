"""Settling: what the provider says of a payment becomes credits, a refund or a question for staff. Exactly once.

Webhook, confirmation and the reconciling job all end in `purchase_settle`; the purchase's row lock lets one of them
do it, and the others find it done.
"""

from decimal import Decimal
from enum import StrEnum

import structlog
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from carboncore.common.errors import InvalidInput, StateConflict
from registry.errors import ProjectNotFound
from transactions.choices import EntryKind, IssueKind, PaymentMethod, PaymentState, TransactionStatus
from transactions.errors import PurchaseNotFound, PurchaseStateWrong
from transactions.locks import purchase_lock
from transactions.models import Payment, PlannedRetirement, Transaction
from transactions.money import from_minor, to_minor
from transactions.payments import IntentSnapshot
from transactions.rights import require_in_reach, require_transactions_work
from transactions.services.mails import purchase_delivered_mail
from transactions.services.moving import Origin, Wanted
from transactions.services.posting import posting
from transactions.services.purchases.holding import move_reserved, ranges_moved, reserve
from transactions.services.purchases.moves import issue_open, status_move
from transactions.services.purchases.refunds import late_payment_refund
from transactions.services.purchases.releasing import reservation_release
from transactions.services.purchases.starting import project_check_open
from transactions.services.retirements import RetirementDetails, credits_retire

logger = structlog.get_logger(__name__)


class Settled(StrEnum):
    """What became of a payment that was looked at."""

    DELIVERED = "delivered"
    DONE_BEFORE = "done_before"
    NOT_PAID = "not_paid"
    CLOSED = "closed"
    REFUND_DUE = "refund_due"
    NEEDS_ATTENTION = "needs_attention"


def purchase_settle(*, purchase_pk: int, intent: IntentSnapshot) -> Settled:
    """Act on what the provider says of this purchase's payment now; safe to call any number of times.

    Paid: the reserved credits go to the buyer, and are retired if that was asked for. Paid after the reservation
    expired: they go to the buyer if they can be had, else the money goes back. An amount or currency that is not
    ours, or an account that cannot receive, becomes a payment issue, and nothing moves.

    Raises:
        PurchaseNotFound: there is no such purchase.
    """
    with transaction.atomic():
        purchase = purchase_lock(purchase_pk)
        payment = purchase.payment
        if not _is_ours(purchase, intent):
            return _second_payment(purchase, intent)
        _note_what_was_seen(purchase, payment, intent)
        if payment.state == PaymentState.TAKEN:
            return Settled.DONE_BEFORE
        if not intent.is_paid:
            return _close(purchase, payment) if intent.is_over else Settled.NOT_PAID
        if not _record_taken(purchase, payment, intent):
            return Settled.NEEDS_ATTENTION
        return _deliver_or_give_back(purchase, intent)


def purchase_mark_paid(*, actor: User, purchase_pk: int, reference: str) -> Transaction:
    """Settle a purchase by invoice whose money has arrived; `reference` is the bank's or the invoice's number.

    Raises:
        NotAllowed: the actor does not work transactions.
        PurchaseNotFound: there is no such purchase.
        PurchaseStateWrong: it is not paid by invoice, or is not waiting for its money.
        InvalidInput: no reference was given.
        NotEnoughCredits: the reservation had expired and the credits are gone.
        AccountNotUsable: an account is frozen or closed.
    """
    require_transactions_work(actor, "mark purchases as paid")
    reference = reference.strip()
    if not reference or len(reference) > 255 or not reference.isprintable():
        raise InvalidInput({"reference": ["Give the number of the bank's or the invoice's record of the payment."]})
    with transaction.atomic():
        purchase = purchase_lock(purchase_pk)
        require_in_reach(purchase.project_id, actor, PurchaseNotFound())
        if purchase.payment_method != PaymentMethod.INVOICE:
            raise PurchaseStateWrong("This purchase is paid by card; its payment arrives from the provider.")
        if purchase.status not in (TransactionStatus.RESERVED, TransactionStatus.EXPIRED):
            raise PurchaseStateWrong(f"This purchase is {purchase.get_status_display().lower()} already.")
        payment = purchase.payment
        payment.state, payment.reference, payment.taken_at = PaymentState.TAKEN, reference, timezone.now()
        payment.amount_received = to_minor(_total(purchase), purchase.currency)
        payment.currency_received = purchase.currency
        payment.save()
        credits_deliver(purchase=purchase, actor=actor)
    logger.info("invoice_marked_paid", transaction=str(purchase.public_id), actor=actor.pk, reference=reference)
    return purchase


def credits_deliver(*, purchase: Transaction, actor: User | None) -> None:
    """Give the buyer the credits of a locked purchase, and retire them where that was asked for.

    Raises:
        NotEnoughCredits, ProjectClosed: it had expired, and the credits are gone or no longer for sale.
        AccountNotUsable: an account is frozen or closed.
    """
    account = purchase.to_account
    if account is None or purchase.from_account_id is None:
        raise ValueError("A purchase always names both accounts.")
    with posting(actor=actor, account_ids=[purchase.from_account_id, account.pk]) as movement:
        if purchase.status == TransactionStatus.RESERVED:
            ranges = ranges_moved(purchase, EntryKind.RESERVATION)
        else:
            project_check_open(purchase.project)
            ranges = reserve(movement, purchase).ranges
        serials = move_reserved(movement, purchase, ranges, kind=EntryKind.SALE, to_account_id=account.pk)
        waited = Decimal((movement.at - purchase.created_at).total_seconds()).quantize(Decimal("0.001"))
        status_move(
            purchase,
            TransactionStatus.COMPLETED,
            completed_at=movement.at,
            processing_time_seconds=max(waited, Decimal(0)),
        )
    planned = PlannedRetirement.objects.filter(transaction=purchase, withdrawn_at__isnull=True).first()
    if planned is None:
        purchase_delivered_mail(purchase=purchase)
    else:
        planned.retirement = credits_retire(
            actor=actor,
            told_id=purchase.to_user_id,
            account=account,
            wanted=Wanted(project_id=purchase.project_id, quantity_kg=purchase.quantity_kg, serials=serials),
            details=_details(planned),
            origin=Origin(ip_address=purchase.ip_address, user_agent=purchase.user_agent),
        )
        planned.save(update_fields=["retirement"])


def _is_ours(purchase: Transaction, intent: IntentSnapshot) -> bool:
    named = purchase.stripe_payment_intent_id
    return named == intent.id or (not named and intent.purchase_id == str(purchase.public_id))


def _second_payment(purchase: Transaction, intent: IntentSnapshot) -> Settled:
    if not intent.is_paid:
        return Settled.NOT_PAID
    issue_open(
        purchase=purchase,
        kind=IssueKind.SECOND_PAYMENT,
        subject=intent.id,
        details=(
            f"{from_minor(intent.amount_received, intent.currency)} {intent.currency} were paid by {intent.id}, but"
            f" this purchase is paid by {purchase.stripe_payment_intent_id}. Give the money back."
        ),
    )
    return Settled.NEEDS_ATTENTION


def _note_what_was_seen(purchase: Transaction, payment: Payment, intent: IntentSnapshot) -> None:
    if not purchase.stripe_payment_intent_id:
        purchase.stripe_payment_intent_id = intent.id
        purchase.save(update_fields=["stripe_payment_intent_id"])
    payment.provider_status, payment.checked_at = intent.status[:40], timezone.now()
    payment.save(update_fields=["provider_status", "checked_at"])


def _close(purchase: Transaction, payment: Payment) -> Settled:
    payment.state = PaymentState.CLOSED
    payment.save(update_fields=["state"])
    if purchase.status == TransactionStatus.RESERVED:
        over = purchase.expires_at is not None and purchase.expires_at <= timezone.now()
        ended = TransactionStatus.EXPIRED if over else TransactionStatus.CANCELLED
        reservation_release(purchase=purchase, to=ended, actor=None)
    return Settled.CLOSED


def _record_taken(purchase: Transaction, payment: Payment, intent: IntentSnapshot) -> bool:
    """Write down that the money is here; returns whether it is what was agreed."""
    if intent.amount_received > 0:
        payment.state, payment.taken_at = PaymentState.TAKEN, timezone.now()
        payment.amount_received, payment.currency_received = intent.amount_received, intent.currency
        payment.save()
    agreed = to_minor(_total(purchase), purchase.currency)
    if intent.amount_received == agreed and intent.currency == purchase.currency:
        return True
    issue_open(
        purchase=purchase,
        kind=IssueKind.AMOUNT_DIFFERS,
        subject=intent.id,
        details=(
            f"{intent.amount_received} {intent.currency} (minor units) were paid, {agreed} {purchase.currency} were"
            " agreed. No credits were moved; deliver them all the same, or give the money back."
        ),
    )
    return False


def _deliver_or_give_back(purchase: Transaction, intent: IntentSnapshot) -> Settled:
    if purchase.status in (TransactionStatus.CANCELLED, TransactionStatus.FAILED):
        late_payment_refund(purchase=purchase, reason="Paid after the purchase had ended.")
        return Settled.REFUND_DUE
    try:
        with transaction.atomic():
            credits_deliver(purchase=purchase, actor=None)
    except (StateConflict, ProjectNotFound) as error:
        # What the savepoint undid is read again before it is used.
        purchase.refresh_from_db()
        if purchase.status == TransactionStatus.EXPIRED:
            late_payment_refund(
                purchase=purchase, reason="Paid after the reservation had expired; the credits are gone."
            )
            return Settled.REFUND_DUE
        issue_open(
            purchase=purchase,
            kind=IssueKind.NOT_DELIVERABLE,
            subject=intent.id,
            details=f"Paid, but: {error.message} The credits stay reserved; deliver them, or give the money back.",
        )
        return Settled.NEEDS_ATTENTION
    return Settled.DELIVERED


def _total(purchase: Transaction) -> Decimal:
    if purchase.total_amount is None:
        raise ValueError("A purchase always has a total.")
    return purchase.total_amount


def _details(planned: PlannedRetirement) -> RetirementDetails:
    return RetirementDetails(
        beneficiary_name=planned.beneficiary_name,
        purpose=planned.purpose,
        beneficiary_location=planned.beneficiary_location,
        period_start=planned.period_start,
        period_end=planned.period_end,
        note=planned.note,
        published=planned.published,
        inventory=planned.inventory,
    )
