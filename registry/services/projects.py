"""Creating, changing, publishing and deleting projects."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.text import slugify

from accounts.models import User
from carboncore.common.errors import InvalidInput
from registry.choices import ProjectStatus
from registry.errors import ProjectChangedMeanwhile, ProjectHasCredits, ProjectNotFound
from registry.geometry import parse_boundary
from registry.locks import boundaries_lock, project_lock
from registry.models import Project, ProjectCredits, ProjectStatusChange
from registry.search import searchable_text
from registry.services.certifications import project_standards_set
from registry.services.documents import document_delete, document_links_set
from registry.services.overlaps import overlaps_refresh
from registry.services.validation import reject_null_bytes, validation_errors

# What a caller may set. Status, registration and everything computed have services of their own.
EDITABLE_FIELDS = frozenset(
    {
        "project_name", "project_initiator", "project_manager_account", "project_type", "description", "website",
        "country", "region", "coordinates", "total_area", "land_type", "tree_types", "vintage_year", "methodology",
        "further_methodologies", "crediting_period_start", "crediting_period_end", "estimated_annual_reductions",
        "co2_absorption", "total_emission", "minimum_purchase_volume", "sdg_goals", "labels", "validation_date",
        "validation_protocol_url", "origin_registry", "origin_id", "origin_url", "notes",
    }
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
    """
    with transaction.atomic():
        project = Project()
        _assign(project, fields)
        project.slug = project_slug(project)
        _validate(project)
        if project.coordinates is not None:
            boundaries_lock()
        project.save()
        ProjectCredits.objects.create(project=project)
        search_words_add([project.search_text])
        if standards:
            project_standards_set(project=project, standards=standards)
        if document_links:
            document_links_set(actor=actor, project=project, links=document_links)
        overlaps_refresh(project=project)
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

    Raises:
        ProjectNotFound: there is no such project.
        ProjectChangedMeanwhile: `expected_version` is no longer the project's.
        InvalidInput: with every reason by field; nothing was changed.
    """
    with transaction.atomic():
        if "coordinates" in fields:
            boundaries_lock()
        project = project_get_locked(pk)
        if expected_version is not None and project.version != expected_version:
            raise ProjectChangedMeanwhile
        before = _snapshot(project)
        _assign(project, fields)
        if _snapshot(project) != before:
            _validate(project)
            project.version += 1
            project.save()
            search_words_add([project.search_text])
        if standards is not None:
            project_standards_set(project=project, standards=standards)
        if document_links is not None:
            document_links_set(actor=actor, project=project, links=document_links)
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
    return project


def project_delete(*, pk: int) -> None:
    """Delete a project that never had credits, with its documents, certifications and overlaps.

    Its history rows stay, so that staff can still read what it was and who deleted it.

    Raises:
        ProjectNotFound: there is no such project.
        ProjectHasCredits: credits were issued to it.
    """
    with transaction.atomic():
        boundaries_lock()
        project = project_get_locked(pk)
        figures = ProjectCredits.objects.select_for_update().filter(project=project).first()
        if figures is not None and figures.issued_kg > 0:
            raise ProjectHasCredits
        for overlap in [*project.overlaps_as_first.all(), *project.overlaps_as_second.all()]:
            overlap.delete()
        for certification in project.certifications.all():
            certification.delete()
        for document in project.documents.all():
            document_delete(pk=document.pk)
        ProjectStatusChange.objects.filter(project=project).delete()
        ProjectCredits.objects.filter(project=project).delete()
        project.delete()


def project_get_locked(pk: int) -> Project:
    """Return the project with its row locked.

    Raises:
        ProjectNotFound: there is no such project.
    """
    try:
        return project_lock(pk)
    except Project.DoesNotExist:
        raise ProjectNotFound from None


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


def _assign(project: Project, fields: Mapping[str, Any]) -> None:
    unknown = sorted(set(fields) - EDITABLE_FIELDS)
    if unknown:
        raise InvalidInput({name: ["This cannot be set here."] for name in unknown})
    reject_null_bytes(fields)
    for name, value in fields.items():
        if name == "coordinates":
            _assign_boundary(project, value)
        else:
            setattr(project, name, value.strip() if isinstance(value, str) else value)
    project.tree_types = _distinct(project.tree_types)
    project.labels = _distinct(project.labels)
    project.sdg_goals = sorted(set(project.sdg_goals))
    if project.country_id:
        project.search_text = project_search_text(project)


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


def _validate(project: Project) -> None:
    errors: dict[str, list[str]] = {}
    try:
        project.full_clean(exclude=["search_vector"])
    except ValidationError as error:
        errors = validation_errors(error)
    if project.vintage_year is None and not project.origin_registry and project.status == ProjectStatus.DRAFT:
        errors.setdefault("vintage_year", []).append("Give the first year in which reductions or removals count.")
    if errors:
        raise InvalidInput(errors)


def _snapshot(project: Project) -> dict[str, Any]:
    return {name: getattr(project, name) for name in EDITABLE_FIELDS - {"country", "project_type", "methodology"}} | {
        "country": project.country_id or None,
        "project_type": project.project_type_id,
        "methodology": project.methodology_id,
    }


def _distinct(values: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(value.strip() for value in values if value.strip()))
