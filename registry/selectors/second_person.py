"""The one rule of the second person for projects: whoever took part in any round of one cannot register it."""

from django.db.models import Exists, OuterRef, Q

from registry.choices import ProjectStatus
from registry.models import ProjectStatusChange

FIRST_PERSON_MOVES = ("submit", "begin_validation")


def took_part(user_id: int) -> Q:
    """Return the condition that this user submitted or validated a project, also in a round that was returned."""
    moves = ProjectStatusChange.objects.filter(project=OuterRef("pk"), actor=user_id, move__in=FIRST_PERSON_MOVES)
    return Q(submitted_by=user_id) | Q(validated_by=user_id) | Q(Exists(moves))


def registrable_by(user_id: int) -> Q:
    """Return the condition that this user may register a project as the second person.

    One that was imported in validation has no first person here yet and is not ready for a second.
    """
    taken_through_here = Q(submitted_by__isnull=False, validated_by__isnull=False)
    return Q(status=ProjectStatus.UNDER_VALIDATION) & taken_through_here & ~took_part(user_id)
