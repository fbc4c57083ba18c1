"""What the dashboard shows: counts by status, type and country, registrations by month, the latest changes."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, OuterRef, Q, Subquery, Sum
from django.db.models.functions import TruncMonth
from django.utils import timezone

from registry.choices import OverlapState, ProjectStatus
from registry.models import (
    BoundaryOverlap,
    Project,
    ProjectStandard,
    ProjectStatusChange,
    StandardValidator,
    ValidatorAccreditation,
)
from registry.reach import in_reach, present_limits
from registry.selectors.second_person import registrable_by

EXPIRY_HORIZON = timedelta(days=60)
LATEST = 8


@dataclass(frozen=True)
class StatusCount:
    """How many projects stand in one status, and how many of them the public sees."""

    status: ProjectStatus
    count: int
    published: int


@dataclass(frozen=True)
class TypeFigures:
    """One type's projects: number, computed or else declared area in hectares, estimated t CO2e a year."""

    code: str
    name: str
    pk: int
    count: int
    area_ha: Decimal
    reductions_t: Decimal


@dataclass(frozen=True)
class WorkWaiting:
    """How much waits at each step of the work."""

    submitted: int
    to_register: int
    returned: int
    open_overlaps: int
    expiring_bodies: int
    expiring_projects: int


@dataclass(frozen=True)
class LatestChange:
    """One recent change of a project, told in a line."""

    at: datetime
    project_id: int
    project_name: str
    what: str
    user: str
    entrance: str


def status_counts() -> list[StatusCount]:
    """Return every status in the order of the lifecycle, those without projects too."""
    rows: dict[str, Any] = {
        row["status"]: row
        for row in Project.objects.filter(in_reach())
        .values("status")
        .annotate(count=Count("pk"), published_count=Count("pk", filter=Q(published=True)))
    }
    return [
        StatusCount(status, rows.get(status, {}).get("count", 0), rows.get(status, {}).get("published_count", 0))
        for status in ProjectStatus
    ]


def type_figures() -> list[TypeFigures]:
    """Return each type that has projects, the most frequent first."""
    rows = (
        Project.objects.filter(in_reach())
        .values("project_type_id", "project_type__code", "project_type__name")
        .annotate(
            count=Count("pk"),
            computed=Sum("area_ha"),
            declared=Sum("total_area", filter=Q(area_ha__isnull=True)),
            reductions=Sum("estimated_annual_reductions"),
        )
        .order_by("-count", "project_type__code")
    )
    zero = Decimal(0)
    return [
        TypeFigures(
            code=row["project_type__code"],
            name=row["project_type__name"],
            pk=row["project_type_id"],
            count=row["count"],
            area_ha=(row["computed"] or zero) + (row["declared"] or zero),
            reductions_t=row["reductions"] or zero,
        )
        for row in rows
    ]


def country_counts() -> list[tuple[str, str, int]]:
    """Return (code, name, number of projects) of each country that has projects, the most frequent first."""
    rows = (
        Project.objects.filter(in_reach())
        .values_list("country_id", "country__name")
        .annotate(count=Count("pk"))
        .order_by("-count", "country__name")
    )
    return list(rows)


def registrations_by_month(months: int = 12) -> list[tuple[date, int]]:
    """Return the number of projects registered here in each of the last `months` months, oldest first."""
    today = timezone.now().date()
    starts = [_month_back(today, back) for back in reversed(range(months))]
    counted = dict(
        ProjectStatusChange.objects.filter(in_reach("project"), move="register", at__date__gte=starts[0])
        .annotate(month=TruncMonth("at"))
        .values_list("month")
        .annotate(count=Count("pk"))
        .order_by()
    )
    by_month = {moment.date(): count for moment, count in counted.items()}
    return [(start, by_month.get(start, 0)) for start in starts]


def work_waiting(*, user_id: int) -> WorkWaiting:
    """Count what waits; projects to register leave out those that this user took part in."""
    projects = Project.objects.filter(in_reach()).aggregate(
        submitted=Count("pk", filter=Q(status=ProjectStatus.SUBMITTED)),
        to_register=Count("pk", filter=registrable_by(user_id)),
        returned=Count("pk", filter=Q(status=ProjectStatus.RETURNED)),
    )
    return WorkWaiting(
        **projects,
        open_overlaps=BoundaryOverlap.objects.filter(
            in_reach("first") | in_reach("second"), state=OverlapState.OPEN
        ).count(),
        expiring_bodies=StandardValidator.objects.filter(pk__in=bodies_expiring_soon()).count(),
        expiring_projects=Project.objects.filter(in_reach(), pk__in=projects_expiring_soon()).count(),
    )


def latest_changes(count: int = LATEST) -> list[LatestChange]:
    """Return the newest lifecycle moves and edits of projects, each told once, newest first."""
    moves = ProjectStatusChange.objects.filter(in_reach("project")).select_related("project", "actor")
    moves = moves.defer("project__coordinates")[:count]
    told: list[LatestChange] = [
        LatestChange(
            at=move.at,
            project_id=move.project_id,
            project_name=move.project.project_name,
            what=f"{move.get_from_status_display()} → {move.get_to_status_display()}",
            user=str(move.actor) if move.actor else "the system",
            entrance=move.get_entrance_display(),
        )
        for move in moves
    ]
    return sorted([*told, *_latest_edits(count)], key=lambda change: change.at, reverse=True)[:count]


def bodies_expiring_soon() -> Any:
    """Return the keys of verification bodies with an accreditation that ends within the horizon (two months)."""
    return _expiring(ValidatorAccreditation.objects.all()).values("validator")


def projects_expiring_soon() -> Any:
    """Return the keys of projects with a certificate that ends within the horizon (two months)."""
    return _expiring(ProjectStandard.objects.all()).values("project")


def _latest_edits(count: int) -> list[LatestChange]:
    """A move saves the project too; those rows of its history, which change the status, are told as moves already."""
    words = {"+": "added", "~": "edited", "-": "deleted"}
    before = Project.history.filter(id=OuterRef("id"), history_id__lt=OuterRef("history_id")).order_by("-history_id")
    rows = (
        Project.history.select_related("history_user")
        .annotate(status_before=Subquery(before.values("status")[:1]))
        .order_by("-history_date", "-history_id")
        .only("id", "project_name", "history_date", "history_type", "history_user__email", "entrance", "status")
    )
    if present_limits():
        rows = rows.filter(id__in=Project.objects.filter(in_reach()).values("pk"))
    return [
        LatestChange(
            at=row.history_date,
            project_id=row.id,
            project_name=row.project_name,
            what=words[row.history_type],
            user=str(row.history_user) if row.history_user else "the system",
            entrance=row.get_entrance_display(),
        )
        for row in rows[: 2 * count]
        if row.history_type != "~" or row.status == row.status_before
    ]


def _expiring(rows: Any) -> Any:
    today = timezone.now().date()
    return rows.filter(valid_to__gte=today, valid_to__lte=today + EXPIRY_HORIZON)


def _month_back(today: date, back: int) -> date:
    months = today.year * 12 + today.month - 1 - back
    return date(months // 12, months % 12 + 1, 1)
