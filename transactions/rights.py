"""Who may do what with credits: asked by each service itself, before it does anything (`accounts.rights`)."""

from accounts.models import User
from accounts.rights import require_permission
from carboncore.common.errors import NotAllowed, NotFound
from registry.errors import ProjectNotFound
from registry.reach import require_reach
from transactions.models import HoldingAccount
from transactions.querysets import WORKS_TRANSACTIONS

ASKS_ISSUANCE, DECIDES_ISSUANCE = "transactions.add_issuancerequest", "transactions.approve_issuancerequest"
ASKS_REVERSAL, DECIDES_REVERSAL = "transactions.add_reversalrequest", "transactions.approve_reversalrequest"


def require_transactions_work(actor: User, deed: str) -> None:
    """Refuse who does not work transactions; the deed completes “You may not …”.

    Raises:
        NotAllowed: they do not.
    """
    require_permission(actor, WORKS_TRANSACTIONS, deed)


def require_in_reach(project_id: int, actor: User | None, missing: NotFound) -> None:
    """Let nobody at credits of a project that is out of their reach: to them there is no such thing.

    Raises:
        NotFound: `missing`, which says so in the words of what was asked for.
    """
    try:
        require_reach(project_id, actor)
    except ProjectNotFound:
        raise missing from None


def require_acting(actor: User | None, account_id: int) -> None:
    """Refuse who may not give from an account: neither its owner or trader nor staff who work transactions.

    None is the registry itself: what was paid for is delivered, and retired, without anybody at the desk.

    Raises:
        NotAllowed: they may not act for it.
    """
    if actor is not None and not HoldingAccount.objects.movable_by(actor).filter(pk=account_id).exists():
        raise NotAllowed("You may not act for this account. Its owner or a trader can.")
