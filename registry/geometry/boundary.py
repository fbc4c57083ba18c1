"""A project's boundary: accepted GeoJSON in one normal form, with the figures that are stored beside it."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import shapely
from shapely.geometry import MultiPolygon, Polygon

from registry.geometry.assembling import assemble
from registry.geometry.measure import area_m2, centroid, hectares
from registry.geometry.reading import read_polygons

MAX_VERTICES = 20_000


@dataclass(frozen=True)
class Boundary:
    """A valid boundary in WGS 84.

    `geometry` is a GeoJSON Polygon or MultiPolygon: two-dimensional, seven decimals, rings closed and
    right-handed, no bounding box or other members. `area_ha` is measured on the ellipsoid, holes
    subtracted. `west` is never greater than `east`: a boundary cut at the 180th meridian spans -180 to 180.
    """

    geometry: dict[str, Any]
    area_ha: Decimal
    centroid_longitude: float
    centroid_latitude: float
    west: float
    south: float
    east: float
    north: float
    vertices: int


def parse_boundary(value: object, *, max_vertices: int = MAX_VERTICES) -> Boundary:
    """Read a boundary from a Polygon, MultiPolygon, Feature, FeatureCollection, a list of them, or JSON text.

    Raises:
        BoundaryInvalid: the value is not such a thing, or encloses no land, or encloses it twice; the
            reason says where and what to do. Any JSON value ends in one or the other.
    """
    shape = assemble(read_polygons(value, max_vertices))
    longitude, latitude = centroid(shape)
    west, south, east, north = (float(edge) for edge in shape.bounds)
    return Boundary(
        geometry=_as_geojson(shape),
        area_ha=hectares(area_m2(shape)),
        centroid_longitude=longitude,
        centroid_latitude=latitude,
        west=west,
        south=south,
        east=east,
        north=north,
        vertices=int(shapely.count_coordinates(shape)),
    )


def area_deviation(declared_ha: Decimal, computed_ha: Decimal) -> Decimal:
    """How far the declared area is from the computed one, as a fraction of the computed one, never negative.

    Raises:
        ValueError: the computed area is not positive.
    """
    if computed_ha <= 0:
        raise ValueError("The computed area of a boundary is positive.")
    fraction = abs(declared_ha - computed_ha) / computed_ha
    return fraction.quantize(Decimal("0.000001"), rounding=ROUND_HALF_UP)


def _as_geojson(shape: Polygon | MultiPolygon) -> dict[str, Any]:
    """GeoJSON made of dicts and lists only, so that it equals what a JSON column gives back."""
    if isinstance(shape, Polygon):
        return {"type": "Polygon", "coordinates": _rings(shape)}
    return {"type": "MultiPolygon", "coordinates": [_rings(part) for part in shape.geoms]}


def _rings(polygon: Polygon) -> list[list[list[float]]]:
    return [
        [[longitude, latitude] for longitude, latitude in ring.coords]
        for ring in (polygon.exterior, *polygon.interiors)
    ]
