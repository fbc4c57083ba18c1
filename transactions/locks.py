"""Every lock of the ledger. First a purchase or offer, then accounts, then batches, then projects' figures; ascending.

Two movements that follow the order can wait for each other but never in a circle. Issuance takes its request,
monitoring period and project before these; no movement locks any of the three.
"""

from collections.abc import Iterable

from django.db import connection, transaction

from transactions.choices import AccountState, TransactionType
from transactions.errors import AccountNotFound, AccountNotUsable, OfferNotFound, PurchaseNotFound
from transactions.models import CreditBatch, HoldingAccount, Transaction


def accounts_lock(pks: Iterable[int]) -> dict[int, HoldingAccount]:
    """Hold these accounts against freezing and closing until the transaction ends; returns them by key.

    A share lock: movements do not wait for each other here, only for whoever freezes an account.

    Raises:
        AccountNotFound: one does not exist.
        AccountNotUsable: one is frozen or closed.
    """
    _require_transaction()
    wanted = sorted(set(pks))
    # Raw, because the ORM knows no share lock. A row that was being changed is read again once the lock is there.
    rows = HoldingAccount.objects.raw(
        "SELECT * FROM transactions_holdingaccount WHERE id = ANY(%s) ORDER BY id FOR SHARE", [wanted]
    )
    accounts = {account.pk: account for account in rows}
    if len(accounts) != len(wanted):
        raise AccountNotFound
    for account in accounts.values():
        if account.state != AccountState.OPEN:
            raise AccountNotUsable(
                f"Account {account.number} is {account.get_state_display().lower()}; it neither gives nor receives."
            )
    return accounts


def account_lock_exclusive(pk: int) -> HoldingAccount:
    """Return the account with its row locked against every movement and every other change.

    Raises:
        AccountNotFound: there is none.
    """
    _require_transaction()
    account = HoldingAccount.objects.select_for_update(of=("self",)).filter(pk=pk).first()
    if account is None:
        raise AccountNotFound
    return account


def batch_lock(pk: int) -> CreditBatch:
    """Return the batch, locked: one movement of a batch at a time, as its hash chain needs anyway."""
    _require_transaction()
    return CreditBatch.objects.select_for_update(of=("self",), no_key=True).get(pk=pk)


def purchase_lock(pk: int) -> Transaction:
    """Return the purchase, locked: of all who would settle, release or refund it, one at a time.

    Raises:
        PurchaseNotFound: there is none.
    """
    _require_transaction()
    purchases = Transaction.objects.filter(transaction_type=TransactionType.PURCHASE)
    purchase = purchases.select_for_update(of=("self",), no_key=True).filter(pk=pk).first()
    if purchase is None:
        raise PurchaseNotFound
    return purchase


def offer_lock(pk: int) -> Transaction:
    """Return the offered transfer, locked: of all who would accept, decline, withdraw or expire it, one at a time.

    Raises:
        OfferNotFound: there is none.
    """
    _require_transaction()
    offers = Transaction.objects.filter(transaction_type=TransactionType.TRANSFER, expires_at__isnull=False)
    offer = offers.select_for_update(of=("self",), no_key=True).filter(pk=pk).first()
    if offer is None:
        raise OfferNotFound
    return offer


def _require_transaction() -> None:
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("A lock outside a transaction protects nothing.")
