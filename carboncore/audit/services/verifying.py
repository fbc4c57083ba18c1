"""Verifying the whole trail and keeping the result."""

from collections.abc import Callable

from django.db import connection, transaction
from django.utils import timezone

from carboncore.audit.models import Verification
from carboncore.audit.selectors.replay import Problem, Read, replay

MAX_LISTED = 100


def audit_verify(*, on_progress: Callable[[int], None] = lambda _events: None) -> tuple[Verification, list[Problem]]:
    """Read every event, link and seal on one snapshot; returns the kept result and the first hundred problems.

    Reads in constant memory and stops nobody from recording. `on_progress` is called with the events read so far.
    """
    started_at = timezone.now()
    problems: list[Problem] = []
    count = events = 0
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        for finding in replay():
            if isinstance(finding, Read):
                events += finding.events
                on_progress(events)
                continue
            count += 1
            if len(problems) < MAX_LISTED:
                problems.append(finding)
    result = Verification.objects.create(
        started_at=started_at,
        finished_at=timezone.now(),
        events=events,
        problems=count,
        first_problem=str(problems[0])[:1000] if problems else "",
    )
    return result, problems
