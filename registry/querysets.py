"""Narrowing projects: who may see what, and every filter of the public list."""

from typing import Self, TypeVar, cast

from django.db import models

from registry.choices import PUBLIC_STATUSES

Project_co = TypeVar("Project_co", bound=models.Model, covariant=True)

_BOXES_MEET = """
    box(point(registry_project.bbox_west, registry_project.bbox_south),
        point(registry_project.bbox_east, registry_project.bbox_north))
    && box(point(%s, %s), point(%s, %s))
"""


class ProjectQuerySet(models.QuerySet[Project_co]):
    """Projects, narrowed by visibility and by place."""

    def public(self) -> Self:
        """Only what anyone may see: published and in a public status."""
        return self.filter(published=True, status__in=PUBLIC_STATUSES)

    def in_bbox(self, west: float, south: float, east: float, north: float) -> Self:
        """Only projects whose bounding box meets this one (degrees, WGS 84); uses the GiST box index.

        Raw SQL because the ORM has no box operator; the values are bound parameters.
        """
        located = self.filter(bbox_west__isnull=False)
        return cast("Self", located.extra(where=[_BOXES_MEET], params=[west, south, east, north]))  # noqa: S610 - said above
