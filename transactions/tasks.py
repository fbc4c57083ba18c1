"""The background jobs of the transactions app."""

from procrastinate.contrib.django import app

from carboncore.common.context import Entrance, acting
from transactions.services.purchases import payments_reconcile, reservations_expire


# One round at a time: a round that takes longer than a minute is not overtaken by the next.
@app.periodic(cron="* * * * *")
@app.task(
    name="transactions.payments_round",
    queue="payments",
    lock="transactions.payments_round",
    queueing_lock="transactions.payments_round",
)
def payments_round_job(timestamp: int) -> None:  # noqa: ARG001 - procrastinate says when the round was due
    """Free expired reservations and ask the payment provider again wherever an answer is missing."""
    with acting(None, Entrance.JOB):
        reservations_expire()
        payments_reconcile()
