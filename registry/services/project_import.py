"""Bringing in what another registry states about its projects, many at a time, without treading on staff's work."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any

from django.db import transaction

from carboncore.common.context import current_actor
from carboncore.common.errors import InvalidInput
from registry.choices import PUBLIC_STATUSES, ProjectStatus
from registry.models import (
    Country,
    Methodology,
    Project,
    ProjectCredits,
    ProjectStatusChange,
    ProjectType,
)
from registry.services.bulk_write import insert_with_history, record_history, update_many
from registry.services.import_ownership import IMPORT_REASON, fields_owned_by_people
from registry.services.import_references import certifications_create, methodologies_ensure
from registry.services.projects import project_search_text, project_slug, search_words_add

BATCH = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedProject:
    """One project as its origin states it. Blank text, `None` and empty lists mean "not stated".

    `estimated_annual_reductions` is in t CO2e; `status` is ours; `methodologies` are codes, the first the main one.
    """

    origin_registry: str
    origin_id: str
    origin_status: str
    origin_url: str = ""
    status: str
    project_name: str
    project_initiator: str
    country_code: str
    region: str = ""
    type_code: str
    methodologies: tuple[str, ...] = ()
    crediting_period_start: date | None = None
    crediting_period_end: date | None = None
    vintage_year: int | None = None
    estimated_annual_reductions: Decimal | None = None
    longitude: float | None = None
    latitude: float | None = None
    sdg_goals: tuple[int, ...] = ()
    labels: tuple[str, ...] = ()
    description: str = ""
    standard_code: str = ""
    validator_name: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What names the project for good: its registry and its id there."""
        return (self.origin_registry, self.origin_id)

    def digest(self, source: str) -> str:
        """A fingerprint of everything stated and of where it was read, to see at once that nothing changed."""
        stated = "\x1f".join(repr(getattr(self, item.name)) for item in fields(self))
        return sha256(f"{source}\x1f{stated}".encode()).hexdigest()


