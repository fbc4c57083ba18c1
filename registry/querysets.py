"""Narrowing projects: who may see what, and every filter of the public list."""

from typing import Self

from django.db import models

from registry.choices import PUBLIC_STATUSES


class ProjectQuerySet(models.QuerySet["Project"]):  # type: ignore[type-var]  # noqa: F821
    """Projects, narrowed by visibility and by place."""

    def public(self) -> Self:
        """Only what anyone may see: published and in a public status."""
        return self.filter(published=True, status__in=PUBLIC_STATUSES)

    def in_bbox(self, west: float, south: float, east: float, north: float) -> Self:
        """Only projects whose bounding box meets this one (degrees, WGS 84); uses the GiST box index."""
        return self.extra(  # noqa: S610 - parameters are bound; the ORM has no box operator
            where=[
                "box(point(registry_project.bbox_west, registry_project.bbox_south),"
                " point(registry_project.bbox_east, registry_project.bbox_north))"
                " && box(point(%s, %s), point(%s, %s))"
            ],
            params=[west, south, east, north],
        )
