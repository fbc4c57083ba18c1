"""Moving a project through its lifecycle; the table of moves is `registry.transitions`."""

from collections.abc import Callable

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from carboncore.audit.services import changes_since, event_record, state_of
from carboncore.common.context import current_actor
from registry.choices import LAND_RELEASING_STATUSES, OverlapState
from registry.errors import MoveNotAllowed, MoveNotPossible, MoveRequirementsMissing, ProjectChangedMeanwhile
from registry.locks import boundaries_lock
from registry.models import BoundaryOverlap, Project, ProjectStatusChange
from registry.selectors.second_person import took_part
from registry.services.overlaps import overlaps_refresh
from registry.services.projects import project_get_locked
from registry.services.validation import text_fault
from registry.transitions import MOVES_BY_NAME, Move, moves_from

MAX_COMMENT = 4000


def project_move(*, actor: User, pk: int, move: str, comment: str = "", expected_version: int | None = None) -> Project:
    """Make one move of the lifecycle and keep who made it and what they said.

    Raises:
        ProjectNotFound: there is no such project.
        ProjectChangedMeanwhile: `expected_version` is no longer the project's.
        MoveNotPossible: no such move, or not from the present status.
        MoveNotAllowed: `actor` lacks the permission, or took part and a second person is needed.
        MoveRequirementsMissing: the project is not complete enough; every reason at once.
    """
    chosen = MOVES_BY_NAME.get(move)
    if chosen is None:
        raise MoveNotPossible(f"There is no move “{move[:40]}”. The moves are: {', '.join(MOVES_BY_NAME)}.")
    comment = comment.strip()
    with transaction.atomic():
        if "overlaps" in chosen.required or chosen.target in LAND_RELEASING_STATUSES:
            boundaries_lock()
        project = project_get_locked(pk, actor)
        _check_source(project, chosen)
        if expected_version is not None and project.version != expected_version:
            raise ProjectChangedMeanwhile
        _check_actor(project, chosen, actor)
        if "overlaps" in chosen.required:
            overlaps_refresh(project=project)
        _check_requirements(project, chosen, comment)
        before = state_of(project)
        _record_change(project, chosen, actor, comment)
        _apply(project, chosen, actor)
        event_record(
            action="project.moved",
            obj=project,
            actor=actor,
            changes={"move": chosen.name, **changes_since(before, project)},
            note=comment,
        )
    return project


def available_moves(*, actor: User, project: Project) -> list[Move]:
    """Return the moves that `actor` could make from the project's status (requirements not yet checked)."""
    return [
        move
        for move in moves_from(project.status)
        if actor.has_perm(move.permission) and not _needs_another_person(project, move, actor)
    ]


def unmet_requirements(*, project: Project, move: Move) -> dict[str, list[str]]:
    """Return what keeps this project from this move, by field; empty when nothing does."""
    reasons: dict[str, list[str]] = {}
    for requirement in move.required:
        if found := _REQUIREMENTS[requirement](project):
            field, reason = found
            reasons.setdefault(field, []).append(reason)
    return reasons


def _check_source(project: Project, move: Move) -> None:
    if project.status not in move.sources:
        possible = ", ".join(m.name for m in moves_from(project.status)) or "none; this status is final"
        raise MoveNotPossible(
            f"A project that is {project.get_status_display().lower()} cannot {move.label.lower()}."
            f" Possible moves: {possible}."
        )


def _check_actor(project: Project, move: Move, actor: User) -> None:
    if not actor.has_perm(move.permission):
        raise MoveNotAllowed(f"Your role may not {move.label.lower()} projects. Ask a registry officer.")
    if _needs_another_person(project, move, actor):
        raise MoveNotAllowed(
            "Registering needs a second person: whoever submitted or validated this project cannot also register it."
        )


def _needs_another_person(project: Project, move: Move, actor: User) -> bool:
    return move.second_person and Project.objects.filter(took_part(actor.pk), pk=project.pk).exists()


