"""Who may look at an account, and who may move what it holds: the one rule, for every entrance."""

from typing import Any, Self

from django.db import models
from django.db.models import Q

from accounts.choices import MOVING_ROLES, OrganisationState

WORKS_TRANSACTIONS = "accounts.work_transactions"


class HoldingAccountQuerySet(models.QuerySet[Any]):
    """Holding accounts, narrowed by what a person may do with them."""

    def visible_to(self, user: Any) -> Self:
        """Only those that the person owns or whose organisation they belong to; all for who works transactions."""
        if user.has_perm(WORKS_TRANSACTIONS):
            return self
        return self.filter(Q(owner=user) | Q(organisation__in=user.memberships.values("organisation")))

    def movable_by(self, user: Any) -> Self:
        """Only those from which the person may give; all for who works transactions."""
        return self if user.has_perm(WORKS_TRANSACTIONS) else self.held_for(user)

    def held_for(self, user: Any) -> Self:
        """Only those of the person, and of approved organisations that they own or trade for, whatever their role."""
        trading = user.memberships.filter(role__in=MOVING_ROLES, organisation__state=OrganisationState.APPROVED)
        return self.filter(Q(owner=user) | Q(organisation__in=trading.values("organisation")))
