"""Finding what waits for a second member, for whoever may look at the account that it would leave."""

import uuid

from django.db.models import QuerySet

from accounts.models import User
from carboncore.common.api.cursors import LARGEST_ID
from transactions.errors import ApprovalNotFound
from transactions.models import HoldingAccount, MovementApproval


def approvals_visible_to(user: User) -> QuerySet[MovementApproval]:
    """Return the transfers of the person's organisations, and for who works transactions all; the newest first."""
    accounts = HoldingAccount.objects.visible_to(user).filter(organisation__isnull=False)
    found = MovementApproval.objects.filter(from_account__in=accounts.values("pk"))
    related = ("organisation", "from_account", "to_account", "asked_by", "decided_by", "transaction")
    return found.select_related(*related).order_by("-pk")


def approvals_page(user: User, *, states: list[str], before: int | None, limit: int) -> list[MovementApproval]:
    """Return a page of them: those in one of the states (all, when there are none), with a key below `before`."""
    found = approvals_visible_to(user).filter(pk__lt=before if before is not None else LARGEST_ID)
    return list((found.filter(state__in=states) if states else found)[:limit])


def approval_visible_to(*, user: User, public_id: uuid.UUID) -> MovementApproval:
    """Return one of them.

    Raises:
        ApprovalNotFound: there is none, or the person may not know that there is.
    """
    found = approvals_visible_to(user).filter(public_id=public_id).first()
    if found is None:
        raise ApprovalNotFound
    return found
