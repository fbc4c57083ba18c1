"""Narrowing organisations to those that somebody may know of."""

from typing import Any, Self

from django.db import models

SEES_ORGANISATIONS = "accounts.view_organisation"
DECIDES = "accounts.approve_organisation"


class OrganisationQuerySet(models.QuerySet[Any]):
    """Organisations, narrowed by visibility."""

    def visible_to(self, user: Any) -> Self:
        """Only those that the person is a member of; all of them for staff who may view organisations."""
        if user.has_perm(SEES_ORGANISATIONS):
            return self
        return self.filter(pk__in=user.memberships.values("organisation_id"))
