"""Likely double listings: found by comparing projects across registries, and judged by a person."""

from collections.abc import Callable, Sequence

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from carboncore.audit.services import changes_since, event_record, state_of
from carboncore.common.errors import InvalidInput
from integrations.choices import ConflictVerdict
from integrations.errors import ConflictNotFound
from integrations.listing_similarity import DEFAULT_MIN_SCORE, Listing, Match, matches
from integrations.locks import conflicts_lock
from integrations.models import ListingConflict
from registry.choices import ProjectStatus
from registry.models import Project


def conflicts_find(
    *, min_score: int = DEFAULT_MIN_SCORE, progress: Callable[[int, int], None] | None = None
) -> list[ListingConflict]:
    """Look through all projects for likely double listings and record them; verdicts given before are kept.

    A conflict that nobody judged and that is no longer found is removed; one that was judged stays, whatever its score.

    Args:
        min_score: the least score (0 to 100) that counts as a conflict.
        progress: called with the projects compared so far and in all.

    Returns:
        The conflicts found, the likeliest first.
    """
    found = {(match.first, match.second): match for match in matches(_listings(), min_score, progress)}
    with transaction.atomic():
        conflicts_lock()
        known = {
            (conflict.project_a_id, conflict.project_b_id): conflict
            for conflict in ListingConflict.objects.select_for_update().order_by("pk")
        }
        gone = [
            conflict
            for pair, conflict in known.items()
            if pair not in found and conflict.verdict == ConflictVerdict.OPEN
        ]
        for conflict in gone:
            conflict.delete()
        recorded = [_record(known.get(pair), match) for pair, match in found.items()]
        told = {"found": len(found), "new": len(found.keys() - known.keys()), "gone": len(gone)}
        event_record(action="conflicts.found", changes=told)
    return sorted(recorded, key=lambda conflict: (-conflict.score, conflict.project_a_id, conflict.project_b_id))


def conflict_decide(*, actor: User, pk: int, verdict: str, note: str = "") -> ListingConflict:
    """Record a person's verdict on two listings; `open` takes an earlier one back.

    Raises:
        ConflictNotFound: there is no such conflict.
        InvalidInput: no such verdict, or `same` without a note that says what follows from it.
    """
    note = note.strip()
    if verdict not in ConflictVerdict.values:
        raise InvalidInput({"verdict": [f"Choose one of: {', '.join(ConflictVerdict.values)}."]})
    if "\x00" in note or len(note) > 4000:
        raise InvalidInput({"note": ["Write at most 4,000 characters of plain text."]})
    if verdict == ConflictVerdict.SAME and not note:
        raise InvalidInput({"note": ["Say which of the two listings counts and what becomes of the other."]})
    with transaction.atomic():
        conflict = ListingConflict.objects.select_for_update().filter(pk=pk).first()
        if conflict is None:
            raise ConflictNotFound
        before = state_of(conflict)
        conflict.verdict, conflict.note = verdict, note
        reopened = verdict == ConflictVerdict.OPEN
        conflict.decided_by = None if reopened else actor
        conflict.decided_at = None if reopened else timezone.now()
        conflict.save()
        event_record(action="conflict.decided", obj=conflict, actor=actor, changes=changes_since(before, conflict))
    return conflict


def _listings() -> Sequence[Listing]:
    rows = (
        Project.objects.exclude(origin_registry="")
        .exclude(status=ProjectStatus.DRAFT)
        .order_by("pk")
        .values_list(
            "pk", "origin_registry", "project_name", "project_initiator", "country_id", "project_type__code",
            "centroid_latitude", "centroid_longitude", "vintage_year", "crediting_period_start",
            "estimated_annual_reductions",
        )
    )  # fmt: skip
    return [Listing(*row) for row in rows.iterator(chunk_size=2_000)]


def _record(conflict: ListingConflict | None, match: Match) -> ListingConflict:
    reasons = [{"kind": reason.kind, "points": reason.points, "text": reason.text} for reason in match.reasons]
    if conflict is None:
        return ListingConflict.objects.create(
            project_a_id=match.first, project_b_id=match.second, score=match.score, reasons=reasons
        )
    if (conflict.score, conflict.reasons) != (match.score, reasons):
        conflict.score, conflict.reasons = match.score, reasons
        conflict.save()
    return conflict
