"""From one month's sum of a series to its lines: direct, scope 2 by both methods, losses, well-to-tank."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from integrations.choices import ReadingType
from integrations.emission_choices import Basis, Line, Method, UnmatchedReason
from integrations.emissions import arithmetic
from integrations.emissions.activities import NOT_COUNTED, activity_of
from integrations.emissions.ai_usage import ai_lines
from integrations.emissions.book import Choice, FactorBook
from integrations.emissions.electricity import electricity_lines
from integrations.emissions.records import EmissionLine, ReadingTotal, Unmatched
from integrations.emissions.settings import MJ_PER_KWH, CalculationSettings
from integrations.errors import UnitsDiffer
from integrations.units import is_known, ratio

Pins = Mapping[tuple[Any, ...], int]
_AHEAD = (Line.LOSSES, Line.WELL_TO_TANK, Line.WELL_TO_TANK_LOSSES)
_FUELS = (ReadingType.GAS, ReadingType.FUEL)


@dataclass(frozen=True, slots=True)
class Calculation:
    """What all series of a data source are calculated with.

    `provider` is whose language models it tells of; `mappings` are staff's (kind, name) → activity; `pins` hold the
    factors that results have had so far, by `pin_of`.
    """

    book: FactorBook
    settings: CalculationSettings
    provider: str = ""
    mappings: Mapping[tuple[str, str], str] = field(default_factory=dict)
    pins: Pins = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Amount:
    """A quantity ready to be multiplied: `read` of it in `unit`, and how it came from the readings' own unit."""

    read: Decimal
    unit: str
    steps: dict[str, str] = field(default_factory=dict)


def lines_of(total: ReadingTotal, calculation: Calculation) -> list[EmissionLine] | Unmatched:
    """Return the lines that a sum of readings comes to, or why it comes to none.

    Nothing is ever counted as zero for want of a factor.
    """
    if total.reading_type in NOT_COUNTED:
        return []
    if not is_known(total.unit):
        message = f"“{total.unit}” is no unit that is known here; send readings in one such as kWh, m3 or litre."
        return Unmatched(total, total.text, UnmatchedReason.UNKNOWN_UNIT, message)
    if total.reading_type == ReadingType.AI_USAGE:
        return ai_lines(total, calculation.provider, calculation.mappings, calculation.settings.ai_zone)
    name = total.text if activity_of(total.reading_type, "", {}, calculation.book.knows) else total.name
    activity = activity_of(total.reading_type, name, calculation.mappings, calculation.book.knows)
    if activity is None or not calculation.book.knows(activity):
        message = f"No factor is known for “{name}”; staff can say what it means."
        return Unmatched(total, name, UnmatchedReason.NO_ACTIVITY, message)
    amount = _amount(total, activity, calculation.settings)
    chosen = _choices(total, activity, amount, calculation)
    first = Line.LOCATION if activity == "electricity.grid" else Line.DIRECT
    if first not in chosen:
        return _why_not(total, name, activity, calculation)
    if first == Line.LOCATION:
        location = electricity_lines(total, activity, chosen.pop(first), calculation.settings)
    else:
        location = [published_line(total, activity, first, amount, chosen.pop(first))]
    return location + [published_line(total, activity, line, amount, choice) for line, choice in chosen.items()]


def pin_of(
    *, reading_type: str, series: str, name: str, activity: str, unit: str, month: date, line: str
) -> tuple[Any, ...]:
    """Return under what a factor that a result has had so far is remembered."""
    return (reading_type, series, name, activity, unit, month, str(line))


def published_line(
    total: ReadingTotal,
    activity: str,
    line: Line,
    amount: Amount,
    choice: Choice,
) -> EmissionLine:
    """Return the line of a quantity times one published factor."""
    factor = choice.factor
    used = arithmetic.quantity(arithmetic.times(amount.read, choice.ratio))
    return EmissionLine(
        total=total,
        activity=activity,
        line=line,
        method=Method.BOTH,
        basis=Basis.FACTOR,
        scope=factor.scope,
        category=factor.category,
        factor_id=factor.pk,
        quantity=used,
        unit=factor.unit,
        kg_co2e=arithmetic.kilograms(arithmetic.times(used, factor.kg_co2e)),
        reading_ids=total.ids,
        reading_count=total.count,
        inputs=told_inputs(total, factor_text=arithmetic.plain(factor.kg_co2e), choice=choice, steps=amount.steps),
    )


def told_inputs(
    total: ReadingTotal, *, factor_text: str, choice: Choice | None, steps: Mapping[str, str]
) -> dict[str, Any]:
    """Return what a result keeps so that a person can redo it: as text, because JSON's numbers are floats."""
    told: dict[str, Any] = {"read": arithmetic.plain(total.quantity), "read_unit": total.unit, "factor": factor_text}
    if steps:
        told["conversion"] = dict(steps)
    if choice is not None:
        if choice.ratio != 1:
            told["ratio"] = arithmetic.plain(choice.ratio)
        if choice.notes:
            told["notes"] = list(choice.notes)
    return told


def _amount(total: ReadingTotal, activity: str, settings: CalculationSettings) -> Amount:
    if activity == "fuel.natural-gas" and total.reading_type in _FUELS and _is_volume(total.unit):
        cubic_metres = arithmetic.times(total.quantity, ratio(total.unit, "m3"))
        energy = arithmetic.times(cubic_metres, settings.volume_correction, settings.calorific_value) / MJ_PER_KWH
        steps = {
            "cubic_metres": arithmetic.plain(cubic_metres),
            "volume_correction": arithmetic.plain(settings.volume_correction),
            "calorific_value": arithmetic.plain(settings.calorific_value),
            "calorific_value_from": "the data source's settings" if settings.calorific_value_given else "the default",
        }
        return Amount(energy, "kWh", steps)
    return Amount(total.quantity, total.unit)


def _is_volume(unit: str) -> bool:
    try:
        ratio(unit, "m3")
    except UnitsDiffer:
        return False
    return True


def _choices(total: ReadingTotal, activity: str, amount: Amount, calculation: Calculation) -> dict[Line, Choice]:
    country, region = calculation.settings.country, calculation.settings.grid_region
    regions = list(dict.fromkeys((region, country, "*")))
    found: dict[Line, Choice] = {}
    for line in (Line.DIRECT, Line.LOCATION, *_AHEAD):
        pin = calculation.pins.get(
            pin_of(
                reading_type=total.reading_type,
                series=total.series,
                name=total.text,
                activity=activity,
                unit=total.unit,
                month=total.month,
                line=line,
            )
        )
        choice = calculation.book.choose(
            activity=activity, line=line, regions=regions, unit=amount.unit, year=total.month.year, pinned=pin
        )
        if choice is not None:
            found[line] = choice
    return found


def _why_not(total: ReadingTotal, name: str, activity: str, calculation: Calculation) -> Unmatched:
    units = calculation.book.units(activity)
    if not any(_convertible(total.unit, unit) for unit in units):
        message = f"Readings in {total.unit} cannot be multiplied by factors of {activity} per {' or '.join(units)}."
        return Unmatched(total, name, UnmatchedReason.UNIT_MISMATCH, message[:300])
    message = f"No set has a factor of {activity} per {total.unit} for {calculation.settings.country}."
    return Unmatched(total, name, UnmatchedReason.NO_REGION, message[:300])


def _convertible(given: str, wanted: str) -> bool:
    try:
        ratio(given, wanted)
    except UnitsDiffer:
        return False
    return True
