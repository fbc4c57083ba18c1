"""Scope 2 electricity by both methods of the GHG Protocol: the grid's average, and what contracts say."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from integrations.emission_choices import Basis, Line, Method
from integrations.emissions import arithmetic
from integrations.emissions.book import Choice
from integrations.emissions.records import EmissionLine, ReadingTotal
from integrations.emissions.settings import CalculationSettings
from integrations.units import ratio

_GRAMS = Decimal(1000)
_NO_INSTRUMENT = (
    "No contractual instrument is recorded and the residual mix is not known, so the market-based figure is the grid"
    " average."
)
_CO2_ONLY = "The grid's half-hourly intensity counts CO2 of generation only, not methane or nitrous oxide."


def electricity_lines(
    total: ReadingTotal, activity: str, choice: Choice, settings: CalculationSettings
) -> list[EmissionLine]:
    """Return the location-based lines, by half hours where their intensity is known, and the market-based one."""
    lines = []
    if settings.half_hourly and total.covered_count:
        lines.append(_half_hourly(total, activity, settings))
    counted = settings.half_hourly and total.covered_count
    rest = total.quantity - total.covered_quantity if counted else total.quantity
    rest_count = total.count - total.covered_count if counted else total.count
    if rest_count:
        lines.append(
            _annual(total, activity, choice, rest, count=rest_count, ids=total.other_ids if counted else total.ids)
        )
    return [*lines, _market(total, activity, choice, settings)]


def _annual(total: ReadingTotal, activity: str, choice: Choice, read: Decimal, *, count: int, ids: str) -> EmissionLine:
    used = arithmetic.quantity(arithmetic.times(read, choice.ratio))
    return EmissionLine(
        **_common(total, activity, used, ids, count),
        line=Line.LOCATION,
        method=Method.LOCATION,
        basis=Basis.FACTOR,
        factor_id=choice.factor.pk,
        kg_co2e=arithmetic.kilograms(arithmetic.times(used, choice.factor.kg_co2e)),
        inputs=_told(total, read, choice.ratio, {"factor": arithmetic.plain(choice.factor.kg_co2e)}, choice.notes),
    )


def _half_hourly(total: ReadingTotal, activity: str, settings: CalculationSettings) -> EmissionLine:
    to_kwh = ratio(total.unit, "kWh")
    used = arithmetic.quantity(arithmetic.times(total.covered_quantity, to_kwh))
    grams = arithmetic.times(total.weighted, to_kwh)
    told = {
        "grams": arithmetic.plain(grams),
        "average_g_per_kwh": arithmetic.plain(arithmetic.shown(grams / used)) if used else "0",
        "grid_region": settings.grid_region,
    }
    return EmissionLine(
        **_common(total, activity, used, total.covered_ids, total.covered_count),
        line=Line.LOCATION,
        method=Method.LOCATION,
        basis=Basis.HALF_HOURLY,
        factor_id=None,
        kg_co2e=arithmetic.kilograms(grams / _GRAMS),
        inputs=_told(total, total.covered_quantity, to_kwh, told, (_CO2_ONLY,)),
    )


def _market(total: ReadingTotal, activity: str, choice: Choice, settings: CalculationSettings) -> EmissionLine:
    used = arithmetic.quantity(arithmetic.times(total.quantity, choice.ratio))
    grid = choice.factor.kg_co2e
    contract = settings.contract
    told = {"factor": arithmetic.plain(grid)}
    if contract is None:
        basis, notes = Basis.GRID_AVERAGE, (_NO_INSTRUMENT, *choice.notes)
        exact = arithmetic.times(used, grid)
    else:
        basis, notes = Basis.CONTRACT, choice.notes
        told |= {
            "instrument": contract.instrument,
            "share": arithmetic.plain(contract.share),
            "contract_factor": arithmetic.plain(contract.kg_per_kwh),
        }
        exact = arithmetic.times(used, contract.share, contract.kg_per_kwh) + arithmetic.times(
            used, 1 - contract.share, grid
        )
    return EmissionLine(
        **_common(total, activity, used, total.ids, total.count),
        line=Line.MARKET,
        method=Method.MARKET,
        basis=basis,
        factor_id=choice.factor.pk,
        kg_co2e=arithmetic.kilograms(exact),
        inputs=_told(total, total.quantity, choice.ratio, told, notes),
    )


def _common(total: ReadingTotal, activity: str, used: Decimal, ids: str, count: int) -> dict[str, Any]:
    return {
        "total": total,
        "activity": activity,
        "scope": 2,
        "category": None,
        "quantity": used,
        "unit": "kWh",
        "reading_ids": ids,
        "reading_count": count,
    }


def _told(
    total: ReadingTotal, read: Decimal, found: Decimal, more: Mapping[str, str], notes: tuple[str, ...]
) -> dict[str, Any]:
    told: dict[str, Any] = {"read": arithmetic.plain(read), "read_unit": total.unit, **more}
    if found != 1:
        told["ratio"] = arithmetic.plain(found)
    if notes:
        told["notes"] = list(notes)
    return told
