"""How far a staff member reaches: the projects of some countries or under some standards (`accounts.limits`).

A project under no standard yet is in reach whatever the standards: somebody has to name the first. What is out of
reach is not there: a service answers 404, a list leaves it out. Whoever acts is known from the context that every
entrance sets, so nothing has to be handed along; services that are told their actor ask for both. The command line,
jobs and people who are no staff reach everything; what these may do other rules say.
"""

from django.db.models import Exists, OuterRef, Q

from accounts.limits import Limits, limits_of
from carboncore.common.api.listing import Condition
from carboncore.common.context import current_actor
from carboncore.common.errors import InvalidInput
from registry.errors import ProjectNotFound
from registry.models import Project, ProjectStandard

_CERTIFIED = (
    '(NOT EXISTS (SELECT 1 FROM "registry_projectstandard" AS "any" WHERE "any"."project_id" = {project})'
    ' OR EXISTS (SELECT 1 FROM "registry_projectstandard" AS "reach" JOIN "registry_standard" AS "reach_standard"'
    ' ON "reach_standard"."id" = "reach"."standard_id"'
    ' WHERE "reach"."project_id" = {project} AND "reach_standard"."code" = ANY(%s::text[])))'
)
_IN_COUNTRY = (
    'EXISTS (SELECT 1 FROM "registry_project" AS "reach_project"'
    ' WHERE "reach_project"."id" = {project} AND "reach_project"."country_id" = ANY(%s::text[]))'
)


# Where a row's own column names its project.
OF_PROJECT = '"row"."project_id"'


def present_limits() -> Limits:
    """Return the limits of whoever acts now."""
    return limits_of(current_actor().user)


def in_reach(project: str = "", *, or_none: bool = False) -> Q:
    """Return the condition that a row's project is in reach of whoever acts now.

    `project` is the way from the row to its project, such as `project`; empty where the row is one. `or_none`: a row
    that belongs to no project is in everybody's reach.
    """
    limits = present_limits()
    found = _condition(limits, project)
    return found | Q(**{f"{project}__isnull": True}) if limits and or_none else found


def reach_condition(project: str = '"row"."id"', *, or_none: bool = False) -> Condition | None:
    """Return the same for a list in SQL; None where there is no limit. `project` is SQL for the project's id."""
    limits = present_limits()
    parts: list[tuple[str, list[str]]] = []
    if limits.countries:
        parts.append((_IN_COUNTRY.format(project=project), sorted(limits.countries)))
    if limits.standards:
        parts.append((_CERTIFIED.format(project=project), sorted(limits.standards)))
    if not parts:
        return None
    sql = " AND ".join(sql for sql, _ in parts)
    return Condition(f"({project} IS NULL OR ({sql}))" if or_none else sql, tuple(values for _, values in parts))


def within_reach(named: Condition, project: str = '"row"."id"', *, or_none: bool = False) -> Condition:
    """Return the condition of a row in SQL, narrowed as `reach_condition` narrows lists."""
    reach = reach_condition(project, or_none=or_none)
    return named if reach is None else Condition(f"{named.sql} AND {reach.sql}", (*named.values, *reach.values))


def require_reach(project_pk: int, actor: object = None) -> None:
    """Let nobody at a project that is out of their reach.

    Raises:
        ProjectNotFound: it is out of reach of `actor`, or of whoever acts now.
    """
    for limits in _limits(actor):
        if not Project.objects.filter(_condition(limits, ""), pk=project_pk).exists():
            raise ProjectNotFound


def require_still_in_reach(project_pk: int, actor: object = None) -> None:
    """Let nobody put a project where they no longer reach it, a new one included.

    Raises:
        InvalidInput: on `country` and `standards_list`, saying what is in reach.
    """
    try:
        require_reach(project_pk, actor)
    except ProjectNotFound:
        limits = next(iter(_limits(actor)))
        errors = {}
        if limits.countries:
            errors["country"] = [f"You work on projects in {', '.join(sorted(limits.countries))}."]
        if limits.standards:
            errors["standards_list"] = [f"You work on projects under {', '.join(sorted(limits.standards))}."]
        raise InvalidInput(errors, message="This would put the project out of your limits.") from None


def _limits(actor: object) -> list[Limits]:
    return [limits for limits in {limits_of(actor), present_limits()} if limits]


def _condition(limits: Limits, project: str) -> Q:
    prefix = f"{project}__" if project else ""
    found = Q()
    if limits.countries:
        found &= Q(**{f"{prefix}country__in": sorted(limits.countries)})
    if limits.standards:
        certifications = ProjectStandard.objects.filter(project=OuterRef(f"{prefix}pk"))
        under = certifications.filter(standard__code__in=sorted(limits.standards))
        found &= Q(Exists(under)) | ~Q(Exists(certifications))
    return found
