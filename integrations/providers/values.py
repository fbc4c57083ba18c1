"""Values of providers' records as quantities and moments, or the reason why they are none."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

_TOO_MUCH = Decimal(10) ** 14  # what a reading's column cannot hold


class NotAValue(ValueError):
    """A value of a record cannot be used; the text says why."""


def quantity_of(value: Any) -> Decimal:
    """Return a JSON number as an exact quantity, not negative.

    Raises:
        NotAValue: it is null, a text, negative or out of all bounds.
    """
    if value is None:
        raise NotAValue("Its quantity is missing.")
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise NotAValue("Its quantity is no number.")
    if value < 0:
        raise NotAValue("Its quantity is negative.")
    if value >= _TOO_MUCH:
        raise NotAValue("Its quantity is too large to be true.")
    return Decimal(value)


def moment_of(text: Any) -> datetime:
    """Return an ISO 8601 time with an offset, in UTC.

    Raises:
        NotAValue: it is none, or has no offset.
    """
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        pass
    raise NotAValue("Its begin or end is no time with an offset.")


def shown(value: Any) -> str:
    """Return what a provider sent as a short text, for the list of rejected records."""
    return str(value)[:60]
