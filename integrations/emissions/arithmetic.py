"""Rounding, and the version of the engine that results name.

Quantities are rounded to nine places after conversion and kilograms to six, each once and half up; whoever multiplies
the quantity that a result shows by the factor that it names gets the result. Answers show three places.
"""

from decimal import ROUND_HALF_UP, Context, Decimal

# Raised whenever the same readings and factors would come to another result or be told otherwise.
ENGINE_VERSION = "1.0"
KG_PLACES = Decimal("0.000001")
QUANTITY_PLACES = Decimal("0.000000001")
SHOWN_PLACES = Decimal("0.001")
_EXACT = Context(prec=60, rounding=ROUND_HALF_UP)


def kilograms(value: Decimal) -> Decimal:
    """Return kilograms of CO2e with six places, as results keep them."""
    return value.quantize(KG_PLACES, context=_EXACT)


def quantity(value: Decimal) -> Decimal:
    """Return an activity's quantity with nine places, as results keep it."""
    return value.quantize(QUANTITY_PLACES, context=_EXACT)


def shown(value: Decimal) -> Decimal:
    """Return kilograms with the three places that answers and reports show."""
    return value.quantize(SHOWN_PLACES, context=_EXACT)


def times(*values: Decimal) -> Decimal:
    """Return the product, exact to 60 digits."""
    product = Decimal(1)
    for value in values:
        product = _EXACT.multiply(product, value)
    return product


def plain(value: Decimal) -> str:
    """Return a number without an exponent and without zeros at its end."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
