"""The background jobs of the accounts app."""

from procrastinate.contrib.django import app

from accounts.services import accounts_tidy
from carboncore.common.context import Entrance, acting


@app.periodic(cron="45 3 * * *")
@app.task(name="accounts.tidy", queue="accounts", lock="accounts.tidy", queueing_lock="accounts.tidy")
def accounts_tidy_job(timestamp: int) -> None:  # noqa: ARG001 - procrastinate says when the round was due
    """Delete what has run out."""
    with acting(None, Entrance.JOB):
        accounts_tidy()
