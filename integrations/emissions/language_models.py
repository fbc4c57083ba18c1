"""Emissions of language models' output, by EcoLogits: a range, from the model's size and its provider's electricity.

EcoLogits counts output tokens only, and reckons in floats; its figures become decimals here, once, at their shortest
exact spelling. The figures are asked for one million tokens, since usage reports tell no single requests.
"""

import logging
import math
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from importlib.metadata import version
from typing import Any

TOKENS = 1_000_000
# Providers as integrations call them → as EcoLogits does.
PROVIDERS = {
    "openai": "openai",
    "anthropic": "anthropic",
    "mistral": "mistralai",
    "mistralai": "mistralai",
    "cohere": "cohere",
    "google": "google_genai",
    "google_genai": "google_genai",
    "huggingface": "huggingface_hub",
}


@dataclass(frozen=True, slots=True)
class ModelImpact:
    """Kilograms of CO2e of a million output tokens: the least and the most, and what EcoLogits warns of."""

    provider: str
    model: str
    zone: str
    least: Decimal
    most: Decimal
    warnings: tuple[str, ...]
    engine: str


def is_registered(provider: str, model: str) -> bool:
    """Return whether the model is known."""
    return model_impact(provider, model, None) is not None


@lru_cache(maxsize=4096)
def model_impact(provider: str, model: str, zone: str | None) -> ModelImpact | None:
    """Return what a million output tokens of a model emit; None where the model is not known.

    `zone` is the grid it runs on (ISO 3166-1 alpha-3); the provider's own data centres' when not given.
    """
    known = PROVIDERS.get(provider)
    if known is None or not model:
        return None
    # Takes half a second to load, which only usage of language models is worth.
    from ecologits.tracers.utils import llm_impacts

    logging.getLogger("ecologits").setLevel(logging.CRITICAL)  # what it warns of stands in the result
    found = llm_impacts(known, model, TOKENS, math.inf, zone)
    if found.errors or found.gwp is None:
        return None
    value: Any = found.gwp.value  # a range, or one figure for both ends
    least, most = getattr(value, "min", value), getattr(value, "max", value)
    return ModelImpact(
        provider=known,
        model=model,
        zone=zone or "the provider's data centres",
        least=Decimal(repr(float(least))),
        most=Decimal(repr(float(most))),
        warnings=tuple(str(warning.code) for warning in found.warnings or ()),
        engine=f"ecologits {version('ecologits')}",
    )
