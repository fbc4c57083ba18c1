"""What a data source's settings say about its calculation: calorific value, grid, contract, time zone."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from carboncore.common.countries import country_code_of
from carboncore.common.errors import InvalidInput

# Of natural gas in Great Britain, to turn a meter's cubic metres into kilowatt hours as suppliers do on their bills.
VOLUME_CORRECTION = Decimal("1.02264")
CALORIFIC_VALUE = Decimal("39.5")
MJ_PER_KWH = Decimal("3.6")

# What a data source may set about its calculation.
NAMES = frozenset(
    {
        *("time_zone", "grid_basis", "grid_region", "calorific_value", "volume_correction", "electricity_contract"),
        "ai_zone",
    }
)
_TIME_ZONES = {"GB": "Europe/London"}
_INSTRUMENTS = ("REGO", "GO", "I-REC", "PPA", "supplier")
_CONTRACT = frozenset({"instrument", "share", "kg_per_kwh"})
_REGION = re.compile(r"[A-Z0-9]{1,9}")
_WORLD = "WOR"  # what EcoLogits calls the world's average


@dataclass(frozen=True, slots=True)
class Contract:
    """What a contract says about the electricity that it covers: `share` (0 to 1) of it, at `kg_per_kwh`."""

    instrument: str
    share: Decimal
    kg_per_kwh: Decimal


@dataclass(frozen=True, slots=True)
class CalculationSettings:
    """How a data source is calculated; what is not set has its default here."""

    country: str
    grid_region: str
    time_zone: str = "UTC"
    half_hourly: bool = True
    calorific_value: Decimal = CALORIFIC_VALUE
    calorific_value_given: bool = False
    volume_correction: Decimal = VOLUME_CORRECTION
    contract: Contract | None = None
    ai_zone: str | None = None


def calculation_settings(*, country: str, settings: Mapping[str, Any]) -> CalculationSettings:
    """Read what a connection's `settings` say about calculating.

    Raises:
        InvalidInput: naming each setting that cannot be used and what to give.
    """
    errors: dict[str, list[str]] = {}

    def number(name: str, given: Any, least: str, most: str) -> Decimal:
        found = _decimal(given)
        if found is None or not Decimal(least) <= found <= Decimal(most):
            errors[name] = [f"Give a decimal number as text, from {least} to {most}."]
            return Decimal(least)
        return found

    zone = settings.get("time_zone", _TIME_ZONES.get(country, "UTC"))
    if not _is_time_zone(zone):
        errors["time_zone"] = ["Give a time zone's name, such as Europe/London."]
    basis = settings.get("grid_basis", "half_hourly")
    if basis not in ("half_hourly", "annual"):
        errors["grid_basis"] = ["Give half_hourly or annual."]
    calorific = settings.get("calorific_value")
    contract = settings.get("electricity_contract")
    made = CalculationSettings(
        country=country,
        grid_region=_grid_region(settings.get("grid_region"), country, errors),
        time_zone=str(zone),
        half_hourly=basis == "half_hourly",
        calorific_value=CALORIFIC_VALUE if calorific is None else number("calorific_value", calorific, "30", "50"),
        calorific_value_given=calorific is not None,
        volume_correction=number(
            "volume_correction", settings.get("volume_correction", str(VOLUME_CORRECTION)), "0.9", "1.2"
        ),
        contract=None if contract is None else _contract(contract, number, errors),
        ai_zone=_ai_zone(settings.get("ai_zone"), errors),
    )
    if errors:
        raise InvalidInput(errors, message="The data source's settings for calculating emissions need a correction.")
    return made


def _is_time_zone(name: Any) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, TypeError, OSError):
        return False
    return True


def _grid_region(given: Any, country: str, errors: dict[str, list[str]]) -> str:
    """Return the region of the grid: the country itself, or a part of it, whose name begins with the country's."""
    if given is None or given == country:
        return country
    head, _, part = given.partition("-") if isinstance(given, str) else ("", "", "")
    if head != country or not _REGION.fullmatch(part):
        errors["grid_region"] = [f"Give {country} or a region of it, such as GB-13 or US-CAMX."]
    return f"{head}-{part}"


def _ai_zone(given: Any, errors: dict[str, list[str]]) -> str | None:
    if given is None:
        return None
    zone = given.upper() if isinstance(given, str) else ""
    if len(zone) != 3 or not (zone == _WORLD or country_code_of(zone)):
        errors["ai_zone"] = [f"Give a country's three letters (ISO 3166-1 alpha-3), such as GBR, or {_WORLD}."]
    return zone


def _contract(given: Any, number: Any, errors: dict[str, list[str]]) -> Contract | None:
    if not isinstance(given, Mapping) or not given.keys() <= _CONTRACT or given.get("instrument") not in _INSTRUMENTS:
        errors["electricity_contract"] = [
            f"Give an object with instrument (one of {', '.join(_INSTRUMENTS)}), share (0 to 1) and kg_per_kwh."
        ]
        return None
    return Contract(
        instrument=given["instrument"],
        share=number("electricity_contract.share", given.get("share", "1"), "0", "1"),
        kg_per_kwh=number("electricity_contract.kg_per_kwh", given.get("kg_per_kwh", "0"), "0", "3"),
    )


def _decimal(given: Any) -> Decimal | None:
    # A number of JSON is none: stored and read again it would be a float.
    if isinstance(given, bool | float | Decimal):
        return None
    try:
        found = Decimal(given)
    except (InvalidOperation, TypeError, ValueError):
        return None
    return found if found.is_finite() else None
