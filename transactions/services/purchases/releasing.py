"""Letting reserved credits go: the buyer cancelled, the time is over, or the provider will not take the payment."""

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from transactions.choices import EntryKind, PaymentMethod, PaymentState, TransactionStatus
from transactions.errors import PurchaseStateWrong
from transactions.locks import purchase_lock
from transactions.models import Payment, Transaction
from transactions.services.posting import posting
from transactions.services.purchases.holding import move_reserved, ranges_moved
from transactions.services.purchases.moves import status_move


def reservation_release(*, purchase: Transaction, to: TransactionStatus, actor: User | None) -> None:
    """Free the credits of a locked, reserved purchase and move it to a status.

    Raises:
        AccountNotUsable: the seller's account is frozen or closed.
    """
    if purchase.from_account_id is None:
        raise ValueError("A purchase always names the account that it buys from.")
    with posting(actor=actor, account_ids=[purchase.from_account_id]) as movement:
        reserved = ranges_moved(purchase, EntryKind.RESERVATION)
        move_reserved(movement, purchase, reserved, kind=EntryKind.RELEASE, to_account_id=purchase.from_account_id)
        status_move(purchase, to, completed_at=movement.at)


def unpaid_release(*, purchase_pk: int, to: TransactionStatus, actor: User | None = None) -> Transaction:
    """Free the credits of a purchase that is not paid.

    Raises:
        PurchaseNotFound: there is no such purchase.
        PurchaseStateWrong: it is not reserved any more, or it is paid.
        AccountNotUsable: the seller's account is frozen or closed.
    """
    with transaction.atomic():
        purchase = purchase_lock(purchase_pk)
        if purchase.status != TransactionStatus.RESERVED:
            raise PurchaseStateWrong(f"This purchase is {purchase.get_status_display().lower()} already.")
        if purchase.payment.state == PaymentState.TAKEN:
            raise PurchaseStateWrong("This purchase is paid. Ask for a refund instead.")
        reservation_release(purchase=purchase, to=to, actor=actor)
        _close_without_provider(purchase)
    return purchase


def expired_release(*, purchase_pk: int) -> bool:
    """Free the credits of a purchase whose time is over; returns whether it was, and was not paid.

    Raises:
        PurchaseNotFound: there is no such purchase.
        AccountNotUsable: the seller's account is frozen or closed.
    """
    with transaction.atomic():
        purchase = purchase_lock(purchase_pk)
        over = purchase.expires_at is not None and purchase.expires_at <= timezone.now()
        if not over or purchase.status != TransactionStatus.RESERVED or purchase.payment.state == PaymentState.TAKEN:
            return False
        reservation_release(purchase=purchase, to=TransactionStatus.EXPIRED, actor=None)
        _close_without_provider(purchase)
    return True


def _close_without_provider(purchase: Transaction) -> None:
    """Where there is no provider to ask, nothing more is awaited from it."""
    if purchase.payment_method == PaymentMethod.INVOICE:
        Payment.objects.filter(transaction=purchase).update(state=PaymentState.CLOSED)
