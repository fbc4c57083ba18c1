"""The project lists: their shape, filters and orderings."""

from carboncore.common.api.listing import Listing, ListQuery
from carboncore.common.api.statements import fetch_all
from carboncore.common.errors import InvalidInput
from registry.api.project_shapes import BOUNDARY_SHAPE, PUBLIC_SHAPE, STAFF_SHAPE
from registry.selectors.project_filters import ORDERINGS, PUBLIC, PUBLIC_FILTERS, STAFF_FILTERS, by_bbox, by_search

GEOMETRY = (
    'coalesce("row"."coordinates"::json, CASE WHEN "row"."centroid_longitude" IS NOT NULL THEN'
    " json_build_object('type', 'Point', 'coordinates',"
    ' json_build_array("row"."centroid_longitude", "row"."centroid_latitude")) END)'
)


def refuse_unknown(asked: ListQuery) -> None:
    """Tell a type or standard that does not exist from one that no project has; only an empty page asks.

    Raises:
        InvalidInput: naming those that exist.
    """
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
        text = str(asked.raw[name]).strip()
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
    on_empty=refuse_unknown,
)
STAFF_PROJECTS = Listing(
    shape=STAFF_SHAPE,
    filters=STAFF_FILTERS,
    orderings=ORDERINGS,
    geojson=GEOMETRY,
    on_empty=refuse_unknown,
)
BOUNDARIES = Listing(
    shape=BOUNDARY_SHAPE,
    base='"row"."coordinates" IS NOT NULL',
    filters={"bbox": by_bbox, "search": by_search, "status": STAFF_FILTERS["status"]},
    geojson=GEOMETRY,
    default_format="geojson",
)
