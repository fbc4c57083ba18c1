"""Every lock of the ledger. First a purchase or offer, then accounts, then batches, then projects' figures; ascending.

Of transfers out of an organisation with others beside it, one at a time holds the organisation (`transfer_allowance`),
before the batches. It may come before or after the accounts, whose lock is shared and makes no transfer wait.

Two movements that follow the order can wait for each other but never in a circle. Issuance takes its request,
monitoring period and project before these; no movement locks any of the three.
"""

from collections.abc import Iterable

from django.db import connection, transaction

from carboncore.common.api.statements import fetch_records
from transactions.choices import AccountState, TransactionType
from transactions.errors import AccountNotFound, AccountNotUsable, OfferNotFound, PurchaseNotFound
from transactions.models import CreditBatch, HoldingAccount, Transaction

_TRADE_ACCOUNTS = """
    WHERE id IN (
        (SELECT s.id FROM transactions_holdingaccount AS s WHERE s.project_id = %s AND s.kind = 'project_proceeds'),
        (SELECT b.id FROM transactions_holdingaccount AS b
         WHERE b.owner_id = %s AND b.kind = 'holding' AND b.state = 'open' ORDER BY b.id LIMIT 1)
    ) ORDER BY id FOR SHARE
"""


def accounts_lock(pks: Iterable[int]) -> dict[int, HoldingAccount]:
    """Hold these accounts against freezing and closing until the transaction ends; returns them by key.

    A share lock: movements do not wait for each other here, only for whoever freezes an account.

    Raises:
        AccountNotFound: one does not exist.
        AccountNotUsable: one is frozen or closed.
    """
    _require_transaction()
    wanted = sorted(set(pks))
    # In SQL, because the ORM knows no share lock. A row that was being changed is read again once the lock is there.
    rows = fetch_records(HoldingAccount, "WHERE id = ANY(%s) ORDER BY id FOR SHARE", [wanted])
    accounts = {account.pk: account for account in rows}
    if len(accounts) != len(wanted):
        raise AccountNotFound
    _require_open(accounts.values())
    return accounts


def trade_accounts_lock(*, project_id: int, buyer_id: int) -> tuple[HoldingAccount | None, HoldingAccount | None]:
    """Find and hold, as `accounts_lock` does, a project's proceeds account and a person's first open account.

    One that there is not yet is None; no lock is held on what somebody else opens meanwhile.

    Raises:
        AccountNotUsable: one is frozen or closed.
    """
    _require_transaction()
    rows = fetch_records(HoldingAccount, _TRADE_ACCOUNTS, [project_id, buyer_id])
    _require_open(rows)
    seller = next((account for account in rows if account.project_id == project_id), None)
    return seller, next((account for account in rows if account.owner_id == buyer_id), None)


def _require_open(accounts: Iterable[HoldingAccount]) -> None:
    for account in accounts:
        if account.state != AccountState.OPEN:
            raise AccountNotUsable(
                f"Account {account.number} is {account.get_state_display().lower()}; it neither gives nor receives."
            )


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
    return fetch_records(CreditBatch, "WHERE id = %s FOR NO KEY UPDATE", [pk])[0]


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
