"""Wallets: the holding accounts of one person, as their owner and the transactions desk find them."""

import uuid

from accounts.errors import PersonNotFound
from accounts.models import User
from transactions.errors import AccountNotFound
from transactions.models import HoldingAccount
from transactions.querysets import WORKS_TRANSACTIONS


def wallet_owner(*, viewer: User, public_id: uuid.UUID) -> User:
    """Return the person whose wallets these are: to themselves, and to staff who work transactions.

    Raises:
        PersonNotFound: there is none, or the viewer may not know of their wallets.
    """
    if viewer.public_id == public_id:
        return viewer
    person = User.objects.filter(public_id=public_id).first() if viewer.has_perm(WORKS_TRANSACTIONS) else None
    if person is None:
        raise PersonNotFound
    return person


def wallet_of(*, viewer: User, owner: uuid.UUID, wallet: uuid.UUID) -> HoldingAccount:
    """Return one wallet of a person.

    Raises:
        PersonNotFound: there is no such person, or the viewer may not know of their wallets.
        AccountNotFound: it is none of theirs.
    """
    found = wallet_owner(viewer=viewer, public_id=owner).holding_accounts.filter(public_id=wallet).first()
    if found is None:
        raise AccountNotFound
    return found
