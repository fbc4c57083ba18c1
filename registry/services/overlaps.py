"""Finding land that two projects both claim, and settling it."""

from decimal import Decimal
from typing import Any, cast

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from carboncore.audit.services import changes_since, event_record, state_of
from carboncore.common.errors import InvalidInput, NotFound, StateConflict
from registry.choices import LAND_RELEASING_STATUSES, OverlapState
from registry.geometry import SharedArea, shared_area
from registry.models import BoundaryOverlap, Project
from registry.services.validation import text_fault

# A justified overlap that has since grown by more than this factor is a new question.
_GROWTH_THAT_REOPENS = Decimal("1.01")


def overlaps_refresh(*, project: Project) -> list[BoundaryOverlap]:
    """Bring the overlaps of `project` up to date with its boundary; returns those that share land now.

    Candidates come from the bounding-box index, then the exact geometry decides. An overlap that is gone
    becomes RESOLVED; one that came back, or a justified one that grew, becomes OPEN.
    """
    known = {
        (overlap.first_id, overlap.second_id): overlap
        for overlap in BoundaryOverlap.objects.select_for_update().filter(Q(first=project) | Q(second=project))
    }
    found = [
        _record(known.pop(_pair(project, other), None), project, other, shared)
        for other, shared in _sharing_land(project)
    ]
    for overlap in known.values():
        if overlap.state != OverlapState.RESOLVED:
            overlap.state = OverlapState.RESOLVED
            overlap.save(update_fields=["state"])
    return found


def overlap_justify(*, actor: User, pk: int, justification: str) -> BoundaryOverlap:
    """Record why this shared land is not counted twice.

    Raises:
        NotFound: there is no such overlap.
        InvalidInput: no justification was given.
        StateConflict: the overlap is already resolved.
    """
    justification = justification.strip()
    if not justification or text_fault(justification) or len(justification) > 4000:
        raise InvalidInput({"justification": ["Say in up to 4,000 characters why the land is not counted twice."]})
    with transaction.atomic():
        overlap = BoundaryOverlap.objects.select_for_update().filter(pk=pk).first()
        if overlap is None:
            raise NotFound("There is no such overlap.")
        if overlap.state == OverlapState.RESOLVED:
            raise StateConflict("The boundaries no longer overlap; there is nothing to justify.")
        before = state_of(overlap)
        overlap.state = OverlapState.JUSTIFIED
        overlap.justification = justification
        overlap.justified_ha = overlap.shared_ha
        overlap.decided_by = actor
        overlap.decided_at = timezone.now()
        overlap.save()
        event_record(action="overlap.justified", obj=overlap, actor=actor, changes=changes_since(before, overlap))
    return overlap


def _sharing_land(project: Project) -> list[tuple[Project, SharedArea]]:
    if project.coordinates is None or project.status in LAND_RELEASING_STATUSES:
        return []
    assert project.bbox_west is not None and project.bbox_south is not None  # noqa: S101, PT018 - held by a constraint
    assert project.bbox_east is not None and project.bbox_north is not None  # noqa: S101, PT018
    candidates = (
        Project.objects.in_bbox(project.bbox_west, project.bbox_south, project.bbox_east, project.bbox_north)
        .exclude(pk=project.pk)
        .exclude(status__in=LAND_RELEASING_STATUSES)
        .only("pk", "coordinates", "status")
        .order_by("pk")
    )
    found = []
    for other in candidates:
        first, second = sorted((project, other), key=lambda claimant: claimant.pk)
        shared = shared_area(cast("dict[str, Any]", first.coordinates), cast("dict[str, Any]", second.coordinates))
        if shared.shared_ha:
            found.append((other, shared))
    return found


def _outgrew_justification(overlap: BoundaryOverlap, shared: SharedArea) -> bool:
    """Compare with what was justified, not with the last size: many small steps are as much as one large one."""
    justified_ha = overlap.justified_ha or overlap.shared_ha
    return overlap.state == OverlapState.JUSTIFIED and shared.shared_ha > justified_ha * _GROWTH_THAT_REOPENS


def _pair(one: Project, other: Project) -> tuple[int, int]:
    return (min(one.pk, other.pk), max(one.pk, other.pk))


def _record(overlap: BoundaryOverlap | None, project: Project, other: Project, shared: SharedArea) -> BoundaryOverlap:
    first_id, second_id = _pair(project, other)
    if overlap is None:
        return BoundaryOverlap.objects.create(
            first_id=first_id,
            second_id=second_id,
            shared_ha=shared.shared_ha,
            share_of_first=shared.share_of_a,
            share_of_second=shared.share_of_b,
        )
    if overlap.shared_ha == shared.shared_ha and overlap.state != OverlapState.RESOLVED:
        return overlap
    if overlap.state == OverlapState.RESOLVED or _outgrew_justification(overlap, shared):
        overlap.state = OverlapState.OPEN
    overlap.shared_ha = shared.shared_ha
    overlap.share_of_first, overlap.share_of_second = shared.share_of_a, shared.share_of_b
    overlap.save()
    return overlap
