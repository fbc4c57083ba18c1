"""The arithmetic of a result in words and numbers, so that a person with a calculator comes to the same kilograms."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from integrations.emission_choices import Basis
from integrations.emissions.arithmetic import plain

ROUNDING = (
    "Quantities are rounded to nine decimal places after conversion, kilograms to six, each once and half up; answers"
    " show kilograms with three."
)


def steps(
    *, basis: str, quantity: Decimal, unit: str, kg_co2e: Decimal, inputs: Mapping[str, Any], reading_count: int
) -> list[str]:
    """Return the sums of a result in the order in which they are done, each as one line of text."""
    read, read_unit = inputs["read"], inputs["read_unit"]
    many = "1 reading" if reading_count == 1 else f"{reading_count:,} readings"
    told = [f"The sum of {many} is {read} {read_unit}.", *_conversion(inputs, quantity, unit)]
    if basis == Basis.HALF_HOURLY:
        grams = inputs["grams"]
        told += [
            f"Each half hour's quantity × the grid's g/kWh in it, added up: {grams} g.",
            f"{grams} g ÷ 1000 = {kg_co2e} kg CO2 (on average {inputs['average_g_per_kwh']} g/kWh).",
        ]
    elif basis == Basis.MODEL:
        least, most = inputs["least_per_million"], inputs["most_per_million"]
        told += [
            f"{inputs['model']}: {least} to {most} kg CO2e per 1,000,000 output tokens ({inputs['engine']}).",
            f"{plain(quantity)} tokens ÷ 1,000,000 × {least} and × {most}; the middle of the two = {kg_co2e} kg CO2e.",
        ]
    elif basis == Basis.CONTRACT:
        share, factor = Decimal(inputs["share"]), inputs["factor"]
        told.append(
            f"{plain(quantity)} {unit} × {plain(share)} × {inputs['contract_factor']} kg CO2e/{unit}"
            f" ({inputs['instrument']}) + {plain(quantity)} {unit} × {plain(1 - share)} × {factor} kg CO2e/{unit}"
            f" (grid average) = {kg_co2e} kg CO2e."
        )
    else:
        told.append(f"{plain(quantity)} {unit} × {inputs['factor']} kg CO2e/{unit} = {kg_co2e} kg CO2e.")
    return told


def _conversion(inputs: Mapping[str, Any], quantity: Decimal, unit: str) -> list[str]:
    conversion, ratio = inputs.get("conversion"), inputs.get("ratio")
    told = []
    if conversion:
        told.append(
            f"{conversion['cubic_metres']} m3 × {conversion['volume_correction']} (volume correction) ×"
            f" {conversion['calorific_value']} MJ/m3 (calorific value, {conversion['calorific_value_from']})"
            f" ÷ 3.6 MJ/kWh = {plain(quantity)} kWh."
        )
    elif ratio:
        told.append(f"{inputs['read']} {inputs['read_unit']} × {ratio} = {plain(quantity)} {unit}.")
    return told
