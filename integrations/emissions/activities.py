"""Which activity a reading is of: by its kind, by what it names, or by what staff said that name means."""

from collections.abc import Callable, Mapping

from integrations.choices import ReadingType
from integrations.factor_files.rows import slug

# Kinds of readings that say all by themselves.
_BY_KIND = {
    ReadingType.ELECTRICITY: "electricity.grid",
    ReadingType.GAS: "fuel.natural-gas",
    ReadingType.WATER: "water.supply",
    ReadingType.HEAT: "heat.district-heat-and-steam",
    ReadingType.STAY: "hotel",
    ReadingType.HOMEWORKING: "homeworking.homeworking-office-equipment-heating",
}
# Exported electricity is no emission: the GHG Protocol does not subtract it from scope 2.
NOT_COUNTED = frozenset({ReadingType.ELECTRICITY_EXPORT})
_PREFIXES = {
    ReadingType.FUEL: ("fuel",),
    ReadingType.TRAVEL: ("car", "rail", "taxi", "bus", "motorbike", "flight", "ferry"),
    ReadingType.FREIGHT: ("freight",),
    ReadingType.WASTE: ("waste",),
    ReadingType.REFRIGERANT: ("refrigerant", "gas"),
    ReadingType.HEAT: ("heat",),
    ReadingType.WATER: ("water",),
    ReadingType.STAY: ("hotel",),
    ReadingType.HOMEWORKING: ("homeworking",),
}
# Everyday names whose meaning in the factor sets is beyond doubt.
_EVERYDAY = {
    "diesel": "fuel.diesel-average-biofuel-blend",
    "petrol": "fuel.petrol-average-biofuel-blend",
    "natural gas": "fuel.natural-gas",
    "heating oil": "fuel.burning-oil",
    "kerosene": "fuel.burning-oil",
    "car": "car.average-car.unknown",
    "petrol car": "car.average-car.petrol",
    "diesel car": "car.average-car.diesel",
    "electric car": "car.average-car.battery-electric-vehicle",
    "train": "rail.national-rail",
    "rail": "rail.national-rail",
    "underground": "rail.london-underground",
    "taxi": "taxi.regular-taxi",
    "bus": "bus.average-local-bus",
    "domestic flight": "flight.domestic-to-from-uk.average-passenger.with-rf",
    "short-haul flight": "flight.short-haul-to-from-uk.average-passenger.with-rf",
    "long-haul flight": "flight.long-haul-to-from-uk.average-passenger.with-rf",
}


def activity_of(
    reading_type: str, text: str, mappings: Mapping[tuple[str, str], str], knows: Callable[[str], bool]
) -> str | None:
    """Return the activity that a reading of this kind and name is of; None where nobody can tell.

    `text` is what the reading names, empty when it names nothing; `mappings` are staff's decisions.
    """
    kind = ReadingType(reading_type)
    words = " ".join(text.lower().split())
    if (kind, words) in mappings:
        return mappings[kind, words]
    if not words:
        return _BY_KIND.get(kind)
    candidates = [words, _EVERYDAY.get(words, ""), *(f"{prefix}.{slug(words)}" for prefix in _PREFIXES.get(kind, ()))]
    return next((name for name in candidates if name and knows(name)), None)
