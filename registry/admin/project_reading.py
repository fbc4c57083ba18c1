"""The parts of a project's page that are read: figures, overlaps, the timeline, and every list for readers."""

from typing import Any

from django.db.models import Q
from django.template.loader import render_to_string
from django.utils.html import format_html
from unfold.decorators import display

from registry.admin.boundary_widget import boundary_map
from registry.admin.project_form import SDG_NAMES
from registry.models import BoundaryOverlap, Project

# For people who may only read: which field shows what the editors' input of another name would.
READING_FIELDS = {
    "coordinates": "boundary_shown",
    "tree_types": "tree_types_shown",
    "further_methodologies": "further_methodologies_shown",
    "labels": "labels_shown",
    "sdg_goals": "sdg_goals_shown",
}


def overlaps_of(project: Project) -> list[dict[str, Any]]:
    """Return the project's overlaps seen from its side: the other project, shared hectares and percent."""
    rows = (
        BoundaryOverlap.objects.filter(Q(first=project) | Q(second=project))
        .select_related("first", "second", "decided_by")
        .defer("first__coordinates", "second__coordinates")
        .order_by("state", "-shared_ha")
    )
    return [
        {
            "overlap": row,
            "other": row.second if row.first_id == project.pk else row.first,
            "percent": 100 * (row.share_of_first if row.first_id == project.pk else row.share_of_second),
        }
        for row in rows
    ]


class ReadingMixin:
    """Read-only fields of the project page."""

    @display(description="land shared with others")
    def overlap_table(self, obj: Project) -> Any:
        """Show each overlap with its size, state and the next step."""
        if obj.pk is None or obj.coordinates is None:
            return "Draw the boundary: overlaps with other projects are found when it is saved."
        return render_to_string("registry/overlap_table.html", {"rows": overlaps_of(obj)})

    @display(description="lifecycle so far")
    def lifecycle_timeline(self, obj: Project) -> Any:
        """Show who moved the project, when, through which entrance, and what they said."""
        return render_to_string(
            "registry/lifecycle_timeline.html",
            {"changes": obj.status_changes.select_related("actor"), "project": obj},
        )

    @display(description="boundary")
    def boundary_shown(self, obj: Project) -> Any:
        """Show the boundary on a map."""
        if obj.coordinates is None:
            return "No boundary has been drawn."
        return boundary_map(obj.coordinates, caption=f"{obj.area_ha:,.1f} ha computed on the WGS 84 ellipsoid.")

    @display(description="tree species")
    def tree_types_shown(self, obj: Project) -> str:
        """Return the species."""
        return ", ".join(obj.tree_types) or "–"

    @display(description="further methodologies")
    def further_methodologies_shown(self, obj: Project) -> str:
        """Return the codes."""
        return ", ".join(obj.further_methodologies) or "–"

    @display(description="labels")
    def labels_shown(self, obj: Project) -> str:
        """Return the labels."""
        return ", ".join(obj.labels) or "–"

    @display(description="sustainable development goals")
    def sdg_goals_shown(self, obj: Project) -> Any:
        """Return the goals with their names."""
        if not obj.sdg_goals:
            return "–"
        return format_html("{}", ", ".join(f"{goal} {SDG_NAMES[goal - 1]}" for goal in obj.sdg_goals))
