"""Every factor that calculations may use, read once: loaded sets never change."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from django.db.models import Min

from integrations.emissions.book import FactorBook, FactorFact
from integrations.models import Factor, FactorSet

_State = tuple[int, str, str, datetime]


def factor_book(*, only_set: int | None = None) -> FactorBook:
    """Return the factors of all sets; `only_set` is preferred wherever it has an answer."""
    states = tuple(FactorSet.objects.order_by("pk").values_list("pk", "status", "digest", "loaded_at"))
    return _book(states, only_set)


@lru_cache(maxsize=4)
def _book(states: tuple[_State, ...], only_set: int | None) -> FactorBook:
    # Kept for as long as no set is added and none changes its status, which is all that can change.
    return FactorBook(_facts([pk for pk, *_ in states]), only_set=only_set)


def activities_known() -> list[tuple[str, str]]:
    """Return each activity that has a factor, with what a publisher calls it, by name."""
    found = Factor.objects.order_by("activity").values_list("activity").annotate(Min("label"))
    return [(activity, label) for activity, label in found]


def _facts(sets: Sequence[int]) -> list[FactorFact]:
    publications = FactorSet.objects.in_bulk(sets)
    rows = Factor.objects.filter(factor_set__in=sets).order_by("pk")
    return [
        FactorFact(
            pk=pk,
            set_id=set_id,
            set_name=str(publications[set_id]),
            year=publications[set_id].year,
            rank=publications[set_id].rank,
            status=publications[set_id].status,
            activity=activity,
            line=line,
            region=region,
            unit=unit,
            kg_co2e=kg_co2e,
            scope=scope,
            category=category,
        )
        for pk, set_id, activity, line, region, unit, kg_co2e, scope, category in rows.values_list(
            "pk", "factor_set_id", "activity", "line", "region", "unit", "kg_co2e", "scope", "category"
        )
    ]
