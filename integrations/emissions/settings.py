"""What a data source's settings say about its calculation: calorific value, grid, contract, time zone."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from carboncore.common.errors import InvalidInput

# Of natural gas in Great Britain, to turn a meter's cubic metres into kilowatt hours as suppliers do on their bills.
VOLUME_CORRECTION = Decimal("1.02264")
CALORIFIC_VALUE = Decimal("39.5")
MJ_PER_KWH = Decimal("3.6")

_TIME_ZONES = {"GB": "Europe/London"}
_INSTRUMENTS = ("REGO", "GO", "I-REC", "PPA", "supplier")


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
        grid_region=str(settings.get("grid_region") or country)[:12],
        time_zone=str(zone),
        half_hourly=basis == "half_hourly",
        calorific_value=CALORIFIC_VALUE if calorific is None else number("calorific_value", calorific, "30", "50"),
        calorific_value_given=calorific is not None,
        volume_correction=number(
            "volume_correction", settings.get("volume_correction", str(VOLUME_CORRECTION)), "0.9", "1.2"
        ),
        contract=None if contract is None else _contract(contract, number, errors),
        ai_zone=str(settings["ai_zone"])[:3].upper() if settings.get("ai_zone") else None,
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


def _contract(given: Any, number: Any, errors: dict[str, list[str]]) -> Contract | None:
    if not isinstance(given, Mapping) or given.get("instrument") not in _INSTRUMENTS:
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
    if isinstance(given, bool | float):
        return None
    try:
        found = Decimal(given)
    except (InvalidOperation, TypeError, ValueError):
        return None
    return found if found.is_finite() else None
