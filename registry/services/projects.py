"""Creating, changing, publishing and deleting projects."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import ProtectedError
from django.utils.text import slugify

from accounts.models import User
from carboncore.audit.services import changes_of_deletion, changes_since, event_record, state_of
from carboncore.common.errors import InvalidInput
from registry.choices import PUBLIC_STATUSES, ProjectStatus
from registry.errors import BoundaryInvalid, ProjectChangedMeanwhile, ProjectHasCredits, ProjectNotFound, StillInUse
from registry.geometry import parse_boundary
from registry.locks import boundaries_lock, project_lock
from registry.models import Project, ProjectCredits, ProjectStatusChange
from registry.reach import require_reach, require_still_in_reach
from registry.search import searchable_text
from registry.services.certifications import project_standards_set
from registry.services.documents import document_delete, document_links_set
from registry.services.overlaps import overlaps_refresh
from registry.services.validation import assign_fields, full_clean_or_refuse, one_transaction

# What a caller may set. Status, registration and everything computed have services of their own.
EDITABLE_FIELDS = frozenset(
    {
        "project_name", "project_initiator", "project_manager_account", "project_type", "description", "website",
        "country", "region", "coordinates", "total_area", "land_type", "tree_types", "vintage_year", "methodology",
        "further_methodologies", "crediting_period_start", "crediting_period_end", "estimated_annual_reductions",
        "co2_absorption", "total_emission", "minimum_purchase_volume", "sdg_goals", "labels", "validation_date",
        "validation_protocol_url", "buffer_percentage", "origin_registry", "origin_id", "origin_url", "notes",
    }
)  # fmt: skip

# What registration rested on, in so far as it is a field of the project.
ESSENTIAL_ONCE_REGISTERED = (
    "project_initiator", "project_type", "country", "region", "vintage_year", "coordinates", "methodology",
    "crediting_period_start", "crediting_period_end", "validation_date",
)  # fmt: skip


def project_create(
    *,
    actor: User | None,
    fields: Mapping[str, Any],
    standards: Sequence[str] = (),
    document_links: Sequence[Mapping[str, Any]] = (),
) -> Project:
    """Create a draft project with its empty credit figures.

    `fields` holds values of `EDITABLE_FIELDS` (`country` a `Country`, `project_type` a `ProjectType`,
    `coordinates` any GeoJSON the boundary reader accepts); `standards` names standards by code or name;
    `document_links` are mappings with `title`, `url` and optionally `kind`, `version`, `language`, `visibility`.

    Raises:
        InvalidInput: with every reason by field; nothing was created.
        StateConflict: somebody else took the origin id at the same moment.
    """
    with one_transaction():
        project = Project()
        _assign(project, fields)
        if project.coordinates is not None:
            boundaries_lock()
        project.save()
        ProjectCredits.objects.create(project=project)
        search_words_add([project.search_text])
        if standards:
            project_standards_set(project=project, standards=standards)
        if document_links:
            document_links_set(actor=actor, project=project, links=document_links)
        require_still_in_reach(project.pk, actor)
        overlaps_refresh(project=project)
        event_record(action="project.created", obj=project, actor=actor, changes=changes_since({}, project))
    return project


def project_update(
    *,
    actor: User | None,
    pk: int,
    fields: Mapping[str, Any],
    standards: Sequence[str] | None = None,
    document_links: Sequence[Mapping[str, Any]] | None = None,
    expected_version: int | None = None,
) -> Project:
    """Change the named fields only; `None` for standards or links leaves them as they are.

    The version counts up when anything changed, standards and links included, and only then.

    Raises:
        ProjectNotFound: there is no such project.
        ProjectChangedMeanwhile: `expected_version` is no longer the project's.
        InvalidInput: with every reason by field; nothing was changed.
        StateConflict: somebody else took the origin id at the same moment.
    """
    with one_transaction():
        if "coordinates" in fields:
            boundaries_lock()
        project = project_get_locked(pk, actor)
        if expected_version is not None and project.version != expected_version:
            raise ProjectChangedMeanwhile
        before = state_of(project)
        changed = bool(fields) and _assign(project, fields)
        if standards is not None:
            changed |= project_standards_set(project=project, standards=standards)
        if document_links is not None:
            changed |= document_links_set(actor=actor, project=project, links=document_links)
        if changed:
            project.version += 1
            project.save()
            search_words_add([project.search_text])
            require_still_in_reach(project.pk, actor)
            event_record(action="project.changed", obj=project, actor=actor, changes=changes_since(before, project))
        if "coordinates" in fields:
            overlaps_refresh(project=project)
    return project


def project_publish(*, pk: int, published: bool) -> Project:
    """Show the project to the public, or hide it. It appears only while it is in a public status.

    Raises:
        ProjectNotFound: there is no such project.
    """
    with transaction.atomic():
        project = project_get_locked(pk)
        if project.published != published:
            project.published = published
            project.version += 1
            project.save(update_fields=["published", "version", "updated_date"])
            event_record(action="project.published", obj=project, changes={"published": [not published, published]})
    return project


def project_delete(*, pk: int) -> None:
    """Delete a project that never had credits, with its documents, certifications, monitoring and overlaps.

    Its history rows stay, so that staff can still read what it was and who deleted it.

    Raises:
        ProjectNotFound: there is no such project.
        ProjectHasCredits: credits were issued to it.
        StillInUse: something else that must be kept refers to it.
    """
    with one_transaction():
        boundaries_lock()
        project = project_get_locked(pk)
        figures = ProjectCredits.objects.select_for_update().filter(project=project).first()
        if figures is not None and figures.issued_kg > 0:
            raise ProjectHasCredits
        event_record(action="project.deleted", obj=project, changes=changes_of_deletion(project))
        for overlap in [*project.overlaps_as_first.all(), *project.overlaps_as_second.all()]:
            overlap.delete()
        for certification in project.certifications.all():
            certification.delete()
        for period in project.monitoring_periods.all():
            period.delete()
        for document in project.documents.all():
            document_delete(pk=document.pk)
        ProjectStatusChange.objects.filter(project=project).delete()
        ProjectCredits.objects.filter(project=project).delete()
        try:
            project.delete()
        except ProtectedError as error:
            kinds = {str(kept._meta.verbose_name_plural) for kept in error.protected_objects}
            raise StillInUse(f"It cannot be deleted: {', '.join(sorted(kinds))} refer to it.") from None


def project_get_locked(pk: int, actor: User | None = None) -> Project:
    """Return the project with its row locked.

    Raises:
        ProjectNotFound: there is no such project, or it is out of reach of `actor` or of whoever acts now.
    """
    try:
        project = project_lock(pk)
    except Project.DoesNotExist:
        raise ProjectNotFound from None
    require_reach(pk, actor)
    return project


def project_slug(project: Project) -> str:
    """Return the readable, unique and stable last part of the project's public address."""
    return f"{slugify(project.project_name)[:80] or 'project'}-{project.public_id.hex[:8]}"


