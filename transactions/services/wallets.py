"""What the owner of a wallet (a holding account of a person) does with it as a whole: name it, and close it."""

from django.db import transaction

from accounts.models import User
from carboncore.audit.services import changes_since, event_record, state_of
from carboncore.common.errors import NotAllowed, StateConflict
from transactions.choices import AccountState
from transactions.locks import account_lock_exclusive
from transactions.models import HoldingAccount
from transactions.querysets import WORKS_TRANSACTIONS
from transactions.services.holding_accounts import account_name_checked, account_require_closable

CLOSED_BY_OWNER, CLOSED_BY_STAFF = "Closed by its owner.", "Closed by staff among the owner's wallets."


def wallet_rename(*, actor: User, pk: int, name: str) -> HoldingAccount:
    """Give a person's account another name.

    Raises:
        InvalidInput: the name is empty, too long or not text.
        NotAllowed: it is not the actor's, who does not work transactions either.
        AccountNotFound: there is none.
        StateConflict: it is closed.
    """
    name = account_name_checked(name)
    with transaction.atomic():
        account = _own_locked(actor, pk)
        if account.state == AccountState.CLOSED:
            raise StateConflict(f"Account {account.number} is closed; it keeps the name it has.")
        before = state_of(account)
        account.name = name
        account.save(update_fields=["name"])
        event_record(action="holding_account.changed", obj=account, actor=actor, changes=changes_since(before, account))
    return account


def wallet_close(*, actor: User, pk: int) -> HoldingAccount:
    """Close for good a person's account that holds, and awaits, nothing that could still move.

    Raises:
        NotAllowed, AccountNotFound: as for naming it.
        StateConflict: it is frozen or closed, still holds active, reserved or buffer credits, or is to receive some.
    """
    with transaction.atomic():
        account = _own_locked(actor, pk)
        if account.state != AccountState.OPEN:
            raise StateConflict(
                f"Account {account.number} is {account.get_state_display().lower()}; only an open one is closed."
            )
        account_require_closable(account)
        account.state = AccountState.CLOSED
        reason = CLOSED_BY_OWNER if account.owner_id == actor.pk else CLOSED_BY_STAFF
        account._change_reason = reason  # type: ignore[attr-defined]  # noqa: SLF001 - history reads it there
        account.save(update_fields=["state"])
        changes = {"state": [AccountState.OPEN, AccountState.CLOSED]}
        event_record(action="holding_account.closed", obj=account, actor=actor, changes=changes, note=reason)
    return account


def _own_locked(actor: User, pk: int) -> HoldingAccount:
    account = account_lock_exclusive(pk)
    if account.owner_id is None or (account.owner_id != actor.pk and not actor.has_perm(WORKS_TRANSACTIONS)):
        raise NotAllowed("This is no wallet of yours.")
    return account
