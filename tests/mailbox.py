"""The mails that were sent in a test, as their reader sees them."""

import re

from django.core import mail

from carboncore.mail.services import mails_deliver


def mails_to(address):
    """Send what is due and return all mails to the address, the oldest first."""
    mails_deliver()
    return [message for message in mail.outbox if message.to == [address]]


def last_mail(address):
    """Return the newest mail to the address."""
    return mails_to(address)[-1]


def token_in(message):
    """Return the token of the one link with a token in a mail."""
    (token,) = re.findall(r"/account/[a-z-]+/([A-Za-z0-9_-]{43})\b", message.body)
    return token


def token_mailed_to(address):
    """Return the token of the newest mail to the address."""
    return token_in(last_mail(address))
