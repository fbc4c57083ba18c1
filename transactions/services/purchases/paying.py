"""Asking the provider about one purchase's money. No database transaction is open while the network is asked.

Whatever is asked was committed before, under a key by which it can be asked again; whatever is answered goes to
`purchase_settle`. So a process may die between any two lines here, and `payments_reconcile` goes on from there.
"""

from datetime import timedelta

import structlog
from django.utils import timezone

from accounts.models import User
from transactions.choices import PaymentMethod, PaymentState, RefundState, TransactionStatus
from transactions.errors import (
    PaymentDeclined,
    PaymentIncomplete,
    PaymentNotFound,
    PaymentRefused,
    PaymentUnavailable,
    PurchaseStateWrong,
    ReservationExpired,
)
from transactions.models import Payment, PaymentRefund, Transaction
from transactions.money import to_minor
from transactions.payments import IntentSnapshot
from transactions.services.purchases.asking import provider_asked
from transactions.services.purchases.refunds import refund_fail, refund_record
from transactions.services.purchases.releasing import expired_release, unpaid_release
from transactions.services.purchases.settling import Settled, purchase_settle

logger = structlog.get_logger(__name__)

# A refund younger than this was asked for at most once, so there is no earlier one to look for.
_FRESH = timedelta(seconds=30)


def payment_begin(*, purchase: Transaction) -> IntentSnapshot | None:
    """Prepare the payment of a reserved purchase at the provider, or find it there; None where it is by invoice.

    Its `client_secret` is what the buyer's browser pays with. It is kept nowhere here.

    Raises:
        PaymentUnavailable: the provider gives no answer; the credits stay reserved, and asking again goes on.
        PaymentRefused: it will not take this payment; the purchase has failed and its credits are free again.
    """
    if purchase.payment_method != PaymentMethod.STRIPE:
        return None
    try:
        intent = _intent_of(purchase)
    except PaymentRefused as error:
        logger.warning("payment_refused", transaction=str(purchase.public_id), reason=error.message)
        if purchase.stripe_payment_intent_id:
            raise  # it exists, so it may be paid: only what it says itself may end the purchase
        unpaid_release(purchase_pk=purchase.pk, to=TransactionStatus.FAILED)
        Payment.objects.filter(transaction=purchase, state=PaymentState.AWAITED).update(state=PaymentState.CLOSED)
        raise
    payment_apply(purchase=purchase, intent=intent)
    return intent


def payment_confirm(*, purchase: Transaction, key: str, payment_method: str = "", return_url: str = "") -> Settled:
    """Settle a purchase that its buyer says is paid, after charging `payment_method` when one is given.

    Raises:
        PaymentDeclined, PaymentIncomplete: it is not paid; nothing has moved, and the buyer may try again.
        ReservationExpired, PurchaseStateWrong: it can no longer be paid.
        PaymentUnavailable, PaymentRefused: the provider gives no answer, or refuses.
    """
    if purchase.payment_method != PaymentMethod.STRIPE:
        raise PurchaseStateWrong("This purchase is paid by invoice; it completes when the money has arrived.")
    intent = _intent_of(purchase)
    if payment_method and not (intent.is_paid or intent.is_over or intent.is_processing):
        _check_payable(purchase)
        try:
            intent = provider_asked().intent_confirm(
                intent.id, key=f"{purchase.public_id}-{key}"[:255], payment_method=payment_method, return_url=return_url
            )
        except PaymentDeclined:
            payment_apply(purchase=purchase, intent=provider_asked().intent_read(intent.id))
            raise
    outcome = payment_apply(purchase=purchase, intent=intent)
    if outcome == Settled.NOT_PAID and not intent.is_processing:
        _check_payable(purchase)
        _say_what_is_missing(intent)
    if outcome == Settled.CLOSED:
        raise PurchaseStateWrong("The payment of this purchase was cancelled. Start a new purchase.")
    return outcome


def payment_refresh(*, purchase: Transaction) -> Settled:
    """Read the payment of a purchase anew and act on it.

    Raises:
        PaymentUnavailable, PaymentRefused, PaymentNotFound: the provider gives no answer, or knows no such payment.
    """
    return payment_apply(purchase=purchase, intent=_intent_of(purchase))


def payment_apply(*, purchase: Transaction, intent: IntentSnapshot) -> Settled:
    """Settle by what the provider said, and carry out a refund that this made due."""
    outcome = purchase_settle(purchase_pk=purchase.pk, intent=intent)
    if outcome == Settled.REFUND_DUE:
        refunds_carry_out(purchase=purchase)
    return outcome


