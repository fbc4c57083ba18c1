"""How the public pages write quantities."""

from decimal import Decimal

from django import template

register = template.Library()


@register.filter
def tonnes(value: str | Decimal | int) -> str:
    """Return tonnes with narrow spaces between thousands and without places that are all zero: `12 345.25`."""
    whole, _, places = f"{Decimal(value):,.3f}".partition(".")
    places = "" if places == "000" else f".{places}"
    return whole.replace(",", "\N{NARROW NO-BREAK SPACE}") + places
