"""Every filter of the project lists: what its text may be, and the condition it becomes."""

import math
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation

from carboncore.common.api.listing import Condition, Filter, Ordering, read_boolean
from carboncore.common.countries import country_code_of
from carboncore.common.errors import InvalidInput
from registry.choices import PUBLIC_STATUSES, OriginRegistry, ProjectStatus
from registry.models.project import FIRST_VINTAGE, LAST_VINTAGE
from registry.search import MAX_TERMS, normalised_words
from registry.selectors.search import beginnings, search_query

PUBLIC = '"row"."published" AND "row"."status" IN ({})'.format(
    ", ".join(f"'{status.value}'" for status in PUBLIC_STATUSES)
)
BOUNDARY_BOX = (
    'box(point("row"."bbox_west", "row"."bbox_south"), point("row"."bbox_east", "row"."bbox_north"))'
    " && box(point(%s, %s), point(%s, %s))"
)
LARGEST_AMOUNT = Decimal(10) ** 15

ORDERINGS: Mapping[str, Ordering] = {
    "id": Ordering('"row"."id"'),
    "project_name": Ordering('"row"."project_name"', "text"),
    "vintage_year": Ordering('"row"."vintage_year"', "integer", nullable=True),
    "created_date": Ordering('"row"."created_date"', "timestamptz"),
    "updated_date": Ordering('"row"."updated_date"', "timestamptz"),
    "total_area": Ordering('"row"."total_area"', "numeric", nullable=True),
    "estimated_annual_reductions": Ordering('"row"."estimated_annual_reductions"', "numeric", nullable=True),
}


def _refuse(name: str, reason: str) -> InvalidInput:
    return InvalidInput({name: [reason]})


def _one(name: str, values: Sequence[str]) -> str:
    if len(values) > 1:
        raise _refuse(name, "Give this once.")
    if "\x00" in values[0] or len(values[0]) > 300:
        raise _refuse(name, "Use up to 300 characters of text.")
    return values[0].strip()


def _any_of(column: str, values: Sequence[str]) -> Condition:
    if len(values) == 1:
        return Condition(f"{column} = %s", (values[0],))
    return Condition(f"{column} = ANY(%s::text[])", (list(values),))


def by_type(values: Sequence[str]) -> Condition:
    """By the code or the id of the project type."""
    code = _one("type", values)
    if re.fullmatch(r"[0-9]{1,18}", code):
        return Condition('"row"."project_type_id" = %s', (int(code),))
    return Condition(
        '"row"."project_type_id" = (SELECT "id" FROM "registry_projecttype" WHERE "code" = %s)', (code.upper(),)
    )


def by_country(values: Sequence[str]) -> Condition:
    """By country, given as an ISO code or a name; several are alternatives."""
    codes = []
    for value in values:
        code = country_code_of(value[:200])
        if code is None:
            raise _refuse("country", f"“{value[:60]}” is no country; give an ISO 3166-1 code (BR) or name (Brazil).")
        codes.append(code)
    return _any_of('"row"."country_id"', codes)


def by_status(allowed: Sequence[ProjectStatus]) -> Filter:
    """Return the filter by lifecycle status; several are alternatives."""

    def condition(values: Sequence[str]) -> Condition:
        if not set(values) <= {status.value for status in allowed}:
            raise _refuse("status", f"Give one of {', '.join(status.value for status in allowed)}.")
        return _any_of('"row"."status"', values)

    return condition


def by_standard(values: Sequence[str]) -> Condition:
    """By the code or the name of a standard."""
    name = _one("standard", values)
    return Condition(
        'EXISTS (SELECT 1 FROM "registry_projectstandard" AS "c" JOIN "registry_standard" AS "s"'
        ' ON "s"."id" = "c"."standard_id" WHERE "c"."project_id" = "row"."id"'
        ' AND (upper("s"."code") = upper(%s) OR upper("s"."name") = upper(%s)))',
        (name, name),
    )


def by_vintage(name: str, comparison: str) -> Filter:
    """Return the filter by the first vintage year."""

    def condition(values: Sequence[str]) -> Condition:
        text = _one(name, values)
        if not re.fullmatch(r"[0-9]{4}", text) or not FIRST_VINTAGE <= int(text) <= LAST_VINTAGE:
            raise _refuse(name, f"Give a year from {FIRST_VINTAGE} to {LAST_VINTAGE}.")
        return Condition(f'"row"."vintage_year" {comparison} %s', (int(text),))

    return condition


def _amount(name: str, values: Sequence[str]) -> Decimal:
    try:
        amount = Decimal(_one(name, values))
    except InvalidOperation:
        raise _refuse(name, "Give a number, not negative.") from None
    if not amount.is_finite() or not 0 <= amount <= LARGEST_AMOUNT:
        raise _refuse(name, "Give a number, not negative.")
    return amount


