"""What approving an issuance request would do: the figures that whoever decides has to see."""

from dataclasses import dataclass
from decimal import ROUND_CEILING
from typing import Any

from django.db.models import QuerySet

from transactions.admin.fields import tonnes
from transactions.choices import RequestState
from transactions.errors import IssuanceNotPossible
from transactions.models import IssuanceRequest
from transactions.services.issuance_checks import check_ready, plausible_kg


@dataclass(frozen=True)
class IssuancePreview:
    """A request with the shares it would be split into (kilograms) and what stands against it."""

    request: IssuanceRequest
    buffer_kg: int
    plausible_kg: int | None

    @property
    def is_above_plausible(self) -> bool | None:
        """Whether more is asked than the stated absorption explains; None where that cannot be said."""
        return None if self.plausible_kg is None else self.request.quantity_kg > self.plausible_kg

    @property
    def figures(self) -> list[tuple[str, str]]:
        """Each figure in tonnes, with what it is."""
        period, percentage = self.request.monitoring_period, self.request.project.buffer_percentage.normalize()
        told = [
            (tonnes(self.request.quantity_kg), "t asked for"),
            (tonnes(self.request.quantity_kg - self.buffer_kg), "t to the project's proceeds"),
            (tonnes(self.buffer_kg), f"t to the buffer pool ({percentage:f} %)"),
        ]
        if period is not None and period.verified_kg is not None:
            told.append((tonnes(period.verified_kg), "t verified for the period"))
        if self.plausible_kg is not None:
            told.append((tonnes(self.plausible_kg), "t that the stated absorption explains"))
        return told

    @property
    def obstacles(self) -> list[str]:
        """What has to be settled before it can be approved."""
        if self.request.state != RequestState.PENDING:
            return []
        try:
            check_ready(self.request)
        except IssuanceNotPossible as error:
            return [error.message]
        return []


def issuance_preview(request: IssuanceRequest) -> IssuancePreview:
    """Return what approving the request would do; no query where its project and period were fetched with it."""
    project, period = request.project, request.monitoring_period
    share = (request.quantity_kg * project.buffer_percentage / 100).to_integral_value(ROUND_CEILING)
    return IssuancePreview(request, int(share), plausible_kg(project, period) if period is not None else None)


def requests_waiting_for(user: Any, requests: QuerySet[IssuanceRequest]) -> QuerySet[IssuanceRequest]:
    """Narrow to the pending requests that somebody else made."""
    return requests.filter(state=RequestState.PENDING).exclude(requested_by_id=user.pk)
