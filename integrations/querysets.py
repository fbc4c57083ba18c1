"""Who may look at a data source, and who may change it: the one rule, for every entrance."""

from typing import Any, Self

from django.db import models
from django.db.models import Q

from accounts.choices import MOVING_ROLES


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
