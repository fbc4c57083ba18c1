"""From named polygons to one valid geometry: rings judged, parts that touch joined, double claims refused."""

import itertools
import re
from collections.abc import Iterator

import shapely
from shapely.errors import GEOSException
from shapely.geometry import MultiPolygon, Polygon

from registry.geometry.crossings import too_many_crossings
from registry.geometry.measure import (
    COORDINATE_DECIMALS,
    area_m2,
    as_geometry,
    hectares,
    polygon_area_m2,
    polygons_of,
)
from registry.geometry.reading import NamedPolygon, Ring, refuse, ring_name

GRID_DEGREES = 10.0**-COORDINATE_DECIMALS
TOLERATED_OVERLAP_M2 = 100.0
"""Parts of one boundary that overlap by no more than this in all (a 10 m square) are joined silently."""
SMALLEST_M2 = 1.0
_PAIRS_LOOKED_AT = 1_000

_REASON = re.compile(r"^(?P<what>[^\[]*?)\s*(?:\[(?P<lon>\S+) (?P<lat>\S+)[^\]]*\])?$")
_RINGS_CROSS = "Rings cross"
_WORDS = {
    "Self-intersection": "the line crosses itself{near}. Move or remove the position that makes the loop.",
    _RINGS_CROSS: "two of its rings cross or share a line{near}. Holes lie inside the outer ring and apart.",
    "Ring Self-intersection": "the line touches itself{near}. Split the ring there or move the position.",
    "Hole lies outside shell": "a hole lies outside the outer ring{near}. Separate areas are a MultiPolygon.",
    "Holes are nested": "a hole lies inside another hole{near}. Give the inner area as its own polygon.",
    "Duplicate Rings": "the same ring is given twice{near}. Remove one.",
    "Interior is disconnected": "the holes cut the area in pieces{near}. Give each piece as its own polygon.",
}


def assemble(polygons: list[NamedPolygon]) -> Polygon | MultiPolygon:
    """Return a valid Polygon or MultiPolygon with outer rings anticlockwise. Raises BoundaryInvalid.

    Parts that share an edge, as neighbouring parcels do, become one part, because GeoJSON readers may
    refuse a multipolygon whose parts touch along a line. Parts that overlap are refused: which of the
    two is right is for a person to say.
    """
    parts = [_checked(polygon) for polygon in polygons]
    geometry = as_geometry(parts)
    if len(parts) > 1 and not geometry.is_valid:
        geometry = _joined(parts, [polygon.name for polygon in polygons])
    if area_m2(geometry) < SMALLEST_M2:
        refuse("The boundary encloses less than one square metre.")
    return as_geometry([_right_handed(part) for part in polygons_of(geometry)])


def _checked(polygon: NamedPolygon) -> Polygon:
    for index, ring in enumerate(polygon.rings):
        if shapely.LineString(ring).convex_hull.area == 0:
            refuse("the positions lie on one line and enclose no area.", ring_name(polygon.name, index))
        reason = shapely.is_valid_reason(Polygon(ring))
        if reason != "Valid Geometry":
            refuse(_in_words(reason), ring_name(polygon.name, index))
    shape = Polygon(polygon.rings[0], polygon.rings[1:])
    reason = shapely.is_valid_reason(shape)
    if reason != "Valid Geometry":
        # Each ring is sound by itself, so what crosses here is one ring and another.
        reason = reason.replace("Self-intersection", _RINGS_CROSS, 1)
        refuse(_in_words(reason), polygon.name or "polygon")
    return shape


def _in_words(reason: str) -> str:
    found = _REASON.match(reason)
    if found is None:
        return f"the shape is not valid ({reason})."
    near = f" near [{float(found['lon']):.6f}, {float(found['lat']):.6f}]" if found["lon"] else ""
    words = _WORDS.get(found["what"], f"the shape is not valid{{near}} ({found['what'].lower()}).")
    return words.format(near=near)


def _joined(parts: list[Polygon], names: list[str]) -> Polygon | MultiPolygon:
    if too_many_crossings(parts):
        refuse("The polygons of the boundary cross each other in very many places. Draw each area once.")
    try:
        exact = shapely.union_all(parts)
        doubled = sum(polygon_area_m2(part) for part in parts) - area_m2(exact)
        if doubled > TOLERATED_OVERLAP_M2:
            refuse(_overlap_in_words(parts, names, doubled))
        snapped = shapely.union_all(parts, grid_size=GRID_DEGREES)
    except GEOSException:
        refuse("The polygons of the boundary could not be joined. Join them in a mapping program first.")
    joined = shapely.transform(snapped, lambda positions: positions.round(COORDINATE_DECIMALS) + 0.0)
    kept = polygons_of(joined)
    if not kept or not joined.is_valid:
        refuse("The polygons of the boundary could not be joined. Join them in a mapping program first.")
    return as_geometry(kept)


def _overlap_in_words(parts: list[Polygon], names: list[str], doubled_m2: float) -> str:
    """Name the first two parts that overlap by a fair piece of the whole, so that a person can look there."""
    remedy = "The same land would be counted twice. Join them or cut one back."
    for one, other in itertools.islice(_neighbours(parts), _PAIRS_LOOKED_AT):
        both = area_m2(shapely.intersection(parts[one], parts[other]))
        if both * len(parts) > doubled_m2:
            return f"{names[one].capitalize()} and {names[other]} overlap by {hectares(both)} ha. {remedy}"
    return f"Polygons of the boundary overlap each other by {hectares(doubled_m2)} ha in all. {remedy}"


def _neighbours(parts: list[Polygon]) -> Iterator[tuple[int, int]]:
    """Pairs of parts whose bounding boxes meet, each once, in the order in which they were sent."""
    tree = shapely.STRtree(parts)
    for index, part in enumerate(parts):
        yield from ((index, int(other)) for other in sorted(tree.query(part)) if other > index)


def _right_handed(polygon: Polygon) -> Polygon:
    """Outer ring anticlockwise, holes clockwise, each starting where it started."""
    return Polygon(
        _turned(list(polygon.exterior.coords), anticlockwise=True),
        [_turned(list(hole.coords), anticlockwise=False) for hole in polygon.interiors],
    )


def _turned(ring: Ring, *, anticlockwise: bool) -> Ring:
    return ring if shapely.LinearRing(ring).is_ccw == anticlockwise else ring[::-1]
