"""Telling the worker that there is mail, without slowing down whoever asked for it.

The mails' rows are the queue. A job is only the bell: one at a time, at most one from each process in `PAUSE` seconds,
rung after the commit. A bell that is lost costs the wait for the next minute's round, never a mail.
"""

import time

import structlog
from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

logger = structlog.get_logger(__name__)

DELIVERY_JOB = "mail.deliver"
PAUSE = 2
_rung_at = float("-inf")


def ring() -> None:
    """Have a round begin `PAUSE` seconds from now, unless this process has seen to that already."""
    global _rung_at  # noqa: PLW0603 - it is about this process, whichever of its threads asks
    if time.monotonic() - _rung_at < PAUSE:
        return  # the round that was asked for then begins after this, and finds what was committed till now
    _rung_at = time.monotonic()
    job = app.configure_task(
        name=DELIVERY_JOB,
        queue="mail",
        lock=DELIVERY_JOB,
        queueing_lock=DELIVERY_JOB,
        schedule_in={"seconds": PAUSE},
    )
    try:
        with transaction.atomic():
            job.defer(timestamp=int(time.time()))
    except AlreadyEnqueued:
        logger.debug("mail_round_is_queued")
