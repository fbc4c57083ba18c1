"""Work that waits for a job that is not there any more: the job failed before it began, or the jobs' table was emptied.

What a killed worker had begun is queued again by the operations app; syncs look after themselves by their lease. This
is for the rest: each row says what is to be done, and doing it twice does no harm.
"""

from dataclasses import dataclass

import structlog
from procrastinate.contrib.django import app
from procrastinate.types import JSONDict

from carboncore.common.api.statements import fetch_named
from integrations.services.emissions import CALCULATION_TASK
from integrations.services.outgoing_webhooks import OUTBOX_TASK
from integrations.services.uploads import UPLOAD_TASK

logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class _Kind:
    """One kind of work: its rows under way, the job's task, queue and argument, and what its jobs take turns by."""

    task: str
    queue: str
    argument: str
    rows: str
    lock: str = "NULL"


# A delivery of days ago has had its schedule; what is not told by then is not told.
_KINDS = (
    _Kind(
        CALCULATION_TASK,
        "emissions",
        "run_id",
        "integrations_emissionrun r WHERE r.status IN ('queued', 'running')"
        " AND r.queued_at < now() - interval '10 minutes'",
    ),
    _Kind(
        UPLOAD_TASK,
        "uploads",
        "upload_id",
        "integrations_upload r WHERE r.status = 'processing' AND r.confirmed_at < now() - interval '10 minutes'",
        lock="r.connection_id",
    ),
    _Kind(
        OUTBOX_TASK,
        "webhooks",
        "delivery_id",
        "integrations_webhookdelivery r WHERE r.status = 'waiting' AND r.created_at > now() - interval '5 days'"
        " AND r.next_attempt_at < now() - interval '10 minutes'",
        lock="r.endpoint_id",
    ),
)
_WITHOUT_JOB = """
    SELECT r.id, {lock} FROM {rows} AND NOT EXISTS (
        SELECT FROM procrastinate_jobs j
        WHERE j.task_name = %(task)s::text AND j.status IN ('todo', 'doing')
          AND (j.args ->> %(argument)s::text)::bigint = r.id)
    ORDER BY r.id LIMIT 1000
"""


def lost_jobs_requeue() -> int:
    """Queue a job for each calculation, file and delivery that has none; returns how many there were."""
    count = 0
    for kind in _KINDS:
        query = _WITHOUT_JOB.format(rows=kind.rows, lock=kind.lock)
        for pk, turn in fetch_named(query, {"task": kind.task, "argument": kind.argument}):
            arguments: JSONDict = {kind.argument: pk}
            lock = None if turn is None else f"{kind.task}:{turn}"
            app.configure_task(kind.task, queue=kind.queue, lock=lock).defer(**arguments)
            logger.warning("job_lost_queued_again", task=kind.task, row=pk)
            count += 1
    return count
