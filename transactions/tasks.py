"""The background jobs of the transactions app."""

import structlog
from procrastinate.contrib.django import app

from carboncore.common.context import Entrance, acting
from transactions.services.approvals import movement_approvals_expire
from transactions.services.checkpoints import checkpoint_make
from transactions.services.offers import transfer_offers_expire
from transactions.services.purchases import payments_reconcile, reservations_expire
from transactions.services.verification import ledger_verify

logger = structlog.get_logger(__name__)


# One round at a time: a round that takes longer than a minute is not overtaken by the next.
@app.periodic(cron="* * * * *")
@app.task(
    name="transactions.payments_round",
    queue="payments",
    lock="transactions.payments_round",
    queueing_lock="transactions.payments_round",
)
def payments_round_job(timestamp: int) -> None:  # noqa: ARG001 - procrastinate says when the round was due
    """Free expired reservations and offers, and ask the payment provider again wherever an answer is missing."""
    with acting(None, Entrance.JOB):
        reservations_expire()
        transfer_offers_expire()
        movement_approvals_expire()
        payments_reconcile()


@app.periodic(cron="0 2 * * *")
@app.task(
    name="transactions.ledger_verify",
    queue="ledger",
    lock="transactions.ledger_verify",
    queueing_lock="transactions.ledger_verify",
)
def ledger_verify_job(timestamp: int) -> None:  # noqa: ARG001 - procrastinate says when the round was due
    """Replay the whole ledger; the result is kept for the dashboard and the public proof page."""
    with acting(None, Entrance.JOB):
        result, problems = ledger_verify()
    if problems:
        logger.error("ledger_not_clean", problems=result.problems, first=str(problems[0]))


@app.periodic(cron="30 2 * * *")
@app.task(
    name="transactions.checkpoint_make",
    queue="ledger",
    lock="transactions.checkpoint_make",
    queueing_lock="transactions.checkpoint_make",
)
def checkpoint_make_job(timestamp: int) -> None:  # noqa: ARG001 - as above
    """Sign where every batch's chain stands."""
    with acting(None, Entrance.JOB):
        checkpoint_make()
