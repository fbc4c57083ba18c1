"""The boundaries around a place, for the map on which a boundary is drawn."""

from typing import Any

from registry.choices import LAND_RELEASING_STATUSES
from registry.models import Project

MOST_NEIGHBOURS = 200


def neighbours_in_box(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    """Return the projects whose bounding box meets this one (degrees) as a GeoJSON FeatureCollection.

    At most `MOST_NEIGHBOURS`, the oldest first; projects that gave their land back are left out.
    """
    rows = (
        Project.objects.in_bbox(west, south, east, north)
        .exclude(status__in=LAND_RELEASING_STATUSES)
        .order_by("pk")
        .values_list("pk", "project_name", "coordinates")[:MOST_NEIGHBOURS]
    )
    features = [
        {"type": "Feature", "id": pk, "properties": {"name": name}, "geometry": geometry} for pk, name, geometry in rows
    ]
    return {"type": "FeatureCollection", "features": features}
