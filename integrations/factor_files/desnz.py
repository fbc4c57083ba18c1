"""The flat file of the UK government's conversion factors: its rows in the words that all sets share.

Columns: ID, Scope, Level 1 to 4, Column Text, UOM, GHG/Unit, GHG Conversion Factor <year>. Each factor stands in up
to four rows whose ids differ in their last part: 1 kg CO2e, 2 CO2, 3 CH4, 4 N2O. An empty cell is no factor, not 0.
What is taken: fuels, electricity, heat, water, travel, freight, waste, refrigerants, hotels, homeworking and their
well-to-tank and loss rows. Left out: bioenergy, materials, vehicles in scope 1, net calorific values, miles.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from carboncore.common.countries import country_code_of
from integrations.emission_choices import Line
from integrations.errors import FactorFileRefused
from integrations.factor_files.rows import FactorRow, read_number, slug

_UNITS = {
    "kWh": "kWh",
    "kWh (Gross CV)": "kWh",
    "litres": "litre",
    "tonnes": "tonne",
    "kg": "kg",
    "km": "km",
    "passenger.km": "passenger.km",
    "tonne.km": "tonne.km",
    "cubic metres": "m3",
    "Room per night": "room.night",
    "per FTE Working Hour": "hour",
}
_GASES = {"2": "co2", "3": "ch4", "4": "n2o"}
_TOTAL = "kg CO2e"
_ID = re.compile(r"([0-9]+(?:_[0-9]+){3})_([0-9]{1,2})\Z")
# The names of countries in the file that no list of countries has.
_COUNTRIES = {"Hong Kong, China": "HK", "Korea": "KR", "UK": "GB", "Turkey": "TR", "Vietnam": "VN"}


@dataclass(frozen=True, slots=True)
class FlatRow:
    """A row of the flat file as it stands there."""

    id: str
    scope: str
    levels: tuple[str, str, str, str]
    column: str
    unit: str
    gas: str
    value: str


@dataclass(frozen=True, slots=True)
class _Meaning:
    activity: str
    line: Line
    scope: int
    category: int | None = None
    region: str = "*"


_Reader = Callable[[FlatRow], _Meaning | None]


def factor_rows(rows: Iterable[FlatRow]) -> list[FactorRow]:
    """Return the factors of a flat file, each with its gases; rows of other kinds and without a value are left out.

    Raises:
        FactorFileRefused: a row's id or number cannot be read.
    """
    totals: dict[str, FlatRow] = {}
    gases: dict[str, dict[str, Decimal]] = {}
    for row in rows:
        matched = _ID.match(row.id)
        if not matched:
            raise FactorFileRefused(f"“{row.id[:40]}” is no id of the flat file, such as 1_100_1004_6_1.")
        if row.unit not in _UNITS or not row.value.strip():
            continue
        key, gas = matched.groups()
        if gas == "1" and row.gas == _TOTAL:
            totals[key] = row
        elif gas in _GASES:
            gases.setdefault(key, {})[_GASES[gas]] = read_number(row.value, row.id)
    found = []
    for key, row in totals.items():
        meaning = _meaning(row)
        if meaning is not None:
            found.append(_factor(key, row, meaning, gases.get(key, {})))
    return found


def _factor(key: str, row: FlatRow, meaning: _Meaning, gases: Mapping[str, Decimal]) -> FactorRow:
    words = [*row.levels, row.column]
    label = " / ".join(dict.fromkeys(word for word in words if word and word != row.unit))
    return FactorRow(
        key=key,
        activity=meaning.activity,
        label=label[:200],
        line=meaning.line,
        region=meaning.region,
        unit=_UNITS[row.unit],
        kg_co2e=read_number(row.value, row.id),
        scope=meaning.scope,
        category=meaning.category,
        co2=gases.get("co2"),
        ch4=gases.get("ch4"),
        n2o=gases.get("n2o"),
    )


def _meaning(row: FlatRow) -> _Meaning | None:
    reader = _READERS.get(row.levels[0].strip())
    return reader(row) if reader else None


def _fixed(activity: str, line: Line, scope: int, category: int | None = None, region: str = "*") -> _Reader:
    return lambda _row: _Meaning(activity, line, scope, category, region)


def _named(prefix: str, line: Line, scope: int, category: int | None = None, *, region: str = "*") -> _Reader:
    """The activity's name is its third level, and what tells it apart after that."""

    def read(row: FlatRow) -> _Meaning:
        parts = [slug(part) for part in (row.levels[2], row.levels[3], row.column) if part and part != row.unit]
        return _Meaning(".".join([prefix, *parts]), line, scope, category, region)

    return read


