"""Choosing the factor: of the activity's year and region, by rules that the result can tell."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from integrations.emission_choices import Line, SetStatus
from integrations.errors import UnitsDiffer
from integrations.units import ratio, unit_code


@dataclass(frozen=True, slots=True)
class FactorFact:
    """A factor as the calculation needs it; `set_name` is how a result names its set."""

    pk: int
    set_id: int
    set_name: str
    year: int
    rank: int
    status: str
    activity: str
    line: str
    region: str
    unit: str
    kg_co2e: Decimal
    scope: int
    category: int | None


@dataclass(frozen=True, slots=True)
class Choice:
    """The factor chosen, how many of its units one of the reading's is, and what a reader should know about it."""

    factor: FactorFact
    ratio: Decimal
    notes: tuple[str, ...] = ()


class FactorBook:
    """Every factor that a calculation may use, by activity. `only_set` is preferred wherever it has an answer."""

    def __init__(self, facts: Iterable[FactorFact], *, only_set: int | None = None) -> None:
        self._facts: dict[str, list[FactorFact]] = defaultdict(list)
        self._by_place: dict[tuple[str, str, str], list[FactorFact]] = defaultdict(list)
        self._only_set = only_set
        for fact in facts:
            self._facts[fact.activity].append(fact)
            self._by_place[fact.activity, fact.line, fact.region].append(fact)

    def knows(self, activity: str) -> bool:
        """Return whether any factor bears this name."""
        return activity in self._facts

    def units(self, activity: str) -> list[str]:
        """Return the units that an activity's factors are given in."""
        return sorted({fact.unit for fact in self._facts[activity]})

    def choose(
        self, *, activity: str, line: Line, regions: Sequence[str], unit: str, year: int, pinned: int | None = None
    ) -> Choice | None:
        """Return the factor for a line of an activity in a year; None where there is none for the region and unit.

        The nearest region decides first, then the publisher's rank, then the year: the activity's own, else the
        newest before it, else the earliest after it, and the choice says so. `pinned` is the factor that the result
        has had so far, and keeps.
        """
        fits = [
            (fact, found)
            for region in regions
            for fact in self._by_place.get((activity, str(line), region), ())
            if (found := _ratio(unit, fact.unit)) is not None
        ]
        for fact, found in fits:
            if fact.pk == pinned:
                return Choice(fact, found, _about_year(fact, year))
        named = [fit for fit in fits if fit[0].set_id == self._only_set]
        usable = named or [fit for fit in fits if fit[0].status != SetStatus.REFERENCE]
        if not usable:
            return None
        code = unit_code(unit)
        fact, found = min(usable, key=lambda fit: _order(fit[0], regions, year, code))
        notes = _about_year(fact, year)
        if self._only_set is not None and not named:
            notes = ("The set asked for has no factor for this; the usual rule chose.", *notes)
        return Choice(fact, found, notes)


def _order(fact: FactorFact, regions: Sequence[str], year: int, unit: str) -> tuple[int, int, bool, int, bool, int]:
    later = fact.year > year
    return (regions.index(fact.region), fact.rank, later, abs(fact.year - year), fact.unit != unit, -fact.set_id)


def _about_year(fact: FactorFact, year: int) -> tuple[str, ...]:
    if fact.year == year:
        return ()
    when = "the newest before it" if fact.year < year else "the earliest after it"
    return (f"There is no factor of {year} for this line; {fact.set_name}, {when}, is used.",)


def _ratio(given: str, wanted: str) -> Decimal | None:
    try:
        return ratio(given, wanted)
    except UnitsDiffer:
        return None
