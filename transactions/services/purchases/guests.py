"""Whose account bought credits go to: the buyer's own, or one that waits for the owner of a guest's e-mail."""

from django.db import transaction

from accounts.identifiers import email_kept
from accounts.models import User
from carboncore.audit.services import event_record
from carboncore.common.errors import InvalidInput
from transactions.choices import AccountKind, AccountState
from transactions.locks import account_lock_exclusive
from transactions.models import HoldingAccount
from transactions.services.holding_accounts import account_opened


def buyer_account(*, user: User) -> HoldingAccount:
    """Return the person's first open holding account, opening one if they have none; call inside a transaction."""
    held = HoldingAccount.objects.filter(owner=user, kind=AccountKind.HOLDING, state=AccountState.OPEN).order_by("pk")
    account = held.first()
    if account is None:
        # Two first purchases at once wait for each other here, so that one account is opened and not two.
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        account = held.first()
    if account is None:
        account = HoldingAccount.objects.create(
            name=(user.full_name or user.email)[:255], owner=user, kind=AccountKind.HOLDING
        )
        account_opened(account=account)
    return account


def guest_account(*, email: str) -> HoldingAccount:
    """Return the account that waits for the owner of this e-mail, opening it the first time.

    Raises:
        InvalidInput: this is no e-mail.
    """
    email = guest_email_checked(email)
    account, is_new = HoldingAccount.objects.get_or_create(
        claim_email=email, owner=None, defaults={"name": "Guest purchases", "kind": AccountKind.HOLDING}
    )
    if is_new:
        account_opened(account=account)
    return account


def guest_accounts_claim(*, user: User) -> list[HoldingAccount]:
    """Give a person the accounts that wait for their e-mail; call this once they have proved that it is theirs."""
    with transaction.atomic():
        waiting = HoldingAccount.objects.filter(claim_email=user.email, owner__isnull=True).order_by("pk")
        claimed = []
        for pk in waiting.values_list("pk", flat=True):
            account = account_lock_exclusive(pk)
            if account.owner_id is None:
                account.owner = user
                account.save(update_fields=["owner"])
                event_record(action="purchases.claimed", obj=account, actor=user, changes={"owner": [None, user.pk]})
                claimed.append(account)
    return claimed


def guest_email_checked(email: str) -> str:
    """Return an e-mail in the form that accounts keep it in, so that its owner finds the credits.

    Raises:
        InvalidInput: on `guest_email`.
    """
    try:
        return email_kept(email)
    except ValueError:
        raise InvalidInput({"guest_email": ["Give an e-mail address; the credits wait for its owner."]}) from None
