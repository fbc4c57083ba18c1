"""Usage of language models: output tokens times what a million of them emit; scope 3, purchased services."""

from collections.abc import Mapping
from decimal import Decimal

from integrations.choices import ReadingType
from integrations.emission_choices import Basis, Line, Method, UnmatchedReason
from integrations.emissions import arithmetic
from integrations.emissions.language_models import TOKENS, ModelImpact, model_impact
from integrations.emissions.records import EmissionLine, ReadingTotal, Unmatched
from integrations.errors import UnitsDiffer
from integrations.units import ratio

PURCHASED_SERVICES = 1
_OUTPUT_ONLY = "EcoLogits counts output tokens; what reading the input takes is not in it."


def ai_lines(
    total: ReadingTotal, provider: str, mappings: Mapping[tuple[str, str], str], zone: str | None
) -> list[EmissionLine] | Unmatched:
    """Return the line of a month of one model's output tokens; a model that is not known has to be mapped."""
    name = total.name
    mapped = mappings.get((ReadingType.AI_USAGE, " ".join(name.lower().split())), "")
    maker, model = mapped.split("/", 1) if mapped else (provider, name)
    try:
        to_tokens = ratio(total.unit, "token")
    except UnitsDiffer as error:
        return Unmatched(total, name, UnmatchedReason.UNIT_MISMATCH, error.message)
    impact = model_impact(maker, model, zone)
    if impact is None:
        message = f"“{name}” is no language model that is known; staff can say which one it is."
        return Unmatched(total, name, UnmatchedReason.UNKNOWN_MODEL, message[:300])
    used = arithmetic.quantity(arithmetic.times(total.quantity, to_tokens))
    low, high = (_kilograms(used, figure) for figure in (impact.least, impact.most))
    return [
        EmissionLine(
            total=total,
            activity=f"ai.{impact.provider}/{impact.model}"[:120],
            line=Line.DIRECT,
            method=Method.BOTH,
            basis=Basis.MODEL,
            scope=3,
            category=PURCHASED_SERVICES,
            factor_id=None,
            quantity=used,
            unit="token",
            kg_co2e=arithmetic.kilograms((low + high) / 2),
            low=low,
            high=high,
            reading_ids=total.ids,
            reading_count=total.count,
            inputs=_told(total, impact),
        )
    ]


def _kilograms(tokens: Decimal, per_million: Decimal) -> Decimal:
    return arithmetic.kilograms(arithmetic.times(tokens, per_million) / TOKENS)


def _told(total: ReadingTotal, impact: ModelImpact) -> dict[str, object]:
    return {
        "read": arithmetic.plain(total.quantity),
        "read_unit": total.unit,
        "model": f"{impact.provider}/{impact.model}",
        "zone": impact.zone,
        "least_per_million": arithmetic.plain(impact.least),
        "most_per_million": arithmetic.plain(impact.most),
        "engine": impact.engine,
        "notes": [_OUTPUT_ONLY, *impact.warnings],
    }
