"""Finding a purchase for whoever may see it, and the serial numbers that a transaction moved."""

import uuid

from django.db.models import Q

from accounts.models import User
from carboncore.common.api.statements import fetch_records
from carboncore.common.errors import NotAllowed
from registry.models import Project
from transactions.choices import EntryKind, TransactionStatus, TransactionType
from transactions.errors import AccountNotFound, OfferNotFound, PurchaseNotFound
from transactions.models import HoldingAccount, LedgerLine, Transaction
from transactions.querysets import WORKS_TRANSACTIONS
from transactions.serials import serial_text
from transactions.transitions import SETTLING_KINDS

_DECIDES_SALE = ("id", "status", "published", "minimum_purchase_volume")


def purchase_visible_to(*, user: User | None, public_id: uuid.UUID) -> Transaction:
    """Return a purchase to its buyer or to staff who work transactions; a guest's to whoever knows its address.

    Raises:
        PurchaseNotFound: there is none, or the caller may not know that there is.
    """
    found = Transaction.objects.filter(transaction_type=TransactionType.PURCHASE, public_id=public_id)
    purchase = found.select_related("payment", "to_user", "to_account").first()
    if purchase is None:
        raise PurchaseNotFound
    theirs = bool(purchase.guest_email) or (user is not None and purchase.to_user_id == user.pk)
    if not theirs and not (user is not None and user.has_perm(WORKS_TRANSACTIONS)):
        raise PurchaseNotFound
    return purchase


def project_for_sale(*, pk: int) -> Project | None:
    """Return a project with what decides whether and how it sells; the rest of it is read when somebody asks."""
    found = fetch_records(Project, "WHERE id = %s::bigint", [pk], only=_DECIDES_SALE)
    return found[0] if found else None


def account_usable_by(*, user: User, public_id: uuid.UUID) -> HoldingAccount:
    """Return an account to whoever may move what it holds.

    Raises:
        AccountNotFound: there is none, or the caller may not know that there is.
        NotAllowed: they may look at it, but not move anything.
    """
    account = HoldingAccount.objects.visible_to(user).filter(public_id=public_id).first()
    if account is None:
        raise AccountNotFound
    if not HoldingAccount.objects.movable_by(user).filter(pk=account.pk).exists():
        raise NotAllowed("You may look at this account, but not move what it holds. An owner or trader can.")
    return account


def account_by_address(*, public_id: uuid.UUID) -> HoldingAccount:
    """Return the account that credits are sent to; whoever knows its address may send to it.

    Raises:
        AccountNotFound: there is none.
    """
    account = HoldingAccount.objects.filter(public_id=public_id).first()
    if account is None:
        raise AccountNotFound
    return account


def transaction_serials(*, transaction: Transaction) -> list[str]:
    """Return the serial numbers of what a transaction moved: while it is reserved, of what waits for it."""
    lines = LedgerLine.objects.filter(entry__transaction_link__transaction=transaction)
    reserved = transaction.status == TransactionStatus.RESERVED
    kinds = {EntryKind.RESERVATION} if reserved else SETTLING_KINDS[transaction.transaction_type]
    lines = lines.filter(entry__kind__in=kinds)
    ranges = lines.order_by("entry__batch_id", "first_kg").values_list(
        "entry__batch__serial_root", "first_kg", "end_kg"
    )
    return [serial_text(root=root, first_kg=first_kg, end_kg=end_kg) for root, first_kg, end_kg in ranges]


def offer_visible_to(*, user: User, public_id: uuid.UUID) -> Transaction:
    """Return an offered transfer to whoever may look at one of its two accounts.

    Raises:
        OfferNotFound: there is none, or the person may not know that there is.
    """
    accounts = HoldingAccount.objects.visible_to(user).values("pk")
    offers = Transaction.objects.filter(transaction_type=TransactionType.TRANSFER, expires_at__isnull=False)
    theirs = offers.filter(Q(from_account__in=accounts) | Q(to_account__in=accounts), public_id=public_id)
    offer = theirs.select_related("from_account", "to_account").first()
    if offer is None:
        raise OfferNotFound
    return offer
