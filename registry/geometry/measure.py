"""Areas, widths and centroids on the WGS 84 ellipsoid.

An edge of a boundary is what RFC 7946 says it is: a straight line in longitude and latitude. The land
under such an edge has an exact integral on the ellipsoid, so areas add up: a boundary cut in two has
exactly the area of its halves, and an overlap never measures more than the land that holds it. Geodesic
edges would not have that property, because a cut adds vertices and every vertex moves a geodesic.
`docs/boundaries.md` gives the size of the difference.
"""

import math
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

SEMI_MAJOR_M = 6_378_137.0
FLATTENING = 1 / 298.257223563
SEMI_MINOR_M = SEMI_MAJOR_M * (1 - FLATTENING)
ECCENTRICITY = math.sqrt(FLATTENING * (2 - FLATTENING))
DEGREE_M = math.pi / 180 * SEMI_MAJOR_M
COORDINATE_DECIMALS = 7
"""Seven decimals of a degree are about one centimetre, finer than any survey of land."""

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(5)
_Floats = npt.NDArray[Any]


def _zone_m2_per_radian(latitude: _Floats) -> _Floats:
    """Area between the equator and `latitude` (radians), per radian of longitude: the closed formula."""
    sine = np.sin(latitude)
    return (SEMI_MINOR_M**2 / 2) * (
        sine / (1 - (ECCENTRICITY * sine) ** 2) + np.arctanh(ECCENTRICITY * sine) / ECCENTRICITY
    )


def ring_area_m2(positions: _Floats | list[tuple[float, float]]) -> float:
    """Signed area in square metres of a closed ring of (longitude, latitude); anticlockwise is positive.

    Along each edge the zone area is averaged by five-point Gauss-Legendre quadrature, whose error is
    below 1e-9 of the area even for an edge that spans a quarter of the globe.
    """
    radians = np.radians(np.asarray(positions, dtype=float)[:, :2])
    longitude, latitude = radians[:, 0], radians[:, 1]
    middle = (latitude[1:] + latitude[:-1]) / 2
    half = (latitude[1:] - latitude[:-1]) / 2
    # Measured from the ring's own southern edge, because small rings would otherwise lose digits.
    origin = _zone_m2_per_radian(latitude.min())
    zones = _zone_m2_per_radian(middle[:, None] + half[:, None] * _NODES) - origin
    return float(-np.sum(np.diff(longitude) * (zones @ _WEIGHTS) / 2))


def polygons_of(geometry: BaseGeometry) -> list[Polygon]:
    """The polygons inside any geometry; the points and lines that an intersection leaves are dropped."""
    if isinstance(geometry, Polygon):
        return [] if geometry.is_empty else [geometry]
    return [part for child in getattr(geometry, "geoms", ()) for part in polygons_of(child)]


def polygon_area_m2(polygon: Polygon) -> float:
    """Area in square metres, holes subtracted, whichever way the rings run."""
    holes = sum(abs(ring_area_m2(shapely.get_coordinates(hole))) for hole in polygon.interiors)
    return abs(ring_area_m2(shapely.get_coordinates(polygon.exterior))) - holes


def area_m2(geometry: BaseGeometry) -> float:
    """Area in square metres of every polygon in `geometry`."""
    return math.fsum(polygon_area_m2(part) for part in polygons_of(geometry))


def hectares(square_metres: float) -> Decimal:
    """Square metres as hectares with four decimals, which is a resolution of one square metre."""
    return (Decimal(repr(square_metres)) / 10_000).quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP)


def mean_width_m(polygon: Polygon) -> float:
    """Area over half the circumference: for a long strip, the width of the strip in metres."""
    circumference = 0.0
    for ring in (polygon.exterior, *polygon.interiors):
        positions = shapely.get_coordinates(ring)
        east, north = np.diff(positions[:, 0]), np.diff(positions[:, 1])
        shrink = np.cos(np.radians((positions[1:, 1] + positions[:-1, 1]) / 2))
        circumference += float(np.sum(np.hypot(east * shrink, north))) * DEGREE_M
    return 2 * polygon_area_m2(polygon) / circumference if circumference else 0.0


def centroid(geometry: BaseGeometry) -> tuple[float, float]:
    """Longitude and latitude of the centre of the land, parts weighted by their true area.

    A boundary cut at the 180th meridian, as RFC 7946 asks, is put together again first, so that its
    centre lies in it and not on the other side of the Earth.
    """
    parts = polygons_of(geometry)
    shifts = _shifts_across_antimeridian(parts)
    weights = [polygon_area_m2(part) for part in parts]
    total = math.fsum(weights)
    longitude = math.fsum(
        weight * (part.centroid.x + shift) for weight, part, shift in zip(weights, parts, shifts, strict=True)
    )
    latitude = math.fsum(weight * part.centroid.y for weight, part in zip(weights, parts, strict=True))
    wrapped = (longitude / total + 180) % 360 - 180
    return round(wrapped, COORDINATE_DECIMALS), round(latitude / total, COORDINATE_DECIMALS)


def _shifts_across_antimeridian(parts: Iterable[Polygon]) -> list[int]:
    """360 for each western part when that brings the parts closer together, else 0 for all."""
    bounds = [part.bounds for part in parts]
    shifts = [360 if east <= 0 else 0 for _, _, east, _ in bounds]

    def extent(offsets: list[int]) -> float:
        return max(box[2] + by for box, by in zip(bounds, offsets, strict=True)) - min(
            box[0] + by for box, by in zip(bounds, offsets, strict=True)
        )

    unmoved = [0] * len(bounds)
    return shifts if extent(shifts) < extent(unmoved) else unmoved


def as_geometry(polygons: list[Polygon]) -> Polygon | MultiPolygon:
    """One polygon as itself, several as a multipolygon."""
    return polygons[0] if len(polygons) == 1 else MultiPolygon(polygons)