def by_min_area(values: Sequence[str]) -> Condition:
    """By at least so many hectares, measured from the boundary or, without one, as declared."""
    return Condition('coalesce("row"."area_ha", "row"."total_area") >= %s::numeric', (_amount("min_area", values),))


def by_min_available(values: Sequence[str]) -> Condition:
    """By at least so many credits (tonnes) that can be bought now."""
    return Condition(
        'EXISTS (SELECT 1 FROM "registry_projectcredits" AS "c" WHERE "c"."project_id" = "row"."id"'
        ' AND "c"."available_kg" >= 1000 * %s::numeric)',
        (_amount("min_available", values),),
    )


def by_bbox(values: Sequence[str]) -> Condition:
    """By boundaries that meet a box: west,south,east,north in degrees; west greater than east crosses 180°."""
    words = "Give west,south,east,north in degrees: longitudes -180 to 180, latitudes -90 to 90, south below north."
    try:
        west, south, east, north = (float(part) for part in _one("bbox", values).split(","))
    except ValueError:
        raise _refuse("bbox", words) from None
    if not all(math.isfinite(edge) for edge in (west, south, east, north)):
        raise _refuse("bbox", words)
    if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= north <= 90):
        raise _refuse("bbox", words)
    if west > east:
        both = (west, south, 180.0, north, -180.0, south, east, north)
        return Condition(f"({BOUNDARY_BOX} OR {BOUNDARY_BOX})", both, plan_anew=True)
    return Condition(BOUNDARY_BOX, (west, south, east, north), plan_anew=True)


def by_search(values: Sequence[str]) -> Condition:
    """By words of the name, initiator, country, region, species or origin; each may be a beginning."""
    words = normalised_words(_one("search", values))
    if not words:
        raise _refuse("search", "Give at least one letter or digit.")
    if len(words) > MAX_TERMS:
        raise _refuse("search", f"Search for up to {MAX_TERMS} words.")
    return Condition('"row"."search_vector" @@ to_tsquery(\'simple\', %s)', (search_query(words),), plan_anew=True)


def by_species(values: Sequence[str]) -> Condition:
    """By a species: any part of one of the tree types, whatever its case."""
    text = _one("species", values)
    words = normalised_words(text)
    if not words or len(words) > MAX_TERMS:
        raise _refuse("species", f"Give a species in up to {MAX_TERMS} words.")
    # The words narrow by the index, the rest looks at the species themselves.
    return Condition(
        '"row"."search_vector" @@ to_tsquery(\'simple\', %s) AND EXISTS (SELECT 1 FROM'
        ' unnest("row"."tree_types") AS "species" WHERE position(lower(%s) IN lower("species")) > 0)',
        (beginnings(words), text),
        plan_anew=True,
    )


def by_published(values: Sequence[str]) -> Condition:
    """By whether it is published."""
    return Condition('"row"."published" = %s', (read_boolean("published", _one("published", values)),))


def by_origin(values: Sequence[str]) -> Condition:
    """By the registry that first listed it."""
    allowed = [registry.value for registry in OriginRegistry]
    if not {value.upper() for value in values} <= set(allowed):
        raise _refuse("origin", f"Give one of {', '.join(allowed)}.")
    return _any_of('"row"."origin_registry"', [value.upper() for value in values])


_SHARED: Mapping[str, Filter] = {
    "search": by_search,
    "type": by_type,
    "country": by_country,
    "standard": by_standard,
    "vintage_from": by_vintage("vintage_from", ">="),
    "vintage_to": by_vintage("vintage_to", "<="),
    "min_area": by_min_area,
    "min_available": by_min_available,
    "bbox": by_bbox,
    "species": by_species,
}
PUBLIC_FILTERS: Mapping[str, Filter] = {**_SHARED, "status": by_status(PUBLIC_STATUSES)}
STAFF_FILTERS: Mapping[str, Filter] = {
    **_SHARED,
    "status": by_status(list(ProjectStatus)),
    "published": by_published,
    "origin": by_origin,
}
FILTER_WORDS = {
    "search": "Words of name, initiator, country, region, species or origin id; beginnings count, accents do not,"
    " and a mistyped word is corrected.",
    "type": "Code or id of a project type.",
    "country": "ISO 3166-1 code or name; repeat it for several.",
    "standard": "Code or name of a standard.",
    "vintage_from": "First vintage year not before this.",
    "vintage_to": "First vintage year not after this.",
    "min_area": "Hectares at least.",
    "min_available": "Credits (tonnes) that can be bought, at least.",
    "bbox": "west,south,east,north in degrees; boundaries that meet this box.",
    "species": "Part of the name of a tree species.",
    "status": "Lifecycle status; repeat it for several.",
    "published": "true or false.",
    "origin": "Code of the registry that first listed it.",
}
