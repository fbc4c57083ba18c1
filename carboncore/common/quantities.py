"""Quantities of CO2e: tonnes as decimals at the edges, whole kilograms inside. Never a float.

One credit is one tonne; the smallest unit is one kilogram.
"""

from decimal import Decimal, InvalidOperation

KG_PER_CREDIT = 1000
# 1,000 million tonnes: above any plausible single movement, far below what a bigint of kilograms holds.
MAX_QUANTITY_KG = 10**12


class QuantityInvalid(ValueError):
    """The text or number is not a positive quantity of tonnes with at most three places."""


def kg_from_tonnes(value: Decimal | int | str) -> int:
    """Return a positive quantity of tonnes in kilograms, exactly.

    Raises:
        QuantityInvalid: not a number, not positive, more than three places, or absurdly large.
    """
    if isinstance(value, bool | float):
        raise QuantityInvalid("Give the quantity as a decimal number, e.g. 12.345.")
    try:
        tonnes = Decimal(value)
    except (InvalidOperation, ValueError, TypeError):
        raise QuantityInvalid("Give the quantity as a number of tonnes, e.g. 12.345.") from None
    if not tonnes.is_finite() or tonnes <= 0:
        raise QuantityInvalid("The quantity must be more than 0.")
    if tonnes > MAX_QUANTITY_KG // KG_PER_CREDIT:
        raise QuantityInvalid("The quantity is too large.")
    kilograms = tonnes * KG_PER_CREDIT
    if kilograms != kilograms.to_integral_value():
        raise QuantityInvalid("Use at most three decimal places: the smallest unit is one kilogram.")
    return int(kilograms)


def tonnes_from_kg(kilograms: int) -> Decimal:
    """Return kilograms as tonnes with three places: 1500 → Decimal("1.500")."""
    return Decimal(kilograms).scaleb(-3)
