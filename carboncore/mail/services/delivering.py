"""Sending what is due, one mail at a time. No database transaction is open while the mail server is spoken to.

A mail is claimed by moving its next attempt away and counting it; then it is sent; then that is written down. Killed
before the last step, it is sent once more when the claim runs out: at least once, under the same Message-ID.
"""

from datetime import timedelta

import structlog
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.utils import timezone

from carboncore.common.errors import InvalidInput
from carboncore.mail.choices import MailState
from carboncore.mail.composing import MailPointless, mail_compose
from carboncore.mail.models import OutgoingMail
from carboncore.mail.sealing import SealBroken
from carboncore.mail.services.sending import address_check
from carboncore.mail.services.verdicts import Verdict, verdict_of

logger = structlog.get_logger(__name__)

# How long after each failed attempt the next one comes: over two days together, then it has failed.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720, 1440))
# Longer than any attempt takes, with each step of it bounded by EMAIL_TIMEOUT.
CLAIM = timedelta(minutes=15)
MOST_AT_ONCE = 500
KEPT = timedelta(days=180)


def mails_deliver() -> int:
    """Send the mails that are due, the longest due first; returns how many were sent.

    The round ends early when the mail server cannot be reached or turns us away: the others then wait untouched.
    """
    connection, sent = get_connection(), 0
    try:
        for _ in range(MOST_AT_ONCE):
            mail = _claim()
            if mail is None:
                break
            verdict = _attempt(mail, connection)
            _record(mail, verdict)
            sent += verdict.is_sent
            if verdict.is_server_down:
                break
            if not verdict.is_sent:
                connection.close()  # whatever state the conversation was left in, the next mail begins a new one
    finally:
        connection.close()
    return sent


def mails_forget() -> int:
    """Delete the rows of mails that were sent half a year ago; returns how many."""
    old = OutgoingMail.objects.filter(state=MailState.SENT, created_at__lt=timezone.now() - KEPT)
    return old.delete()[0]


def _claim() -> OutgoingMail | None:
    """Return the next mail, as nobody else's for now; those that keep ending their process are given up."""
    while True:
        with transaction.atomic():
            now = timezone.now()
            due = OutgoingMail.objects.filter(state=MailState.QUEUED, next_attempt_at__lte=now)
            mail = due.select_for_update(skip_locked=True, no_key=True).order_by("next_attempt_at", "pk").first()
            if mail is None:
                return None
            if mail.attempts <= len(PAUSES):
                mail.attempts += 1
                mail.next_attempt_at = now + CLAIM
                mail.save(update_fields=["attempts", "next_attempt_at"])
                return mail
            mail.state, mail.last_error = MailState.FAILED, "Each attempt ended the process that made it."
            mail.save(update_fields=["state", "last_error"])
            logger.error("mail_failed", mail=mail.pk, template=mail.template, reason=mail.last_error)


def _attempt(mail: OutgoingMail, connection: BaseEmailBackend) -> Verdict:
    try:
        if not mail.recipient:
            raise MailPointless("There was nobody to send it to.")
        if mail.recipient.lower().endswith(".invalid"):
            raise MailPointless("No mail reaches an address that ends in .invalid.")
        address_check("to", mail.recipient)
        message = mail_compose(mail)
    except (MailPointless, InvalidInput) as error:
        return Verdict.never(str(error) if isinstance(error, MailPointless) else "This is no e-mail address.")
    except SealBroken:
        return Verdict.never("SECRET_KEY was changed after it was queued; cause it anew.")
    except Exception as error:
        # A fault of ours: mended by the next release perhaps, and no reason to stop the other mails.
        logger.exception("mail_not_composed", mail=mail.pk, template=mail.template)
        return Verdict.later(f"It could not be made ({type(error).__name__}); the log says more.")
    try:
        connection.open()
        message.connection = connection
        message.send()
    except Exception as error:  # noqa: BLE001 - whatever a mail server or its absence can do; verdict_of tells them apart
        return verdict_of(error)
    return Verdict.sent()


def _record(mail: OutgoingMail, verdict: Verdict) -> None:
    now, details = timezone.now(), {"mail": mail.pk, "template": mail.template, "attempt": mail.attempts}
    # Only while it is ours: somebody else may have taken it over when our claim had run out.
    ours = OutgoingMail.objects.filter(pk=mail.pk, state=MailState.QUEUED)
    if verdict.is_sent:
        ours.update(state=MailState.SENT, sent_at=now, sealed=b"", last_error="")
        logger.info("mail_sent", **details)
    elif verdict.is_final or mail.attempts > len(PAUSES):
        ours.update(state=MailState.FAILED, last_error=verdict.reason)
        logger.error("mail_failed", **details, reason=verdict.reason)
    else:
        ours.update(next_attempt_at=now + PAUSES[mail.attempts - 1], last_error=verdict.reason)
        logger.warning("mail_waits", **details, reason=verdict.reason)