def project_search_text(project: Project) -> str:
    """Return what the search looks through for this project."""
    return searchable_text(
        project_name=project.project_name,
        project_initiator=project.project_initiator,
        country_name=project.country.name,
        country_code=project.country_id,
        region=project.region,
        tree_types=project.tree_types,
        origin_registry=project.origin_registry,
        origin_id=project.origin_id,
    )


def search_words_add(texts: Sequence[str]) -> None:
    """Remember the words of these search texts for correcting mistyped searches."""
    words = sorted({word for text in texts for word in text.split() if len(word) > 2 and not word.isdigit()})
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO registry_searchword (word) SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING", [words]
        )


def _assign(project: Project, fields: Mapping[str, Any]) -> bool:
    """Set and check the fields; returns whether any differs from before. Raises InvalidInput with every reason."""
    before = _snapshot(project)
    errors: dict[str, list[str]] = {}
    boundary_fault: BoundaryInvalid | None = None
    try:
        assign_fields(project, {k: v for k, v in fields.items() if k != "coordinates"}, allowed=EDITABLE_FIELDS)
    except InvalidInput as error:
        errors |= error.errors
    if "coordinates" in fields:
        try:
            _assign_boundary(project, fields["coordinates"])
        except BoundaryInvalid as error:
            boundary_fault = error
            errors |= error.errors
    _tidy(project)
    errors |= _faults(project, except_for=tuple(errors))
    errors |= _essentials_lost(project, before)
    if boundary_fault and len(errors) == 1:
        raise boundary_fault
    if errors:
        raise InvalidInput(errors)
    project.search_text = project_search_text(project)
    return _snapshot(project) != before


def _tidy(project: Project) -> None:
    project.tree_types = _distinct(project.tree_types)
    project.labels = _distinct(project.labels)
    project.sdg_goals = sorted(set(project.sdg_goals))
    project.slug = project.slug or project_slug(project)


def _assign_boundary(project: Project, value: Any) -> None:
    if value in (None, "", {}, []):
        project.coordinates = project.area_ha = None
        project.centroid_longitude = project.centroid_latitude = None
        project.bbox_west = project.bbox_south = project.bbox_east = project.bbox_north = None
        return
    boundary = parse_boundary(value)
    project.coordinates = boundary.geometry
    project.area_ha = boundary.area_ha
    project.centroid_longitude, project.centroid_latitude = (
        boundary.centroid_longitude,
        boundary.centroid_latitude,
    )
    project.bbox_west, project.bbox_south = boundary.west, boundary.south
    project.bbox_east, project.bbox_north = boundary.east, boundary.north


def _faults(project: Project, *, except_for: tuple[str, ...]) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    try:
        full_clean_or_refuse(project, exclude=("search_vector", *except_for))
    except InvalidInput as error:
        errors = error.errors
    by_hand = not project.origin_registry and project.status == ProjectStatus.DRAFT
    if project.vintage_year is None and by_hand and "vintage_year" not in except_for:
        errors["vintage_year"] = ["Give the first year in which reductions or removals count."]
    return errors


def _essentials_lost(project: Project, before: Mapping[str, Any]) -> dict[str, list[str]]:
    """A project that credits can be issued to keeps what it was registered on; it may be corrected, not emptied."""
    if project.status not in PUBLIC_STATUSES:
        return {}
    now = _snapshot(project)
    lost = [name for name in ESSENTIAL_ONCE_REGISTERED if before[name] and not now[name]]
    return {name: ["A registered project needs this; it can be corrected but not emptied."] for name in lost}


def _snapshot(project: Project) -> dict[str, Any]:
    return {name: getattr(project, name) for name in EDITABLE_FIELDS - {"country", "project_type", "methodology"}} | {
        "country": project.country_id or None,
        "project_type": project.project_type_id,
        "methodology": project.methodology_id,
    }


def _distinct(values: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(value.strip() for value in values if value.strip()))
