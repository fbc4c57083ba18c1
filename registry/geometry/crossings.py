"""A guard for overlays: two comb-shaped polygons of the size we accept can cross a hundred million times."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

MOST_CROSSINGS = 100_000
"""An overlay with this many takes two or three seconds; neighbours of 20,000 positions that share their
whole line, the hardest real case, have about 60,000."""
_EDGES_AT_ONCE = 200


def too_many_crossings(geometries: Sequence[BaseGeometry]) -> bool:
    """Say whether edges of different `geometries` meet so often that an overlay would run away.

    Edges meet, here, when their bounding boxes do, which is what an overlay has to look at.
    """
    edges = [_edges(geometry) for geometry in geometries]
    owner = np.repeat(np.arange(len(edges)), [len(some) for some in edges])
    lines = np.concatenate(edges)
    tree = shapely.STRtree(lines)
    found = 0
    for start in range(0, len(lines), _EDGES_AT_ONCE):
        mine, theirs = tree.query(lines[start : start + _EDGES_AT_ONCE])
        # Each pair is seen from both sides; the comparison keeps one of them, and none within one geometry.
        found += int(np.count_nonzero(owner[start + mine] < owner[theirs]))
        if found > MOST_CROSSINGS:
            return True
    return False


def _edges(geometry: BaseGeometry) -> npt.NDArray[Any]:
    """Every edge as a line of its own."""
    pieces = []
    for ring in shapely.get_rings(shapely.get_parts(geometry)):
        positions = shapely.get_coordinates(ring)
        pieces.append(np.stack([positions[:-1], positions[1:]], axis=1))
    return shapely.linestrings(np.concatenate(pieces))
