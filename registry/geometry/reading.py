"""From whatever JSON a client sends to named polygons with checked positions.

Nothing here recurses, and the positions are counted before any is looked at, so a hostile value costs
no more than the vertex limit allows. A person counts from one, so the words do too.
"""

import itertools
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NoReturn

from registry.errors import BoundaryInvalid
from registry.geometry.measure import COORDINATE_DECIMALS

Position = tuple[float, float]
Ring = list[Position]

CHARACTERS_PER_VERTEX = 250
"""Room for one position in pretty-printed JSON; a longer text is refused unread."""
SHORTEST_RING = 4
LARGEST_NUMBER = 1e15
WGS84_NAME = re.compile(r"(^|[:/])(crs ?84|4326|wgs ?84)$", re.IGNORECASE)
ACCEPTED = "Send a GeoJSON Polygon, MultiPolygon, Feature or FeatureCollection."


@dataclass(frozen=True, slots=True)
class NamedPolygon:
    """A polygon as it was sent: the outer ring, then its holes; `name` says which one it was."""

    name: str
    rings: list[Ring]


def refuse(reason: str, where: str = "") -> NoReturn:
    """Raise BoundaryInvalid with the place, when there is one, in front of the reason."""
    raise BoundaryInvalid(f"{where[0].upper()}{where[1:]}: {reason}" if where else reason)


def read_polygons(value: object, max_vertices: int) -> list[NamedPolygon]:
    """Return the polygons of any accepted form. Raises BoundaryInvalid."""
    if isinstance(value, str):
        value = _from_text(value, max_vertices * CHARACTERS_PER_VERTEX)
    raw = _counted(_raw_polygons(value), max_vertices)
    if not raw:
        refuse(f"The boundary holds no polygon. {ACCEPTED}")
    return [NamedPolygon(name, _rings(name, rings)) for name, rings in raw]


def ring_name(polygon: str, index: int) -> str:
    """What a person calls the ring at `index` of a polygon."""
    ring = "outer ring" if index == 0 else f"hole {index}"
    return f"{polygon}, {ring}" if polygon else ring


def _from_text(text: str, limit: int) -> object:
    if len(text) > limit:
        refuse(f"The text of the boundary is longer than {limit:,} characters. Simplify the boundary.")

    def not_json(constant: str) -> NoReturn:
        refuse(f"{constant} is not JSON and cannot be a coordinate.")

    try:
        return json.loads(text.removeprefix("\ufeff"), parse_constant=not_json)
    except json.JSONDecodeError as error:
        refuse(f"The boundary is not valid JSON (line {error.lineno}, column {error.colno}). {ACCEPTED}")
    except (ValueError, RecursionError):
        refuse(f"The boundary is not GeoJSON: it is nested too deeply or has a number too long. {ACCEPTED}")


def _raw_polygons(value: object) -> Iterator[tuple[str, object]]:
    """Yield (name, coordinates) of each polygon, not looking inside the coordinates."""
    if isinstance(value, Mapping):
        kind = value.get("type")
        if kind == "FeatureCollection":
            _check_crs(value, "")
            for number, feature in enumerate(_array(value.get("features"), "`features`"), start=1):
                yield from _feature(feature, f"feature {number}")
        elif kind == "Feature":
            yield from _feature(value, "")
        else:
            yield from _geometry(value, "")
    elif isinstance(value, list | tuple):
        yield from _bare_list(value)
    else:
        refuse(f"The boundary is {_shown(value)}. {ACCEPTED}")


def _bare_list(items: list[Any] | tuple[Any, ...]) -> Iterator[tuple[str, object]]:
    """A list without a `type`: of GeoJSON objects, or the coordinates of a Polygon or MultiPolygon."""
    if not items:
        return
    if isinstance(items[0], Mapping):
        for number, item in enumerate(items, start=1):
            name = f"item {number}"
            if isinstance(item, Mapping) and item.get("type") == "Feature":
                yield from _feature(item, name)
            else:
                yield from _geometry(item, name)
        return
    depth, inner = 0, items
    while isinstance(inner, list | tuple) and inner and depth < 5:
        depth, inner = depth + 1, inner[0]
    if depth == 3:
        yield "", items
    elif depth == 4:
        yield from _members(items, "")
    else:
        refuse(
            "A bare list must be the coordinates of a Polygon (a list of rings) or of a MultiPolygon"
            f" (a list of polygons). {ACCEPTED}"
        )


def _feature(value: object, where: str) -> Iterator[tuple[str, object]]:
    if not isinstance(value, Mapping) or value.get("type") != "Feature":
        refuse("this is not a GeoJSON Feature.", where)
    _check_crs(value, where)
    geometry = value.get("geometry")
    if geometry is None:
        refuse("the Feature has no geometry. Remove it or give it a polygon.", where or "boundary")
    yield from _geometry(geometry, where)


def _geometry(value: object, where: str) -> Iterator[tuple[str, object]]:
    if not isinstance(value, Mapping):
        refuse(f"{_shown(value)} is not a GeoJSON geometry. {ACCEPTED}", where or "boundary")
    kind = value.get("type")
    _check_crs(value, where)
    if kind == "Polygon":
        yield where, value.get("coordinates")
    elif kind == "MultiPolygon":
        yield from _members(_array(value.get("coordinates"), "`coordinates`", where), where)
    elif kind in ("Point", "MultiPoint", "LineString", "MultiLineString"):
        refuse(f"a {kind} encloses no land. {ACCEPTED}", where or "boundary")
    elif kind == "GeometryCollection":
        refuse(f"a GeometryCollection is not accepted. {ACCEPTED}", where or "boundary")
    elif kind is None:
        refuse(f"there is no GeoJSON `type`. {ACCEPTED}", where or "boundary")
    else:
        refuse(f"the type {_shown(kind)} is not accepted. {ACCEPTED}", where or "boundary")


