"""Units of activity: which are known, and the exact number that turns one into another.

`pint` knows the dimensions and the numbers; nothing that a person writes is ever parsed as an expression, only looked
up in a list. Counted things (passengers, tokens, nights) are dimensions of their own, so that a passenger kilometre is
no kilometre and a room night no night.
"""

from decimal import Decimal
from functools import lru_cache
from typing import Any

import pint

from integrations.errors import UnitsDiffer, UnitUnknown

_REGISTRY: Any = pint.UnitRegistry(None, non_int_type=Decimal)
for _definition in (
    "metre = [length] = m",
    "kilogram = [mass] = kg",
    "second = [time] = s",
    "km = 1000 * metre",
    "mile = 1609.344 * metre",
    "gram = 0.001 * kilogram",
    "tonne = 1000 * kilogram",
    "pound = 0.45359237 * kilogram",
    "short_ton = 907.18474 * kilogram",
    "hour = 3600 * second",
    "day = 86400 * second",
    "m3 = metre ** 3",
    "litre = 0.001 * m3",
    "us_gallon = 3.785411784 * litre",
    "cubic_foot = 0.028316846592 * m3",
    "joule = kilogram * metre ** 2 / second ** 2",
    "MJ = 1e6 * joule",
    "GJ = 1e9 * joule",
    "Wh = 3600 * joule",
    "kWh = 1000 * Wh",
    "MWh = 1e6 * Wh",
    "mmBtu = 1055055852.62 * joule",
    "passenger = [passenger]",
    "room_night = [room_night]",
    "token = [token]",
):
    _REGISTRY.define(_definition)

# Code → (what pint calls it, the spellings that readings and files use besides the code).
_UNITS: dict[str, tuple[str, tuple[str, ...]]] = {
    "kWh": ("kWh", ("kilowatt hour", "kilowatt hours", "kwh/hh")),
    "Wh": ("Wh", ("watt hour", "watt hours")),
    "MWh": ("MWh", ("megawatt hour", "megawatt hours")),
    "MJ": ("MJ", ("megajoule", "megajoules")),
    "GJ": ("GJ", ("gigajoule", "gigajoules")),
    "mmBtu": ("mmBtu", ()),
    "m3": ("m3", ("m³", "m^3", "cubic metre", "cubic metres", "cubic meter", "cubic meters")),
    "ft3": ("cubic_foot", ("ft³", "cubic foot", "cubic feet", "scf")),
    "litre": ("litre", ("l", "litres", "liter", "liters")),
    "gallon_us": ("us_gallon", ("us gallon", "us gallons")),
    "kg": ("kilogram", ("kilogram", "kilograms")),
    "g": ("gram", ("gram", "grams")),
    "tonne": ("tonne", ("t", "tonnes")),
    "lb": ("pound", ("lbs", "pound", "pounds")),
    "short_ton": ("short_ton", ("short ton", "short tons")),
    "km": ("km", ("kilometre", "kilometres", "kilometer", "kilometers")),
    "mile": ("mile", ("miles", "mi")),
    "passenger.km": ("passenger * km", ("passenger km", "passenger-km", "pkm")),
    "passenger.mile": ("passenger * mile", ("passenger mile", "passenger-mile")),
    "tonne.km": ("tonne * km", ("tonne km", "tonne-km", "tkm")),
    "room.night": ("room_night", ("room night", "room nights", "night", "nights")),
    "hour": ("hour", ("hours", "h", "fte hour", "fte hours")),
    "day": ("day", ("days",)),
    "token": ("token", ("tokens", "output_token", "output_tokens", "output tokens")),
}
_CODES = {spelling.lower(): code for code, (_, more) in _UNITS.items() for spelling in (code, *more)}


def is_known(text: str) -> bool:
    """Return whether this names a unit."""
    return text.strip().lower() in _CODES


def unit_code(text: str) -> str:
    """Return the code of the unit that a text names: `cubic metres` is `m3`.

    Raises:
        UnitUnknown: it names none.
    """
    code = _CODES.get(text.strip().lower())
    if code is None:
        raise UnitUnknown(text)
    return code


@lru_cache(maxsize=1024)
def ratio(given: str, wanted: str) -> Decimal:
    """Return how many `wanted` one `given` is, exactly where the number ends and to 28 digits where it does not.

    Raises:
        UnitUnknown: one of them names no unit.
        UnitsDiffer: they measure different things, such as energy and volume.
    """
    first, second = unit_code(given), unit_code(wanted)
    if first == second:
        return Decimal(1)
    try:
        found = _REGISTRY.parse_expression(_UNITS[first][0]).to(_REGISTRY.parse_expression(_UNITS[second][0]).units)
    except pint.DimensionalityError:
        raise UnitsDiffer(first, second) from None
    magnitude = found.magnitude
    return magnitude if isinstance(magnitude, Decimal) else Decimal(magnitude)