@dataclass(slots=True)
class ImportOutcome:
    """What an import did: counts, what it left alone and why, and how many of staff's fields it kept."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    published: int = 0
    kept_fields: int = 0
    skipped: list[tuple[str, str]] = field(default_factory=list)


def projects_import(*, rows: Sequence[ImportedProject], source: str, second_hand: bool, publish: bool) -> ImportOutcome:
    """Create or change the projects of one batch, in one transaction.

    A project is known by its origin registry and id. A field is changed only while the last change to it was an
    import's: what a person edited stays. A value that the origin no longer states stays too. With `publish`, projects
    in a public status are published, unless a person unpublished them.

    Args:
        rows: what the origin states; one row a project.
        source: where it was read, kept on the project, e.g. `verra`.
        second_hand: the source compiles others' data; it never changes what the registry's own export brought.
        publish: show those in a public status.

    Raises:
        InvalidInput: a country or project type is unknown here; nothing was changed.
    """
    with transaction.atomic():
        references = _References.of(rows)
        known = _known(rows)
        outcome = ImportOutcome()
        fresh = [row for row in rows if row.key not in known]
        _create(fresh, references, source=source, publish=publish, outcome=outcome)
        present = [(known[row.key], row) for row in rows if row.key in known]
        _change(present, references, source=source, second_hand=second_hand, publish=publish, outcome=outcome)
    return outcome


@dataclass(frozen=True, slots=True)
class _References:
    countries: Mapping[str, Country]
    types: Mapping[str, ProjectType]
    methodologies: Mapping[str, Methodology]

    @classmethod
    def of(cls, rows: Sequence[ImportedProject]) -> "_References":
        countries = Country.objects.in_bulk({row.country_code for row in rows})
        types = {kind.code: kind for kind in ProjectType.objects.filter(code__in={row.type_code for row in rows})}
        unknown_countries = sorted({row.country_code for row in rows} - countries.keys())
        unknown_types = sorted({row.type_code for row in rows} - types.keys())
        errors = {}
        if unknown_countries:
            errors["country"] = [f"No such country: {', '.join(unknown_countries)}."]
        if unknown_types:
            errors["project_type"] = [
                f"No such project type: {', '.join(unknown_types)}. Run `manage.py seed` or add it first."
            ]
        if errors:
            raise InvalidInput(errors)
        return cls(countries, types, methodologies_ensure(code for row in rows for code in row.methodologies))


def _known(rows: Sequence[ImportedProject]) -> dict[tuple[str, str], Project]:
    wanted = {row.key for row in rows}
    found = (
        Project.objects.select_for_update(of=("self",))
        .filter(
            origin_registry__in={registry for registry, _ in wanted},
            origin_id__in={identifier for _, identifier in wanted},
        )
        .order_by("pk")
    )
    return {key: project for project in found if (key := (project.origin_registry, project.origin_id)) in wanted}


def _stated(row: ImportedProject, references: _References) -> dict[str, Any]:
    """The columns a row states, by attribute name; what it does not state is absent."""
    codes = row.methodologies
    values: dict[str, Any] = {
        "project_name": row.project_name,
        "project_initiator": row.project_initiator,
        "project_type_id": references.types[row.type_code].pk,
        "country_id": row.country_code,
        "region": row.region,
        "description": row.description,
        "vintage_year": row.vintage_year,
        "methodology_id": references.methodologies[codes[0]].pk if codes else None,
        "further_methodologies": list(codes[1:]),
        "crediting_period_start": row.crediting_period_start,
        "crediting_period_end": row.crediting_period_end,
        "estimated_annual_reductions": row.estimated_annual_reductions,
        "centroid_longitude": row.longitude,
        "centroid_latitude": row.latitude,
        "sdg_goals": list(row.sdg_goals),
        "labels": list(row.labels),
        "origin_status": row.origin_status,
        "origin_url": row.origin_url,
        "status": row.status,
    }
    return {name: value for name, value in values.items() if value not in ("", None, [])}


def _create(
    rows: Sequence[ImportedProject], references: _References, *, source: str, publish: bool, outcome: ImportOutcome
) -> None:
    projects = []
    for row in rows:
        project = Project(
            **_stated(row, references),
            origin_registry=row.origin_registry,
            origin_id=row.origin_id,
            origin_source=source,
            origin_digest=row.digest(source),
            published=publish and row.status in PUBLIC_STATUSES,
        )
        project.country = references.countries[row.country_code]
        project.slug = project_slug(project)
        project.search_text = project_search_text(project)
        projects.append(project)
    if not projects:
        return
    insert_with_history(projects, reason=IMPORT_REASON)
    ProjectCredits.objects.bulk_create([ProjectCredits(project=project) for project in projects], batch_size=BATCH)
    certifications_create(
        [(project, row.standard_code, row.validator_name) for project, row in zip(projects, rows, strict=True)]
    )
    search_words_add([project.search_text for project in projects])
    outcome.created += len(projects)
    outcome.published += sum(project.published for project in projects)


def _change(
    present: Iterable[tuple[Project, ImportedProject]],
    references: _References,
    *,
    source: str,
    second_hand: bool,
    publish: bool,
    outcome: ImportOutcome,
) -> None:
    differing = []
    for project, row in present:
        if reason := _reason_to_skip(project, source=source, second_hand=second_hand):
            outcome.skipped.append((row.origin_id, reason))
        elif project.origin_digest == row.digest(source) and not _to_publish(project, row.status, publish):
            outcome.unchanged += 1
        else:
            differing.append((project, row))
    owned = fields_owned_by_people([project.pk for project, _ in differing])
    changed: list[Project] = []
    for project, row in differing:
        wanted = _stated(row, references)
        if _to_publish(project, row.status, publish):
            wanted["published"] = True
        kept = {name for name, value in wanted.items() if name in owned[project.pk] and getattr(project, name) != value}
        outcome.kept_fields += len(kept)
        before = project.status
        if _apply(project, {name: value for name, value in wanted.items() if name not in kept}):
            project.version += 1
            project.country = references.countries.get(project.country_id) or project.country
            project.search_text = project_search_text(project)
            changed.append(project)
            _record_status_change(project, before)
            outcome.published += "published" in wanted and "published" not in kept
        project.origin_source, project.origin_digest = source, row.digest(source)
    outcome.changed += len(changed)
    outcome.unchanged += len(differing) - len(changed)
    _save(changed, [project for project, _ in differing])


def _reason_to_skip(project: Project, *, source: str, second_hand: bool) -> str:
    if not project.origin_source:
        return "it was entered by hand"
    if second_hand and project.origin_source != source:
        return f"it came from the registry's own export ({project.origin_source})"
    return ""


def _to_publish(project: Project, status: str, publish: bool) -> bool:
    return publish and not project.published and status in PUBLIC_STATUSES


def _apply(project: Project, values: Mapping[str, Any]) -> bool:
    """Set what differs; a point never displaces a drawn boundary's centroid."""
    differs = False
    for name, value in values.items():
        if name.startswith("centroid_") and project.coordinates is not None:
            continue
        if getattr(project, name) != value:
            setattr(project, name, value)
            differs = True
    return differs


def _record_status_change(project: Project, before: str) -> None:
    if project.status == before:
        return
    actor = current_actor()
    ProjectStatusChange.objects.create(
        project=project,
        move="import",
        from_status=ProjectStatus(before),
        to_status=project.status,
        actor=actor.user,
        entrance=actor.entrance,
        comment=f"The origin registry now states “{project.origin_status}”.",
    )


_COLUMNS = [
    "project_name", "project_initiator", "project_type", "country", "region", "description", "vintage_year",
    "methodology", "further_methodologies", "crediting_period_start", "crediting_period_end",
    "estimated_annual_reductions", "centroid_longitude", "centroid_latitude", "sdg_goals", "labels", "origin_status",
    "origin_url", "status", "published", "version", "search_text", "updated_date",
]  # fmt: skip


def _save(changed: list[Project], seen: list[Project]) -> None:
    if changed:
        update_many(changed, _COLUMNS)
        record_history(Project, [project.pk for project in changed], kind="~", reason=IMPORT_REASON)
        search_words_add([project.search_text for project in changed])
    if seen:
        # What was read is remembered even where nothing came of it; that is no change of the project.
        update_many(seen, ["origin_source", "origin_digest"])