def _members(items: list[Any] | tuple[Any, ...], where: str) -> Iterator[tuple[str, object]]:
    for number, rings in enumerate(items, start=1):
        yield (f"{where}, polygon {number}" if where else f"polygon {number}"), rings


def _check_crs(value: Mapping[str, Any], where: str) -> None:
    """GeoJSON is WGS 84; the old `crs` member is tolerated only where it says the same."""
    crs = value.get("crs")
    if crs is None:
        return
    properties = crs.get("properties") if isinstance(crs, Mapping) else crs
    name = properties.get("name") if isinstance(properties, Mapping) else properties
    if not isinstance(name, str) or not WGS84_NAME.search(name.strip()):
        refuse(
            f"the coordinate system {_shown(name)} is not WGS 84. Transform the boundary to WGS 84"
            " longitude and latitude (EPSG:4326) and leave `crs` out.",
            where or "boundary",
        )


def _array(value: object, what: str, where: str = "") -> list[Any] | tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        refuse(f"{what} must be a list, not {_shown(value)}.", where or "boundary")
    return value


def _counted(
    polygons: Iterator[tuple[str, object]], max_vertices: int
) -> list[tuple[str, list[list[Any] | tuple[Any, ...]]]]:
    """Check that rings are lists and count their positions, stopping at the first one too many."""
    counted, vertices = [], 0
    for name, value in polygons:
        rings = [
            _array(ring, "a ring", ring_name(name, index))
            for index, ring in enumerate(_array(value, "`coordinates`", name)[: max_vertices + 1])
        ]
        if not rings:
            refuse("there is no ring. A polygon needs an outer ring.", name or "polygon")
        for index, ring in enumerate(rings):
            vertices += len(ring)
            if vertices > max_vertices:
                refuse(
                    f"The boundary has more than {max_vertices:,} positions. Simplify it: a tolerance of"
                    " one metre is usually enough."
                )
            if len(ring) < SHORTEST_RING:
                refuse(
                    f"a ring needs at least {SHORTEST_RING} positions, the last repeating the first;"
                    f" this one has {len(ring)}.",
                    ring_name(name, index),
                )
        counted.append((name, rings))
    return counted


def _rings(name: str, rings: list[list[Any] | tuple[Any, ...]]) -> list[Ring]:
    return [_ring(ring, ring_name(name, index)) for index, ring in enumerate(rings)]


def _ring(values: list[Any] | tuple[Any, ...], where: str) -> Ring:
    """Positions rounded to a centimetre, closed, without consecutive repeats."""
    positions = [_position(value, f"{where}, position {number}") for number, value in enumerate(values, 1)]
    if positions[0] != positions[-1]:
        refuse(
            f"the ring is not closed. Its last position must repeat the first,"
            f" [{positions[0][0]:g}, {positions[0][1]:g}].",
            where,
        )
    for number, (before, after) in enumerate(itertools.pairwise(positions), start=2):
        if abs(after[0] - before[0]) >= 180:
            refuse(
                f"the edge from longitude {before[0]:g} to {after[0]:g} goes half round the Earth or more."
                " Cut a boundary that crosses the 180th meridian into two polygons there.",
                f"{where}, position {number}",
            )
    ring = [positions[0]]
    ring.extend(after for before, after in itertools.pairwise(positions) if after != before)
    if len(ring) < SHORTEST_RING:
        refuse("the ring has fewer than three different positions, so it encloses no area.", where)
    return ring


def _position(value: object, where: str) -> Position:
    if not isinstance(value, list | tuple) or not 2 <= len(value) <= 4:
        refuse(f"a position is [longitude, latitude], not {_shown(value)}.", where)
    longitude, latitude = [_number(number, where) for number in value][:2]
    in_range = -180 <= longitude <= 180
    if in_range and -90 <= latitude <= 90:
        # Adding 0.0 turns the negative zero that rounding can leave into zero.
        return (
            round(longitude, COORDINATE_DECIMALS) + 0.0,
            round(latitude, COORDINATE_DECIMALS) + 0.0,
        )
    if in_range and -90 <= longitude <= 90 and -180 <= latitude <= 180:
        refuse(
            f"latitude {_shown(latitude)} is outside -90 to 90. Longitude and latitude look swapped:"
            " GeoJSON writes [longitude, latitude].",
            where,
        )
    axis, wrong, limit = ("latitude", latitude, 90) if in_range else ("longitude", longitude, 180)
    hint = "Give WGS 84 degrees as [longitude, latitude]."
    if abs(wrong) > 1_000:
        hint = "It looks like metres of a projected system. Transform it to WGS 84 longitude and latitude."
    refuse(f"{axis} {_shown(wrong)} is outside -{limit} to {limit}. {hint}", where)


def _number(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        refuse(f"{_shown(value)} is not a number.", where)
    if isinstance(value, Decimal):
        value = float(value) if value.is_finite() else math.nan
    if not abs(value) <= LARGEST_NUMBER:  # so written because NaN is not less than anything either
        refuse(f"{_shown(value)} is not a number a coordinate can have.", where)
    return float(value)


def _shown(value: object) -> str:
    """A short ASCII picture of any value; never fails and never repeats much of what was sent."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return "a number beyond 1e15" if abs(value) > LARGEST_NUMBER else f"{value:.10g}"
    if isinstance(value, str):
        return ascii(value if len(value) <= 40 else value[:40] + "...")
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    return "an object" if isinstance(value, Mapping) else f"a {type(value).__name__}"
