"""The project lists: their shape, filters and orderings, and what is asked instead when nothing was found."""

from dataclasses import replace

from carboncore.common.api.listing import Condition, Listing, ListQuery
from carboncore.common.api.statements import fetch_all
from carboncore.common.errors import InvalidInput
from registry.api.project_shapes import BOUNDARY_SHAPE, PUBLIC_SHAPE, STAFF_SHAPE
from registry.search import normalised_words
from registry.selectors.project_filters import ORDERINGS, PUBLIC, PUBLIC_FILTERS, STAFF_FILTERS, by_bbox, by_search
from registry.selectors.search import corrected, prefix_query

GEOMETRY = (
    'coalesce("row"."coordinates"::json, CASE WHEN "row"."centroid_longitude" IS NOT NULL THEN'
    " json_build_object('type', 'Point', 'coordinates',"
    ' json_build_array("row"."centroid_longitude", "row"."centroid_latitude")) END)'
)


def ask_again(asked: ListQuery) -> ListQuery | None:
    """Return the question with a mistyped search corrected, None when there is nothing to correct.

    Only an empty page gets here: a list that found something pays nothing for it.

    Raises:
        InvalidInput: a type or a standard that does not exist, with those that do.
    """
    _refuse_unknown(asked)
    if "search" not in asked.conditions:
        return None
    alternatives = corrected(normalised_words(asked.raw["search"]))
    if alternatives is None:
        return None
    search = Condition(asked.conditions["search"].sql, (prefix_query(alternatives),), plan_anew=True)
    return replace(asked, conditions={**asked.conditions, "search": search})


def _refuse_unknown(asked: ListQuery) -> None:
    for name, exists, codes in (
        (
            "type",
            'SELECT 1 FROM "registry_projecttype" WHERE "code" = upper(%s) OR "id"::text = %s',
            'SELECT "code" FROM "registry_projecttype" ORDER BY "code" LIMIT 100',
        ),
        (
            "standard",
            'SELECT 1 FROM "registry_standard" WHERE upper("code") = upper(%s) OR upper("name") = upper(%s)',
            'SELECT "code" FROM "registry_standard" ORDER BY "code" LIMIT 100',
        ),
    ):
        if name not in asked.conditions:
            continue
        text = asked.raw[name].strip()
        if not fetch_all(exists, [text, text]):
            known = ", ".join(code for (code,) in fetch_all(codes, [])) or "none yet"
            raise InvalidInput(
                {name: [f"There is no {name} “{text[:60]}”. There are: {known}."]},
                message="Please correct the query parameters named in `errors`.",
            )


PUBLIC_PROJECTS = Listing(
    shape=PUBLIC_SHAPE,
    base=PUBLIC,
    filters=PUBLIC_FILTERS,
    orderings=ORDERINGS,
    geojson=GEOMETRY,
    on_empty=ask_again,
)
STAFF_PROJECTS = Listing(
    shape=STAFF_SHAPE,
    filters=STAFF_FILTERS,
    orderings=ORDERINGS,
    geojson=GEOMETRY,
    on_empty=ask_again,
)
BOUNDARIES = Listing(
    shape=BOUNDARY_SHAPE,
    base='"row"."coordinates" IS NOT NULL',
    filters={"bbox": by_bbox, "search": by_search, "status": STAFF_FILTERS["status"]},
    geojson=GEOMETRY,
    default_format="geojson",
)
