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
from integrations.selectors.emissions import Period
from integrations.selectors.inventory import Inventory, inventory_of

METHODS = (Method.LOCATION, Method.MARKET)
PERIOD_PARAMETERS = [
    OpenApiParameter("from", OpenApiTypes.STR, description="First month, YYYY-MM; else eleven before the last."),
    OpenApiParameter("to", OpenApiTypes.STR, description="Last month, YYYY-MM; else the present one."),
    OpenApiParameter("method", OpenApiTypes.STR, description="Of scope 2: location (else) or market."),
    OpenApiParameter("organisation", OpenApiTypes.UUID, description="Only this organisation's data sources."),
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


def months_later(month: date, months: int) -> date:
    """Return the first day of the month that is so many later, or earlier."""
    place = month.year * 12 + month.month - 1 + months
    return date(place // 12, place % 12 + 1, 1)


def asked_inventory(request: Request, user: User) -> Inventory:
    """Return the inventory that a request's parameters ask for.

    Raises:
        InvalidInput: naming the parameter that cannot be used; an organisation that is not the caller's has nothing.
    """
    query = request.query_params
    last = read_month("to", query["to"]) if "to" in query else timezone.now().date().replace(day=1)
    first = read_month("from", query["from"]) if "from" in query else months_later(last, -11)
    if not first <= last <= months_later(first, _MOST_MONTHS - 1):
        raise InvalidInput({"from": [f"Give a month up to `to`, at most {_MOST_MONTHS} months in all."]})
    method = query.get("method", Method.LOCATION)
    if method not in METHODS:
        raise InvalidInput({"method": ["Give location or market."]})
    organisation = None
    if "organisation" in query:
        try:
            organisation = uuid.UUID(query["organisation"])
        except ValueError:
            raise InvalidInput({"organisation": ["Give an organisation's id."]}) from None
    period = Period(first, months_later(last, 1))
    return inventory_of(user=user, period=period, method=method, organisation=organisation)
