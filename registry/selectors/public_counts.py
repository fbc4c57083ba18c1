"""What the public front page tells: how many projects, countries and types there are to see, and the newest of them."""

from dataclasses import dataclass

from django.db.models import Count

from registry.models import Project

NEWEST = 6


@dataclass(frozen=True)
class PublicCounts:
    """What anyone may see, counted."""

    projects: int
    countries: int
    types: int


def public_counts() -> PublicCounts:
    """Count the published projects in a public status, their countries and their types, in one query."""
    counts = Project.objects.public().aggregate(
        projects=Count("pk"),
        countries=Count("country", distinct=True),
        types=Count("project_type", distinct=True),
    )
    return PublicCounts(**counts)


def newest_public_projects(count: int = NEWEST) -> list[Project]:
    """Return the public projects that came last, newest first, with country and type."""
    return list(
        Project.objects.public()
        .select_related("country", "project_type")
        .only(
            "pk", "project_name", "region", "vintage_year", "origin_registry", "origin_id", "origin_url",
            "country__name", "project_type__name", "project_type__code",
        )
        .order_by("-pk")[:count]
    )  # fmt: skip
