"""The minute's round: expire what is over, ask again wherever an answer of the provider is missing.

Every payment that was taken ends with its credits, its refund or a payment issue, however often the processes that
began it were killed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone

from carboncore.common.errors import RegistryError
from transactions.choices import PaymentMethod, PaymentState, RefundState, TransactionStatus, TransactionType
from transactions.models import Payment, PaymentRefund, StripeEvent, Transaction
from transactions.services.purchases.asking import provider_asked
from transactions.services.purchases.events import event_process
from transactions.services.purchases.paying import (
    payment_apply,
    payment_begin,
    payment_refresh,
    purchase_expire,
    refund_carry_out,
)
from transactions.services.purchases.refunds import refund_record

logger = structlog.get_logger(__name__)

MOST_AT_ONCE = 500
# What was asked less than this ago is still being answered by whoever asked.
ANSWER_TIME = timedelta(minutes=1)
# How long a payment that waits for its buyer is left alone between two looks; its webhook is faster.
LOOK_AGAIN = timedelta(minutes=2)
REFUND_LOOK_AGAIN = timedelta(hours=1)


@dataclass
class Round:
    """How many of each a round looked after, and how many it could not."""

    expired: int = 0
    payments: int = 0
    refunds: int = 0
    events: int = 0
    failed: int = 0


def reservations_expire() -> Round:
    """Free the credits of every purchase whose time is over and that is not paid."""
    done = Round()
    over = Transaction.objects.filter(
        transaction_type=TransactionType.PURCHASE, status=TransactionStatus.RESERVED, expires_at__lte=timezone.now()
    ).exclude(payment__state=PaymentState.TAKEN)
    for purchase in over.select_related("payment").order_by("expires_at", "pk")[:MOST_AT_ONCE]:
        done.expired += _guarded(done, "reservation_not_expired", lambda p: purchase_expire(purchase=p), purchase)
    return done


def payments_reconcile(*, wait: timedelta = ANSWER_TIME) -> Round:
    """Ask the provider again about events, payments and refunds that lack an answer for longer than `wait`."""
    done = Round()
    if not settings.STRIPE_SECRET_KEY:
        return done
    before = timezone.now() - wait
    for event in StripeEvent.objects.filter(processed_at__isnull=True, received_at__lte=before)[:MOST_AT_ONCE]:
        done.events += _guarded(done, "event_not_processed", lambda e: bool(event_process(event=e)), event)
    for payment in _open_payments(wait):
        done.payments += _guarded(done, "payment_not_reconciled", _payment_reconcile, payment.transaction)
    for refund in _open_refunds(wait):
        done.refunds += _guarded(done, "refund_not_reconciled", _refund_reconcile, refund)
    return done


def _open_payments(wait: timedelta) -> list[Payment]:
    now = timezone.now()
    waiting = Payment.objects.filter(
        state=PaymentState.AWAITED,
        transaction__payment_method=PaymentMethod.STRIPE,
        transaction__created_at__lte=now - wait,
    ).filter(Q(checked_at__isnull=True) | Q(checked_at__lte=now - max(wait, LOOK_AGAIN) if wait else now))
    ordered = waiting.select_related("transaction__to_user").order_by(F("checked_at").asc(nulls_first=True), "pk")
    return list(ordered[:MOST_AT_ONCE])


def _open_refunds(wait: timedelta) -> list[PaymentRefund]:
    now = timezone.now()
    waiting = PaymentRefund.objects.filter(
        Q(state=RefundState.DUE, updated_at__lte=now - wait)
        | Q(state=RefundState.PENDING, updated_at__lte=now - (REFUND_LOOK_AGAIN if wait else wait))
    )
    return list(waiting.select_related("transaction").order_by("updated_at")[:MOST_AT_ONCE])


def _payment_reconcile(purchase: Transaction) -> bool:
    """Look at one payment; that of a purchase which is over is ended, so that it cannot be paid any more."""
    if purchase.status == TransactionStatus.RESERVED:
        payment_begin(purchase=purchase)
    else:
        payment_refresh(purchase=purchase)
    purchase.refresh_from_db()
    ended = purchase.status in (TransactionStatus.EXPIRED, TransactionStatus.CANCELLED, TransactionStatus.FAILED)
    if ended and Payment.objects.filter(transaction=purchase, state=PaymentState.AWAITED).exists():
        intent = provider_asked().intent_cancel(purchase.stripe_payment_intent_id)
        payment_apply(purchase=purchase, intent=intent)
    return True


def _refund_reconcile(refund: PaymentRefund) -> bool:
    if refund.state == RefundState.DUE:
        refund_carry_out(refund=refund)
    else:
        refund_record(refund_pk=refund.pk, seen=provider_asked().refund_read(refund.provider_id))
    return True


def _guarded(done: Round, event: str, action: Callable[[Any], bool], subject: Any) -> bool:
    """Do one thing of a round; what fails is logged and left for the next round, and stops nothing else."""
    try:
        return action(subject)
    except RegistryError as error:
        logger.warning(event, subject=str(subject), code=error.code, reason=error.message)
    except Exception:
        logger.exception(event, subject=str(subject))
    done.failed += 1
    return False
