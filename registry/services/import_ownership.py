"""Which fields of an imported project a person has made theirs, read from its history."""

from collections.abc import Collection
from itertools import pairwise

from registry.models import Project

IMPORT_REASON = "import"

# The columns an import may write; the history knows them by the same names.
_IMPORTED = (
    "project_name", "project_initiator", "project_type_id", "country_id", "region", "description", "vintage_year",
    "methodology_id", "further_methodologies", "crediting_period_start", "crediting_period_end",
    "estimated_annual_reductions", "centroid_longitude", "centroid_latitude", "sdg_goals", "labels", "origin_status",
    "origin_url", "status", "published",
)  # fmt: skip


def fields_owned_by_people(project_pks: Collection[int]) -> dict[int, set[str]]:
    """For each project, the fields whose latest change was not an import's.

    A person's edit stays theirs through every later import, because imports leave such fields alone.
    """
    owned: dict[int, set[str]] = {pk: set() for pk in project_pks}
    rows = (
        Project.history.filter(id__in=project_pks)
        .order_by("id", "history_date", "history_id")
        .values("id", "history_change_reason", *_IMPORTED)
    )
    for before, after in pairwise(rows.iterator(chunk_size=2_000)):
        if before["id"] != after["id"]:
            continue
        changed = {name for name in _IMPORTED if before[name] != after[name]}
        if after["history_change_reason"] == IMPORT_REASON:
            owned[after["id"]] -= changed
        else:
            owned[after["id"]] |= changed
    return owned
