"""Project boundaries: reading GeoJSON, judging it, measuring land, and finding land claimed twice."""

from registry.geometry.boundary import MAX_VERTICES, Boundary, area_deviation, parse_boundary
from registry.geometry.overlap import NEGLIGIBLE_SHARED_HA, SharedArea, shared_area

__all__ = [
    "MAX_VERTICES",
    "NEGLIGIBLE_SHARED_HA",
    "Boundary",
    "SharedArea",
    "area_deviation",
    "parse_boundary",
    "shared_area",
]
