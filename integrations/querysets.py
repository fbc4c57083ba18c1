"""Who may look at a data source or an offset, and who may change it: the one rule, for every entrance."""

from typing import Any, Self

from django.db import models
from django.db.models import Q

from accounts.choices import MOVING_ROLES
from transactions.choices import TransactionStatus

# Of a purchase that may still be paid.
AWAITED_STATUSES = (TransactionStatus.PENDING, TransactionStatus.RESERVED)
_RETIRED = Q(retirement__isnull=False) | Q(purchase__planned_retirement__retirement__isnull=False)


class ConnectionQuerySet(models.QuerySet[Any]):
    """Data sources, narrowed by what a person may do with them."""

    def visible_to(self, user: Any) -> Self:
        """Only the person's own and those of organisations they belong to; never those of others, staff or not."""
        return self.filter(Q(owner=user) | Q(organisation__in=user.memberships.values("organisation")))

    def changeable_by(self, user: Any) -> Self:
        """Only the person's own, and those of organisations that they own or trade for."""
        acting = user.memberships.filter(role__in=MOVING_ROLES)
        return self.filter(Q(owner=user) | Q(organisation__in=acting.values("organisation")))

    def connected(self) -> Self:
        """Only those that were not disconnected."""
        return self.filter(disconnected_at__isnull=True)


class EmissionsOffsetQuerySet(models.QuerySet[Any]):
    """Offsets, narrowed by who may see them and by whether they count."""

    def visible_to(self, user: Any) -> Self:
        """Only those of the person's own inventory and of organisations they belong to; never others', staff or not."""
        return self.filter(Q(owner=user) | Q(organisation__in=user.memberships.values("organisation")))

    def standing(self) -> Self:
        """Only those whose credits are retired, or will be once their purchase is paid."""
        return self.filter(_RETIRED | Q(purchase__status__in=AWAITED_STATUSES))

    def lapsed(self) -> Self:
        """Only those whose purchase ended without a retirement, which money that comes late could still bring about."""
        ended = self.filter(purchase__isnull=False, purchase__planned_retirement__withdrawn_at__isnull=True)
        return ended.exclude(_RETIRED).exclude(purchase__status__in=AWAITED_STATUSES)

    def with_ends(self) -> Self:
        """Read along what their status follows from."""
        return self.select_related(
            "owner", "organisation", "retirement", "purchase__planned_retirement__retirement", "purchase__project"
        ).defer("report", "purchase__project__coordinates")
