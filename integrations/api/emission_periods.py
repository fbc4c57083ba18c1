"""The period, the method and the organisation that a summary is asked for."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from accounts.models import User
from carboncore.common.errors import InvalidInput
from integrations.emission_choices import Method
from integrations.selectors.emissions import Period, months_later
from integrations.selectors.inventory import Inventory, inventory_of

ONLY_OWN = "none"
METHODS = (Method.LOCATION, Method.MARKET)
PERIOD_PARAMETERS = [
    OpenApiParameter("from", OpenApiTypes.STR, description="First month, YYYY-MM; else eleven before the last."),
    OpenApiParameter("to", OpenApiTypes.STR, description="Last month, YYYY-MM; else the present one."),
    OpenApiParameter("method", OpenApiTypes.STR, description="Of scope 2: location (else) or market."),
    OpenApiParameter(
        "organisation",
        OpenApiTypes.STR,
        description="Only this organisation's data sources, by its id; `none` for one's own alone; else all one sees.",
    ),
]
_MOST_MONTHS = 120


def read_month(name: str, text: str) -> date:
    """Return the first day of the month that a text such as 2025-03 names.

    Raises:
        InvalidInput: on `name`.
    """
    if not re.fullmatch(r"(19[9][0-9]|20[0-9]{2}|21[0-9]{2})-(0[1-9]|1[0-2])", text):
        raise InvalidInput({name: ["Give a month as YYYY-MM, for example 2025-03."]})
    return date(int(text[:4]), int(text[5:]), 1)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which inventory is asked for: months, whose scope 2, and an organisation's or only the person's own if so."""

    period: Period
    method: str
    organisation: uuid.UUID | None
    only_own: bool

    def inventory(self, user: User) -> Inventory:
        """Return that inventory.

        Raises:
            OrganisationNotFound: there is no such organisation, or the person is no member of it.
        """
        return inventory_of(
            user=user,
            period=self.period,
            method=self.method,
            organisation=self.organisation,
            only_own=self.only_own,
        )


def read_asked(query: Mapping[str, str], *, latest: date) -> Asked:
    """Return what a query asks for; where it names no month, the twelve up to `latest`.

    Raises:
        InvalidInput: naming the parameter that cannot be used.
    """
    last = read_month("to", query["to"]) if query.get("to") else latest
    first = read_month("from", query["from"]) if query.get("from") else months_later(last, -11)
    if not first <= last <= months_later(first, _MOST_MONTHS - 1):
        raise InvalidInput({"from": [f"Give a month up to `to`, at most {_MOST_MONTHS} months in all."]})
    method = query.get("method") or Method.LOCATION
    if method not in METHODS:
        raise InvalidInput({"method": ["Give location or market."]})
    text = query.get("organisation", "")
    only_own, organisation = text == ONLY_OWN, None
    if text and not only_own:
        try:
            organisation = uuid.UUID(text)
        except ValueError:
            raise InvalidInput({"organisation": ["Give an organisation's id, or none."]}) from None
    return Asked(Period(first, months_later(last, 1)), method, organisation, only_own)


def asked_inventory(request: Request, user: User) -> Inventory:
    """Return the inventory that a request's parameters ask for; twelve months up to the present one if they name none.

    Raises:
        InvalidInput: naming the parameter that cannot be used.
        OrganisationNotFound: there is none, or the caller is no member of it.
    """
    return read_asked(request.query_params, latest=present_month()).inventory(user)


def present_month() -> date:
    """Return the first day of the month that it is now (UTC)."""
    return timezone.now().date().replace(day=1)
