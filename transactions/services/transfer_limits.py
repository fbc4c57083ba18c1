"""The one rule of when a transfer needs a second member of the organisation that it leaves.

The limit holds for all that members let go alone within 24 hours, whichever of them, from whichever of its accounts.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Sum
from django.utils import timezone

from accounts.services.organisations import organisation_lock
from carboncore.common.quantities import tonnes_from_kg
from transactions.choices import TransactionStatus, TransactionType
from transactions.errors import ApprovalNeeded
from transactions.models import HoldingAccount, Transaction

WITHIN = timedelta(hours=24)


@dataclass(frozen=True)
class Allowance:
    """What members may let go alone within 24 hours, and what they did; kilograms. No limit: `limit_kg` is None."""

    limit_kg: int | None
    gone_kg: int = 0

    def covers(self, quantity_kg: int) -> bool:
        """Return whether one member may give so much more alone."""
        return self.limit_kg is None or self.gone_kg + quantity_kg <= self.limit_kg


def transfer_allowance(*, from_account: HoldingAccount, to_account: HoldingAccount) -> Allowance:
    """Return what one member may transfer alone between these accounts. What stays in the organisation is not limited.

    Call it inside a transaction: until it ends, nobody else transfers out of the organisation or changes its limit, so
    of two who ask at once the second sees what the first took.
    """
    organisation_id = from_account.organisation_id
    if organisation_id is None or organisation_id == to_account.organisation_id:
        return Allowance(None)
    limit_kg = organisation_lock(pk=organisation_id).transfer_limit_kg
    return Allowance(None) if limit_kg is None else Allowance(limit_kg, _gone_alone_kg(organisation_id))


def transfer_limit_check(*, from_account: HoldingAccount, to_account: HoldingAccount, quantity_kg: int) -> None:
    """Refuse what needs a second member.

    Raises:
        ApprovalNeeded: with what left alone in the last 24 hours it is above the limit of the organisation.
    """
    allowance = transfer_allowance(from_account=from_account, to_account=to_account)
    if not allowance.covers(quantity_kg):
        raise ApprovalNeeded(
            f"{_tonnes(quantity_kg)} t, after {_tonnes(allowance.gone_kg)} t in the last 24 hours, are above the"
            f" {_tonnes(allowance.limit_kg or 0)} t that members may transfer out of this organisation alone. A member"
            " asks for it, and a second one approves."
        )


def _gone_alone_kg(organisation_id: int) -> int:
    """Return what was transferred or offered without a second member. An offer counts from when it was made.

    What came back (declined, withdrawn, expired) counts no more; what a second member approved never did.
    """
    gone = Transaction.objects.filter(
        transaction_type=TransactionType.TRANSFER,
        status__in=[TransactionStatus.RESERVED, TransactionStatus.COMPLETED],
        from_account__organisation=organisation_id,
        created_at__gt=timezone.now() - WITHIN,
        approval__isnull=True,
    ).exclude(to_account__organisation=organisation_id)
    return gone.aggregate(kg=Sum("quantity_kg"))["kg"] or 0


def _tonnes(quantity_kg: int) -> str:
    return f"{tonnes_from_kg(quantity_kg).normalize():,f}"
