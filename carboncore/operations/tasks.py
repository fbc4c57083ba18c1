"""The background jobs of the operations app."""

from procrastinate.contrib.django import app

from carboncore.common.context import Entrance, acting
from carboncore.operations.jobs import abandoned_jobs_release


# Without a lock of its own: one that a killed worker held would keep this from ever freeing the others.
@app.periodic(cron="* * * * *")
@app.task(name="operations.abandoned_jobs", queue="operations", queueing_lock="operations.abandoned_jobs")
def abandoned_jobs_job(timestamp: int) -> None:  # noqa: ARG001 - procrastinate says when the round was due
    """Queue again what killed workers had begun."""
    with acting(None, Entrance.JOB):
        abandoned_jobs_release()