def _check_requirements(project: Project, move: Move, comment: str) -> None:
    reasons = unmet_requirements(project=project, move=move)
    if move.comment_required and not comment:
        reasons["comment"] = ["Say why; the comment is kept with the project."]
    if len(comment) > MAX_COMMENT or text_fault(comment):
        reasons["comment"] = [f"Use up to {MAX_COMMENT} characters of text."]
    if reasons:
        raise MoveRequirementsMissing(
            reasons,
            message=f"This project is not ready to {move.label.lower()}; complete what `errors` names.",
        )


def _record_change(project: Project, move: Move, actor: User, comment: str) -> None:
    ProjectStatusChange.objects.create(
        project=project,
        move=move.name,
        from_status=project.status,
        to_status=move.target,
        actor=actor,
        entrance=current_actor().entrance,
        comment=comment,
    )


def _apply(project: Project, move: Move, actor: User) -> None:
    project.status = move.target
    if move.name == "submit":
        # A new round: whoever validated the version that was returned did not validate this one.
        project.submitted_by, project.validated_by = actor, None
    elif move.name == "begin_validation":
        project.validated_by = actor
    elif move.name == "register":
        project.registered_by, project.registered_at = actor, timezone.now()
    project.version += 1
    project.save()
    if project.status in LAND_RELEASING_STATUSES:
        overlaps_refresh(project=project)


def _missing(
    field: str, reason: str, is_missing: Callable[[Project], bool]
) -> Callable[[Project], tuple[str, str] | None]:
    return lambda project: (field, reason) if is_missing(project) else None


def _open_overlaps(project: Project) -> tuple[str, str] | None:
    open_pairs = BoundaryOverlap.objects.filter(Q(first=project) | Q(second=project), state=OverlapState.OPEN)
    count = open_pairs.count()
    if not count:
        return None
    return "coordinates", (
        f"The boundary shares land with {count} other project{'s' if count > 1 else ''};"
        " change a boundary or justify each overlap."
    )


def _boundary_if_land_based(project: Project) -> bool:
    return project.project_type.land_based and project.coordinates is None


def _no_validator(project: Project) -> bool:
    return not project.certifications.filter(validator__isnull=False).exists()


def _no_crediting_period(project: Project) -> bool:
    return project.crediting_period_start is None or project.crediting_period_end is None


def _no_persons(project: Project) -> bool:
    """An import may bring a project in while it is submitted or in validation elsewhere."""
    return project.submitted_by_id is None or project.validated_by_id is None


_REQUIREMENTS: dict[str, Callable[[Project], tuple[str, str] | None]] = {
    "persons": _missing(
        "status", "Nobody here submitted and validated it. Return it, then take it through both here.", _no_persons
    ),
    "initiator": _missing("project_initiator", "Name the initiator.", lambda p: not p.project_initiator),
    "type": _missing("project_type_id", "Choose the project type.", lambda p: p.project_type_id is None),
    "country": _missing("country", "Choose the country.", lambda p: not p.country_id),
    "region": _missing("region", "Name the region.", lambda p: not p.region),
    "vintage_year": _missing("vintage_year", "Give the first vintage year.", lambda p: p.vintage_year is None),
    "boundary_if_land_based": _missing(
        "coordinates", "Draw the boundary: this type of project is land-based.", _boundary_if_land_based
    ),
    "standard": _missing("standards_list", "Name at least one standard.", lambda p: not p.certifications.exists()),
    "validator": _missing(
        "standards_list", "Name the verification body of at least one standard.", _no_validator
    ),
    "methodology": _missing("methodology", "Choose the methodology.", lambda p: p.methodology_id is None),
    "validation_date": _missing(
        "validation_date", "Give the date of the validation.", lambda p: p.validation_date is None
    ),
    "crediting_period": _missing(
        "crediting_period_start", "Give the crediting period's first and last day.", _no_crediting_period
    ),
    "overlaps": _open_overlaps,
}  # fmt: skip