def _electricity_ahead(row: FlatRow) -> _Meaning:
    losses = "(T&D)" in row.levels[1]
    line = Line.WELL_TO_TANK_LOSSES if losses else Line.WELL_TO_TANK
    return _Meaning("electricity.grid", line, 3, 3, "GB")


def _losses(row: FlatRow) -> _Meaning:
    heat = "heat" in row.levels[1]
    return _Meaning("heat.district-heat-and-steam" if heat else "electricity.grid", Line.LOSSES, 3, 3, "GB")


def _heat_ahead(row: FlatRow) -> _Meaning:
    if "distribution" in row.levels[1]:
        return _Meaning("heat.district-heat-and-steam", Line.WELL_TO_TANK_LOSSES, 3, 3, "GB")
    return _Meaning(f"heat.{slug(row.levels[2])}", Line.WELL_TO_TANK, 3, 3, "GB")


_LAND = {"Cars (by size)": "car", "Motorbike": "motorbike", "Taxis": "taxi", "Rail": "rail", "Bus": "bus"}


def _land(line: Line, category: int) -> _Reader:
    def read(row: FlatRow) -> _Meaning | None:
        kind = row.levels[1].removeprefix("WTT- ")
        prefix = _LAND.get(kind[:1].upper() + kind[1:])
        return _named(prefix, line, 3, category)(row) if prefix else None

    return read


_FREIGHT = {
    "vans": "freight.van",
    "hgv (all diesel)": "freight.hgv",
    "hgv refrigerated (all diesel)": "freight.hgv-refrigerated",
    "rail": "freight.rail",
    "freight flights": "freight.flight",
    "cargo ship": "freight.ship",
    "sea tanker": "freight.tanker",
}


def _freight(line: Line, category: int) -> _Reader:
    def read(row: FlatRow) -> _Meaning | None:
        prefix = _FREIGHT.get(row.levels[1].removeprefix("WTT- ").lower())
        if prefix is None or row.unit != "tonne.km":
            return None
        return _named(prefix, line, 3, category)(row)

    return read


def _refrigerant(row: FlatRow) -> _Meaning | None:
    """Only the gases of the Kyoto protocol count in scope 1; the others are reported apart from the scopes."""
    if row.column != "Emissions including only Kyoto products":
        return None
    return _Meaning(f"refrigerant.{slug(row.levels[2])}", Line.DIRECT, 1)


def _hotel(row: FlatRow) -> _Meaning | None:
    name = row.levels[2]
    if name == "UK (London)":
        return _Meaning("hotel.london", Line.DIRECT, 3, 6, "GB")
    code = _COUNTRIES.get(name) or country_code_of(name)
    return _Meaning("hotel", Line.DIRECT, 3, 6, code) if code else None


_READERS: Mapping[str, _Reader] = {
    "Fuels": _named("fuel", Line.DIRECT, 1),
    "WTT- fuels": _named("fuel", Line.WELL_TO_TANK, 3, 3),
    "UK electricity": _fixed("electricity.grid", Line.LOCATION, 2, region="GB"),
    "Transmission and distribution": _losses,
    "WTT- UK electricity": _electricity_ahead,
    "Heat and steam": _named("heat", Line.DIRECT, 2, region="GB"),
    "WTT- heat and steam": _heat_ahead,
    "Water supply": _fixed("water.supply", Line.DIRECT, 3, 1, "GB"),
    "Water treatment": _fixed("water.treatment", Line.DIRECT, 3, 5, "GB"),
    "Homeworking": lambda row: _Meaning(f"homeworking.{slug(row.levels[1])}", Line.DIRECT, 3, 7, "GB"),
    "Hotel stay": _hotel,
    "Business travel- air": _named("flight", Line.DIRECT, 3, 6),
    "WTT- business travel- air": _named("flight", Line.WELL_TO_TANK, 3, 6),
    "Business travel- land": _land(Line.DIRECT, 6),
    "WTT- pass vehs & travel- land": _land(Line.WELL_TO_TANK, 6),
    "Business travel- sea": _named("ferry", Line.DIRECT, 3, 6),
    "WTT- business travel- sea": _named("ferry", Line.WELL_TO_TANK, 3, 6),
    "Freighting goods": _freight(Line.DIRECT, 4),
    "WTT- delivery vehs & freight": _freight(Line.WELL_TO_TANK, 4),
    "Waste disposal": lambda row: _Meaning(f"waste.{slug(row.levels[2])}.{slug(row.column)}", Line.DIRECT, 3, 5, "GB"),
    "Refrigerant & other": _refrigerant,
}
