"""Looking up what other registries state about their credits: the same credits, and a project's figures there."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Q, Sum

from registry.models import Project
from transactions.choices import OriginCreditKind
from transactions.models import OriginCredits

Units = tuple[int, int]
_ISSUED, _ENDED = "present.kind = 'issuance'", "present.kind <> 'issuance'"
# One index scan for each wanted range: joined outright, the ranges of a block would all be compared with each other,
# and Verra's are all of one block.
_OVERLAPPING = """
    SELECT wanted.place, found.id, found.first, found.final, found.digest, found.project_id, found.kind, found.name
      FROM unnest(%s::int[], %s::text[], %s::text[], %s::bigint[], %s::bigint[])
           AS wanted (place, registry, block_key, first, final)
     CROSS JOIN LATERAL (
        SELECT present.id, lower(present.units) AS first, upper(present.units) AS final, present.digest,
               present.project_id, present.kind, COALESCE(NULLIF(present.serial, ''), present.block_key) AS name
          FROM transactions_origincredits present
         WHERE present.origin_registry = wanted.registry AND present.block_key = wanted.block_key
           AND present.units && int8range(wanted.first, wanted.final) AND {kind}
        OFFSET 0
     ) AS found
     ORDER BY wanted.place, found.first
"""


@dataclass(frozen=True, slots=True)
class PresentCredits:
    """A statement that is here. `units` is the half-open range of credit numbers, None where the origin gave none."""

    pk: int
    units: Units | None
    digest: str
    project_id: int
    kind: str
    name: str

    @property
    def kind_label(self) -> str:
        """What it says of the credits, in a word."""
        return str(OriginCreditKind(self.kind).label).lower()


@dataclass(frozen=True, slots=True)
class OriginFigures:
    """What a project's origin registry states, in kg CO2e. `registry` counts it: California's differs from ACR's."""

    registry: str
    issued_kg: int
    retired_kg: int
    cancelled_kg: int
    buffer_kg: int


def projects_by_origin(named: Iterable[tuple[str, str, str]]) -> dict[tuple[str, str], int]:
    """Return the keys of the projects named by (registry, id there, page there), by registry and id (or page)."""
    listed = set(named)
    ids = {origin_id for _, origin_id, _ in listed if origin_id}
    urls = {url for _, origin_id, url in listed if not origin_id}
    rows = Project.objects.filter(origin_id__in=ids).values_list("origin_registry", "origin_id", "pk")
    found = {(registry, origin_id): pk for registry, origin_id, pk in rows}
    if urls:
        pages = Project.objects.filter(origin_url__in=urls).values_list("origin_registry", "origin_url", "pk")
        found |= {(registry, url): pk for registry, url, pk in pages}
    return found


def present_credits(wanted: Sequence[tuple[str, str, str, Units | None]]) -> list[list[PresentCredits]]:
    """For each (registry, kind, block, credit numbers), what is here about any of these credits, lowest numbers first.

    Issuances are looked for among issuances, retirements and cancellations among both of these.
    """
    found: list[list[PresentCredits]] = [[] for _ in wanted]
    ranged = [(place, item) for place, item in enumerate(wanted) if item[3] is not None]
    for condition, issued in ((_ISSUED, True), (_ENDED, False)):
        chosen = [(place, item) for place, item in ranged if (item[1] == OriginCreditKind.ISSUANCE) == issued]
        for place, statement in _overlapping(condition, chosen):
            found[place].append(statement)
    statements = {(registry, kind, key) for registry, kind, key, units in wanted if units is None}
    named = _statements(statements) if statements else {}
    for place, (registry, kind, key, units) in enumerate(wanted):
        if units is None and (registry, kind, key) in named:
            found[place].append(named[registry, kind, key])
    return found


def origin_figures(project_id: int) -> list[OriginFigures]:
    """What other registries state about a project's credits, one row a registry."""
    of_kind = {kind: Q(kind=kind) for kind in OriginCreditKind.values}
    rows = (
        OriginCredits.objects.filter(project_id=project_id)
        .order_by("origin_registry")
        .values("origin_registry")
        .annotate(
            issued=Sum("quantity_kg", filter=of_kind["issuance"], default=0),
            retired=Sum("quantity_kg", filter=of_kind["retirement"], default=0),
            cancelled=Sum("quantity_kg", filter=of_kind["cancellation"], default=0),
            buffer=Sum("buffer_kg", filter=of_kind["issuance"], default=0),
        )
    )
    return [
        OriginFigures(
            row["origin_registry"], int(row["issued"]), int(row["retired"]), int(row["cancelled"]), int(row["buffer"])
        )
        for row in rows
    ]


def _overlapping(
    condition: str, chosen: Sequence[tuple[int, tuple[str, str, str, Units | None]]]
) -> list[tuple[int, PresentCredits]]:
    if not chosen:
        return []
    ranges = [units or (0, 0) for _, (_, _, _, units) in chosen]
    parameters: Sequence[Any] = [
        [place for place, _ in chosen],
        [item[0] for _, item in chosen],
        [item[2] for _, item in chosen],
        [first for first, _ in ranges],
        [end for _, end in ranges],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_OVERLAPPING.format(kind=condition), parameters)
        return [
            (place, PresentCredits(pk, (first, end), digest, project_id, kind, name))
            for place, pk, first, end, digest, project_id, kind, name in cursor.fetchall()
        ]


def _statements(wanted: Collection[tuple[str, str, str]]) -> dict[tuple[str, str, str], PresentCredits]:
    rows = OriginCredits.objects.filter(
        units__isnull=True,
        origin_registry__in={registry for registry, _, _ in wanted},
        block_key__in={key for _, _, key in wanted},
    ).values_list("origin_registry", "kind", "block_key", "pk", "digest", "project_id")
    return {
        (registry, kind, key): PresentCredits(pk, None, digest, project_id, kind, key)
        for registry, kind, key, pk, digest, project_id in rows
    }
