"""The latest of what somebody bought, gave, received or retired, in their own and their organisations' accounts."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Q

from accounts.models import User
from carboncore.common.quantities import tonnes_from_kg
from transactions.models import HoldingAccount, Transaction


@dataclass(frozen=True)
class OwnTransaction:
    """One transaction, its quantity in tonnes, and the number of its certificate where it has one."""

    row: Transaction
    quantity: Decimal
    certificate: UUID | None


def latest_transactions_of(user: User, *, most: int) -> list[OwnTransaction]:
    """Return the person's latest transactions, the newest first."""
    own = HoldingAccount.objects.filter(
        Q(owner=user) | Q(organisation__in=user.memberships.values("organisation"))
    ).values("pk")
    rows = (
        Transaction.objects.filter(Q(from_account__in=own) | Q(to_account__in=own) | Q(to_user=user))
        .select_related("project", "retirement", "planned_retirement__retirement")
        .defer("project__coordinates")
        .order_by("-pk")[:most]
    )
    return [OwnTransaction(row, tonnes_from_kg(row.quantity_kg), _certificate(row)) for row in rows]


def _certificate(row: Transaction) -> UUID | None:
    retirement = getattr(row, "retirement", None)
    if retirement is None and (planned := getattr(row, "planned_retirement", None)) is not None:
        retirement = planned.retirement
    return retirement.public_id if retirement else None