def purchase_cancel(*, actor: User | None, purchase: Transaction) -> Transaction:
    """End a purchase that is not paid, at the buyer's wish: first its payment, so that it cannot be paid after all.

    Raises:
        PurchaseStateWrong: it is paid, being paid, or over.
        PaymentUnavailable: the provider gives no answer; nothing was changed.
    """
    if purchase.status == TransactionStatus.RESERVED and purchase.payment_method == PaymentMethod.STRIPE:
        intent = provider_asked().intent_cancel(_intent_of(purchase).id)
        if intent.is_processing:
            raise PurchaseStateWrong(
                "The bank is working on this payment; it can be cancelled no more. Ask for a refund."
            )
        outcome = payment_apply(purchase=purchase, intent=intent)
        if outcome != Settled.CLOSED:
            raise PurchaseStateWrong("This purchase is paid. Ask for a refund instead.")
        purchase.refresh_from_db()
        return purchase
    return unpaid_release(purchase_pk=purchase.pk, to=TransactionStatus.CANCELLED, actor=actor)


def purchase_expire(*, purchase: Transaction) -> bool:
    """Free the credits of a purchase whose time is over; returns whether they were freed.

    Its payment is ended first, so that nobody pays for nothing. When the provider gives no answer the credits are
    freed all the same, and a late payment is looked after when it shows.
    """
    if purchase.payment_method == PaymentMethod.STRIPE and purchase.stripe_payment_intent_id:
        try:
            intent = provider_asked().intent_cancel(purchase.stripe_payment_intent_id)
        except (PaymentUnavailable, PaymentRefused, PaymentNotFound) as error:
            logger.warning("payment_not_ended", transaction=str(purchase.public_id), reason=error.code)
        else:
            if intent.is_paid:
                payment_apply(purchase=purchase, intent=intent)
                return False
            freed = expired_release(purchase_pk=purchase.pk)
            payment_apply(purchase=purchase, intent=intent)
            return freed
    return expired_release(purchase_pk=purchase.pk)


def refunds_carry_out(*, purchase: Transaction) -> None:
    """Ask the provider for every refund of the purchase that is due; what it cannot do now stays due."""
    for refund in purchase.refunds.filter(state=RefundState.DUE):
        refund_carry_out(refund=refund)


def refund_carry_out(*, refund: PaymentRefund) -> None:
    """Ask the provider to give this money back; asked twice, it is given back once."""
    purchase, key = refund.transaction, str(refund.public_id)
    provider = provider_asked()
    try:
        seen = None
        if timezone.now() - refund.created_at > _FRESH:
            # The provider forgets keys after a day or so, but not the refund itself.
            seen = provider.refund_find(key=key, intent_id=purchase.stripe_payment_intent_id)
        if seen is None:
            seen = provider.refund_create(
                key=key,
                intent_id=purchase.stripe_payment_intent_id,
                amount=to_minor(refund.amount, refund.currency),
            )
    except PaymentUnavailable:
        logger.warning("refund_waits", refund=key, transaction=str(purchase.public_id))
    except (PaymentRefused, PaymentNotFound) as error:
        refund_fail(refund_pk=refund.pk, failure=error.message)
    else:
        refund_record(refund_pk=refund.pk, seen=seen)


def _intent_of(purchase: Transaction) -> IntentSnapshot:
    """Return the purchase's payment; the same one however often it is asked for."""
    provider = provider_asked()
    if purchase.stripe_payment_intent_id:
        return provider.intent_read(purchase.stripe_payment_intent_id)
    if purchase.total_amount is None:
        raise ValueError("A purchase always has a total.")
    return provider.intent_create(
        key=str(purchase.public_id),
        amount=to_minor(purchase.total_amount, purchase.currency),
        currency=purchase.currency,
        purchase_id=str(purchase.public_id),
        description=f"Carbon credits, purchase {purchase.public_id}",
        receipt_email=purchase.guest_email or (purchase.to_user.email if purchase.to_user else ""),
    )


def _check_payable(purchase: Transaction) -> None:
    purchase.refresh_from_db(fields=["status", "expires_at"])
    if purchase.status == TransactionStatus.EXPIRED:
        raise ReservationExpired
    if purchase.status != TransactionStatus.RESERVED:
        raise PurchaseStateWrong(f"This purchase is {purchase.get_status_display().lower()}; it cannot be paid.")
    if purchase.expires_at is not None and purchase.expires_at <= timezone.now():
        raise ReservationExpired


def _say_what_is_missing(intent: IntentSnapshot) -> None:
    if intent.declined:
        raise PaymentDeclined(f"{intent.declined} Try again, or use another way to pay.")
    if intent.status == "requires_action":
        raise PaymentIncomplete("The bank asks the buyer for a further step. Finish it, then confirm again.")
    raise PaymentIncomplete("This purchase is not paid yet. Pay it with its client_secret, then confirm again.")
