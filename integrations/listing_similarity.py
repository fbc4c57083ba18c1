"""How alike two listings of different registries are, and which pairs are worth comparing at all.

Comparing everything with everything is 50 million pairs at 10,000 projects. Only pairs that share a *block* are
compared: the same country and a rare word of the name, or the same developer in the same country. Two listings of one
project share one of these in all cases known to us; a word that stands in many names of a country blocks nothing.

Points: name up to 60, country 10, place up to 15, dates up to 10, developer up to 15, estimated reductions 10; the
score is their sum, at most 100. Names are compared by spelling and by the words they share, a rare word counting for
more than one that stands everywhere, so that two landfills of one developer are not taken for one. A pair whose names
number different phases or instances (`VPA 12`, `Phase II`) loses 25.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import combinations

from rapidfuzz import fuzz

from registry.search import normalised_words

DEFAULT_MIN_SCORE = 65
# A word that more listings of a country than this share says nothing about their being one.
MAX_BLOCK = 60
MIN_NAME_SIMILARITY = 65

_FILLER = frozenset({
    "a", "an", "and", "the", "of", "in", "at", "by", "for", "from", "to", "on", "with", "de", "la", "el", "los", "las",
    "del", "da", "do", "das", "dos", "e", "y", "project", "projects", "programme", "program", "ltd", "limited", "llc",
    "inc", "co", "company", "corp", "sa", "sas", "gmbh", "pvt", "private", "plc", "bv", "ag", "grouped", "carbon",
    "vcs", "gs",
})  # fmt: skip
_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6"}


@dataclass(frozen=True, slots=True)
class Listing:
    """What is compared of a project."""

    pk: int
    registry: str
    name: str
    developer: str
    country: str
    type_code: str
    latitude: float | None
    longitude: float | None
    vintage_year: int | None
    crediting_start: date | None
    annual_tonnes: Decimal | None


@dataclass(frozen=True, slots=True)
class Reason:
    """One ground for a score: its kind, the points it gives or takes, and a sentence for a person."""

    kind: str
    points: int
    text: str


@dataclass(frozen=True, slots=True)
class Match:
    """Two listings, the lower key first, with the score from 0 to 100 and its grounds."""

    first: int
    second: int
    score: int
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class _Prepared:
    listing: Listing
    name: str
    words: frozenset[str]
    numbers: frozenset[str]
    developer: str


def matches(
    listings: Sequence[Listing], min_score: int, progress: Callable[[int, int], None] | None = None
) -> Iterator[Match]:
    """Every pair of listings of different registries whose score is at least `min_score`."""
    prepared = [_prepare(listing) for listing in listings]
    seen: set[tuple[int, int]] = set()
    blocks = _blocks(prepared)
    weights = _word_weights(prepared)
    for done, block in enumerate(blocks):
        if progress is not None and done % 200 == 0:
            progress(done, len(blocks))
        for one, other in combinations(block, 2):
            first, second = sorted((one, other), key=lambda item: item.listing.pk)
            pair = (first.listing.pk, second.listing.pk)
            if first.listing.registry == second.listing.registry or pair in seen:
                continue
            seen.add(pair)
            if (match := _compare(first, second, weights)) is not None and match.score >= min_score:
                yield match


def _prepare(listing: Listing) -> _Prepared:
    words = [word for word in normalised_words(listing.name) if word not in _FILLER]
    numbers = frozenset(_ROMAN.get(word, word).lstrip("0") for word in words if word.isdigit() or word in _ROMAN)
    developer = " ".join(word for word in normalised_words(listing.developer) if word not in _FILLER)
    words = [word for word in words if not re.fullmatch(r"gs\d+", word)]
    return _Prepared(listing, " ".join(words), frozenset(words), numbers, developer)


def _word_weights(prepared: Sequence[_Prepared]) -> dict[str, float]:
    """How much each word says: the logarithm of one in how many names it stands."""
    counts = Counter(word for item in prepared for word in item.words)
    return {word: math.log(1 + len(prepared) / count) for word, count in counts.items()}


def _blocks(prepared: Sequence[_Prepared]) -> list[list[_Prepared]]:
    grouped: dict[tuple[str, str, str], list[_Prepared]] = defaultdict(list)
    for item in prepared:
        country = item.listing.country
        for word in set(item.name.split()):
            if len(word) > 3 and not word.isdigit():
                grouped["word", country, word].append(item)
        if item.developer:
            grouped["developer", country, item.developer].append(item)
    return [block for block in grouped.values() if 1 < len(block) <= MAX_BLOCK and _registries(block) > 1]


def _registries(block: list[_Prepared]) -> int:
    return len(Counter(item.listing.registry for item in block))


def _compare(first: _Prepared, second: _Prepared, weights: dict[str, float]) -> Match | None:
    """The match of two listings, or None where their names have too little in common to be one project."""
    similarity = _name_similarity(first, second, weights)
    if similarity < MIN_NAME_SIMILARITY:
        return None
    reasons = [Reason("name", round(similarity * 0.6), f"The names agree by {similarity:.0f} %.")]
    reasons += _numbering(first, second)
    reasons += _country(first.listing, second.listing)
    reasons += _place(first.listing, second.listing)
    reasons += _dates(first.listing, second.listing)
    reasons += _developer(first, second)
    reasons += _reductions(first.listing, second.listing)
    score = max(0, min(100, sum(reason.points for reason in reasons)))
    return Match(first.listing.pk, second.listing.pk, score, tuple(reasons))


def _name_similarity(first: _Prepared, second: _Prepared, weights: dict[str, float]) -> float:
    spelling = fuzz.token_sort_ratio(first.name, second.name)
    if spelling < 50:
        return 0.0
    together = sum(weights[word] for word in first.words & second.words)
    altogether = sum(weights[word] for word in first.words | second.words)
    shared = 100 * together / altogether if altogether else 0.0
    return 0.3 * spelling + 0.7 * shared


def _numbering(first: _Prepared, second: _Prepared) -> list[Reason]:
    if first.numbers == second.numbers:
        return []
    stated = sorted(first.numbers ^ second.numbers)
    return [Reason("numbering", -25, f"The names number different things ({', '.join(stated[:6])}).")]


def _country(first: Listing, second: Listing) -> list[Reason]:
    if first.country == second.country:
        points = 10 if first.type_code == second.type_code else 5
        kind = "the same type" if points == 10 else "of different types"
        return [Reason("country", points, f"Both are in {first.country}, {kind}.")]
    return []


def _place(first: Listing, second: Listing) -> list[Reason]:
    if first.latitude is None or first.longitude is None or second.latitude is None or second.longitude is None:
        return []
    kilometres = _distance_km(first.latitude, first.longitude, second.latitude, second.longitude)
    if kilometres <= 2:
        return [Reason("place", 15, f"They lie {kilometres:.1f} km apart.")]
    if kilometres <= 25:
        return [Reason("place", 8, f"They lie {kilometres:.0f} km apart.")]
    return [Reason("place", -15, f"They lie {kilometres:,.0f} km apart.")] if kilometres > 100 else []


def _distance_km(latitude_a: float, longitude_a: float, latitude_b: float, longitude_b: float) -> float:
    """The great-circle distance on a sphere of 6,371 km, exact enough to tell one valley from the next."""
    a, b = math.radians(latitude_a), math.radians(latitude_b)
    half = math.radians(longitude_b - longitude_a) / 2
    chord = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(half) ** 2
    return 2 * 6371 * math.asin(min(1.0, math.sqrt(chord)))


def _dates(first: Listing, second: Listing) -> list[Reason]:
    if first.crediting_start and second.crediting_start:
        days = abs((first.crediting_start - second.crediting_start).days)
        if days <= 31:
            return [Reason("dates", 10, f"Their crediting periods begin within {days} days.")]
    if first.vintage_year and second.vintage_year:
        years = abs(first.vintage_year - second.vintage_year)
        if years <= 1:
            return [Reason("dates", 7, f"They begin in {first.vintage_year} and {second.vintage_year}.")]
        if years > 5:
            return [Reason("dates", -5, f"They begin {years} years apart.")]
    return []


def _developer(first: _Prepared, second: _Prepared) -> list[Reason]:
    if not first.developer or not second.developer:
        return []
    similarity = fuzz.token_set_ratio(first.developer, second.developer)
    if similarity >= 90:
        return [Reason("developer", 15, "The developer is the same.")]
    return [Reason("developer", 8, "The developers' names are alike.")] if similarity >= 75 else []


def _reductions(first: Listing, second: Listing) -> list[Reason]:
    if not first.annual_tonnes or not second.annual_tonnes:
        return []
    larger = max(first.annual_tonnes, second.annual_tonnes)
    if abs(first.annual_tonnes - second.annual_tonnes) <= larger / 100:
        return [Reason("reductions", 10, "Their estimated annual reductions agree within 1 %.")]
    return []
