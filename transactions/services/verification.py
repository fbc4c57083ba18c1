"""Verifying the whole ledger and keeping the result."""

from collections.abc import Callable, Iterator

from django.db import connection, transaction
from django.utils import timezone

from transactions.models import LedgerVerification
from transactions.selectors.checkpoint_checks import compare_checkpoints
from transactions.selectors.records import compare_records
from transactions.selectors.replay import Checked, Problem, replay_blocks, replay_chains
from transactions.selectors.statement_checks import compare_statements

MAX_LISTED = 100


def ledger_verify(
    *, on_progress: Callable[[int], None] = lambda _entries: None
) -> tuple[LedgerVerification, list[Problem]]:
    """Replay the whole ledger on one snapshot; returns the kept result and the first hundred problems.

    Reads in constant memory and blocks no movement. `on_progress` is called with the entries read so far.
    """
    started_at = timezone.now()
    problems: list[Problem] = []
    count = batches = entries = 0
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        for finding in _findings():
            if isinstance(finding, Checked):
                batches, entries = batches + finding.batches, entries + finding.entries
                on_progress(entries)
                continue
            count += 1
            if len(problems) < MAX_LISTED:
                problems.append(finding)
    result = LedgerVerification.objects.create(
        started_at=started_at,
        finished_at=timezone.now(),
        batches=batches,
        entries=entries,
        problems=count,
        first_problem=str(problems[0])[:1000] if problems else "",
    )
    return result, problems


def _findings() -> Iterator[Problem | Checked]:
    yield from replay_chains()
    yield from replay_blocks()
    yield from compare_records()
    yield from compare_statements()
    yield from compare_checkpoints()
