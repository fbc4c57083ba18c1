"""How much land two boundaries both claim."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import shapely
from shapely.errors import GEOSException
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from registry.errors import BoundaryInvalid
from registry.geometry.crossings import too_many_crossings
from registry.geometry.measure import area_m2, hectares, mean_width_m, polygon_area_m2, polygons_of

SLIVER_WIDTH_M = 0.05
"""Two neighbours that share a line digitised with different vertices overlap in strips a few centimetres
wide, whatever their length, because positions are kept to a centimetre. Such a strip is no land."""
NEGLIGIBLE_SHARED_HA = Decimal("0.01")
"""Less than this in all (a 10 m square) is within the error of a hand-held receiver and counts as none."""

_FOUR_PLACES = Decimal("0.0001")


@dataclass(frozen=True)
class SharedArea:
    """Land inside both boundaries, in hectares, and as a fraction (0 to 1) of each."""

    shared_ha: Decimal
    share_of_a: Decimal
    share_of_b: Decimal


def shared_area(a: Mapping[str, Any], b: Mapping[str, Any]) -> SharedArea:
    """Measure what two stored boundaries (GeoJSON from `Boundary.geometry`) have in common.

    Boundaries that only touch share nothing; so do overlaps below SLIVER_WIDTH_M or NEGLIGIBLE_SHARED_HA.

    Raises:
        BoundaryInvalid: the two cross each other so often that the overlap cannot be measured.
    """
    first, second = shape(a), shape(b)
    shared_m2 = _shared_m2(first, second)
    shared_ha = hectares(shared_m2)
    if shared_ha < NEGLIGIBLE_SHARED_HA:
        return SharedArea(Decimal("0.0000"), Decimal("0.0000"), Decimal("0.0000"))
    return SharedArea(shared_ha, _share(shared_m2, first), _share(shared_m2, second))


def _shared_m2(first: BaseGeometry, second: BaseGeometry) -> float:
    if not shapely.box(*first.bounds).intersects(shapely.box(*second.bounds)):
        return 0.0
    if too_many_crossings([first, second]):
        raise BoundaryInvalid(
            "The boundary crosses another project's in too many places to measure the overlap. Simplify it."
        )
    try:
        both = shapely.intersection(first, second)
    except GEOSException as error:
        raise BoundaryInvalid(f"The overlap with another project's boundary cannot be measured ({error}).") from error
    return sum(polygon_area_m2(piece) for piece in polygons_of(both) if mean_width_m(piece) >= SLIVER_WIDTH_M)


def _share(shared_m2: float, whole: BaseGeometry) -> Decimal:
    fraction = Decimal(repr(min(shared_m2 / area_m2(whole), 1.0)))
    return fraction.quantize(_FOUR_PLACES, rounding=ROUND_HALF_UP)
