"""The background jobs of the mail app."""

from procrastinate.contrib.django import app

from carboncore.common.context import Entrance, acting
from carboncore.mail.services import mails_deliver, mails_forget
from carboncore.mail.services.waking import DELIVERY_JOB


# Each minute, for what waits for another attempt or whose bell was lost; the rest is rung for (services/waking.py).
@app.periodic(cron="* * * * *")
@app.task(name=DELIVERY_JOB, queue="mail", lock=DELIVERY_JOB, queueing_lock=DELIVERY_JOB)
def mail_deliver_job(timestamp: int) -> None:  # noqa: ARG001 - procrastinate says when the round was due
    """Send the mails that are due."""
    with acting(None, Entrance.JOB):
        mails_deliver()


@app.periodic(cron="15 3 * * *")
@app.task(name="mail.forget", queue="mail", lock="mail.forget", queueing_lock="mail.forget")
def mail_forget_job(timestamp: int) -> None:  # noqa: ARG001 - as above
    """Delete the record of mails that were sent long ago."""
    with acting(None, Entrance.JOB):
        mails_forget()
