"""The registry's part of the dashboard: what waits, and the charts of what there is."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from carboncore.common.admin.charts import bar_chart
from carboncore.common.admin.dashboard import Panel, WaitingItem, register_panel, register_waiting
from registry.choices import OverlapState, ProjectStatus
from registry.selectors.dashboard import (
    StatusCount,
    TypeFigures,
    country_counts,
    latest_changes,
    registrations_by_month,
    status_counts,
    type_figures,
    work_waiting,
)

MOST_BARS = 10


@register_waiting
def waiting_registry_work(user: Any) -> list[WaitingItem]:
    """Return what this user may do next with projects, overlaps and expiring papers."""
    if not user.has_perm("registry.view_project"):
        return []
    work = work_waiting(user_id=user.pk)
    projects = reverse("admin:registry_project_changelist")
    items = []
    if user.has_perm("registry.register_project"):
        items.append(
            WaitingItem("to_register", "to register", "Validated by somebody else; you are the second person.",
                        work.to_register, f"{projects}?waiting=register", "task_alt", urgent=True)
        )  # fmt: skip
    if user.has_perm("registry.validate_project"):
        items.append(
            WaitingItem("to_validate", "to take into validation", "Submitted; somebody has to examine them.",
                        work.submitted, _with_status(projects, ProjectStatus.SUBMITTED), "fact_check", urgent=True)
        )  # fmt: skip
    if user.has_perm("registry.submit_project"):
        items.append(
            WaitingItem("returned", "returned to correct", "The comment of the return says what is missing.",
                        work.returned, _with_status(projects, ProjectStatus.RETURNED), "assignment_return")
        )  # fmt: skip
    if user.has_perm("registry.settle_overlap"):
        overlaps = reverse("admin:registry_boundaryoverlap_changelist")
        query = urlencode({"state__exact": OverlapState.OPEN})
        items.append(
            WaitingItem("open_overlaps", "overlaps to settle", "Two projects claim the same land.",
                        work.open_overlaps, f"{overlaps}?{query}", "join_inner")
        )  # fmt: skip
    if user.has_perm("registry.change_standardvalidator"):
        items += [
            WaitingItem("expiring_bodies", "bodies to be accredited anew", "An accreditation ends within two months.",
                        work.expiring_bodies,
                        reverse("admin:registry_standardvalidator_changelist") + "?expiring=soon", "event_busy"),
            WaitingItem("expiring_projects", "projects to be certified anew", "A certificate ends within two months.",
                        work.expiring_projects, f"{projects}?waiting=expiring", "event_busy"),
        ]  # fmt: skip
    return items


@register_panel
def registry_panel(request: HttpRequest) -> Panel | None:
    """Return the charts and the latest changes, for those who may see projects."""
    if not request.user.has_perm("registry.view_project"):
        return None
    statuses, types, countries = status_counts(), type_figures(), country_counts()
    total = sum(row.count for row in statuses)
    context: dict[str, Any] = {
        "total": total,
        "may_add": request.user.has_perm("registry.add_project"),
        "projects_url": reverse("admin:registry_project_changelist"),
        "latest": latest_changes(),
    }
    if total:
        context |= {
            "figures": _figures(statuses, types, countries),
            "statuses": _status_bars(statuses, total),
            "charts": _charts(types, countries),
        }
    return Panel("registry/dashboard.html", context)


def _with_status(address: str, status: ProjectStatus) -> str:
    return f"{address}?{urlencode({'status__exact': status})}"


def _figures(
    statuses: Sequence[StatusCount], types: Sequence[TypeFigures], countries: Sequence[tuple[str, str, int]]
) -> list[tuple[str, str]]:
    return [
        (f"{sum(row.count for row in statuses):,}", "projects"),
        (f"{sum(row.published for row in statuses):,}", "of them published"),
        (f"{len(countries):,}", "countries"),
        (f"{len(types):,}", "project types"),
        (f"{sum((row.area_ha for row in types), start=0):,.0f}", "hectares"),
        (f"{sum((row.reductions_t for row in types), start=0):,.0f}", "t CO₂e a year, as estimated"),
    ]


def _status_bars(statuses: Sequence[StatusCount], total: int) -> list[dict[str, Any]]:
    address = reverse("admin:registry_project_changelist")
    return [
        {
            "status": row.status.value,
            "label": row.status.label,
            "count": row.count,
            "percent": round(100 * row.count / total, 2),
            "link": _with_status(address, row.status),
        }
        for row in statuses
    ]


def _charts(types: Sequence[TypeFigures], countries: Sequence[tuple[str, str, int]]) -> list[dict[str, Any]]:
    by_area = sorted((row for row in types if row.area_ha), key=lambda row: row.area_ha, reverse=True)
    by_reductions = sorted((row for row in types if row.reductions_t), key=lambda row: row.reductions_t, reverse=True)
    months = registrations_by_month()
    return [
        _lying("Projects by type", "projects", [(row.name, row.count) for row in types]),
        _lying("Projects by country", "projects", [(name, count) for _, name, count in countries]),
        _lying("Area by type", "hectares", [(row.name, round(row.area_ha)) for row in by_area]),
        _lying(
            "Estimated reductions by type",
            "t CO₂e a year",
            [(row.name, round(row.reductions_t)) for row in by_reductions],
        ),
        bar_chart(
            title="Registered here, by month",
            unit="projects",
            labels=[f"{month:%b %y}" for month, _ in months],
            series=[("projects", [count for _, count in months])],
        ),
    ]


def _lying(title: str, unit: str, rows: Sequence[tuple[str, int]]) -> dict[str, Any]:
    labels, values = [label for label, _ in rows], [value for _, value in rows]
    return bar_chart(title=title, unit=unit, labels=labels, series=[(unit, values)], lying=True, most=MOST_BARS)
