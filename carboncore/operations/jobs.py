"""Taking jobs back from workers that were killed.

A killed worker leaves what it had begun marked as being done, and with it the job's lock: the round of payments, say,
would never run again. Every job may run twice without harm, so whatever a worker had begun that no longer shows itself
is put back.
"""

import structlog
from django.db import IntegrityError, connection, transaction

logger = structlog.get_logger(__name__)

_ABANDONED = """
    SELECT j.id, j.task_name FROM procrastinate_jobs j LEFT JOIN procrastinate_workers w ON w.id = j.worker_id
    WHERE j.status = 'doing' AND coalesce(w.last_heartbeat < now() - interval '60 seconds', true)
    ORDER BY j.id FOR UPDATE OF j SKIP LOCKED
"""
_PUT_BACK = """
    UPDATE procrastinate_jobs SET status = 'todo', scheduled_at = now(), worker_id = NULL, attempts = attempts + 1
    WHERE id = %s
"""
_GIVE_UP = "SELECT procrastinate_finish_job_v1(%s, 'aborted', false)"


def abandoned_jobs_release() -> int:
    """Queue again what dead workers had begun; returns how many jobs that were.

    One whose next round is waiting already needs no second: it is ended as aborted, which frees its lock.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_ABANDONED)
        abandoned = cursor.fetchall()
        for job_id, task in abandoned:
            try:
                with transaction.atomic():
                    cursor.execute(_PUT_BACK, [job_id])
            except IntegrityError:
                cursor.execute(_GIVE_UP, [job_id])
            logger.warning("job_taken_back", job=job_id, task=task)
    return len(abandoned)
