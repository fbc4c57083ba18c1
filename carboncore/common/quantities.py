"""Quantities of CO2e: tonnes as decimals at the edges, whole kilograms inside. Never a float.

One credit is one tonne; the smallest unit is one kilogram.
"""

import re
from decimal import Decimal, InvalidOperation

KG_PER_CREDIT = 1000
# 1,000 million tonnes: above any plausible single movement, far below what a bigint of kilograms holds.
MAX_QUANTITY_KG = 10**12
_KILOGRAM = Decimal("0.001")
# Python's own reader also takes "1_000" and the digits of every script.
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?\Z")


class QuantityInvalid(ValueError):
    """The text or number is not a positive quantity of tonnes with at most three places."""


def kg_from_tonnes(value: Decimal | int | str) -> int:
    """Return a positive quantity of tonnes in kilograms, exactly.

    Raises:
        QuantityInvalid: not a number, not positive, more than three places, or absurdly large.
    """
    if isinstance(value, bool | float):
        raise QuantityInvalid("Give the quantity as a decimal number, e.g. 12.345.")
    if isinstance(value, str) and not _NUMBER.match(value.strip()):
        raise QuantityInvalid("Give the quantity as a number of tonnes with a decimal point, e.g. 12.345.")
    try:
        tonnes = Decimal(value)
    except (InvalidOperation, ValueError, TypeError):
        raise QuantityInvalid("Give the quantity as a number of tonnes, e.g. 12.345.") from None
    if not tonnes.is_finite() or tonnes <= 0:
        raise QuantityInvalid("The quantity must be more than 0.")
    if tonnes > MAX_QUANTITY_KG // KG_PER_CREDIT:
        raise QuantityInvalid("The quantity is too large.")
    whole = tonnes.quantize(_KILOGRAM)
    if whole != tonnes:
        raise QuantityInvalid("Use at most three decimal places: the smallest unit is one kilogram.")
    return int(whole * KG_PER_CREDIT)


def tonnes_from_kg(kilograms: int) -> Decimal:
    """Return kilograms as tonnes with three places: 1500 → Decimal("1.500")."""
    return Decimal(kilograms).scaleb(-3)
