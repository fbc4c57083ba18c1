"""The period, the method and the organisation that a summary is asked for."""

import re
import uuid
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


def asked_inventory(request: Request, user: User) -> Inventory:
    """Return the inventory that a request's parameters ask for.

    Raises:
        InvalidInput: naming the parameter that cannot be used.
        OrganisationNotFound: there is none, or the caller is no member of it.
    """
    query = request.query_params
    last = read_month("to", query["to"]) if "to" in query else timezone.now().date().replace(day=1)
    first = read_month("from", query["from"]) if "from" in query else months_later(last, -11)
    if not first <= last <= months_later(first, _MOST_MONTHS - 1):
        raise InvalidInput({"from": [f"Give a month up to `to`, at most {_MOST_MONTHS} months in all."]})
    method = query.get("method", Method.LOCATION)
    if method not in METHODS:
        raise InvalidInput({"method": ["Give location or market."]})
    text = query.get("organisation", "")
    only_own, organisation = text == ONLY_OWN, None
    if text and not only_own:
        try:
            organisation = uuid.UUID(text)
        except ValueError:
            raise InvalidInput({"organisation": ["Give an organisation's id, or none."]}) from None
    period = Period(first, months_later(last, 1))
    return inventory_of(user=user, period=period, method=method, organisation=organisation, only_own=only_own)
