"""The columns of the list of projects."""

from decimal import Decimal
from typing import Any

from django.db.models import F
from django.utils.html import format_html
from unfold.decorators import display

from registry.choices import ProjectStatus
from registry.models import Project

STATUS_COLOURS = {
    ProjectStatus.DRAFT.label: "default",
    ProjectStatus.SUBMITTED.label: "info",
    ProjectStatus.UNDER_VALIDATION.label: "info",
    ProjectStatus.RETURNED.label: "warning",
    ProjectStatus.REGISTERED.label: "success",
    ProjectStatus.SUSPENDED.label: "warning",
    ProjectStatus.COMPLETED.label: "success",
    ProjectStatus.REJECTED.label: "danger",
    ProjectStatus.WITHDRAWN.label: "danger",
}


class ColumnsMixin:
    """What the list shows of each project."""

    @display(description="project", ordering="project_name", header=True)
    def name_and_origin(self, obj: Project) -> list[Any]:
        """Return the name over the number here and in the origin registry."""
        origin = f" · {obj.get_origin_registry_display()} {obj.origin_id}" if obj.origin_registry else ""
        return [obj.project_name, f"No. {obj.pk}{origin}"]

    @display(description="type", ordering="project_type__code")
    def type_code(self, obj: Project) -> Any:
        """Return the type's code; its name stands in the tooltip."""
        return format_html('<abbr title="{}">{}</abbr>', obj.project_type.name, obj.project_type.code)

    @display(description="status", ordering="status", label=STATUS_COLOURS)
    def status_badge(self, obj: Project) -> str:
        """Return the status as a badge."""
        return obj.get_status_display()

    @display(description="public", ordering="published", label={"Public": "success", "Waits": "info"})
    def public(self, obj: Project) -> str | None:
        """Return whether the public sees it now, or will once it is registered."""
        if obj.is_public:
            return "Public"
        return "Waits" if obj.published else None

    @display(description="vintage", ordering=F("vintage_year").desc(nulls_last=True))
    def vintage(self, obj: Project) -> str:
        """Return the first vintage year."""
        return str(obj.vintage_year or "–")

    @display(description="area (ha)", ordering=F("area_ha").desc(nulls_last=True))
    def area(self, obj: Project) -> str:
        """Return the computed area, or the declared one where there is no boundary."""
        value = obj.area_ha if obj.area_ha is not None else obj.total_area
        return _thousands(value)

    @display(description="reductions (t/year)", ordering=F("estimated_annual_reductions").desc(nulls_last=True))
    def reductions(self, obj: Project) -> str:
        """Return the estimated annual reductions."""
        return _thousands(obj.estimated_annual_reductions)

    @display(description="updated", ordering="updated_date")
    def updated_on(self, obj: Project) -> str:
        """Return the day of the last change."""
        return f"{obj.updated_date:%d %b %Y}"

    @display(description="overlaps", label={"Open": "danger"})
    def overlap_flag(self, obj: Any) -> str | None:
        """Flag a project whose land another one claims too."""
        return "Open" if obj.shares_land else None


def _thousands(value: Decimal | None) -> str:
    return "–" if value is None else f"{value:,.0f}"
