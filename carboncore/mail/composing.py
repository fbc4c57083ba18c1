"""Making the mail itself: what an app has to say, put into its two templates, with headers nobody can break out of.

A template is a pair of files, `NAME.txt` and `NAME.html`. The first line of the text is the subject. Both extend the
shared layouts `mail/layout.txt` and `mail/layout.html`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import format_datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template import Context, Template
from django.template.loader import get_template
from django.utils.module_loading import autodiscover_modules

from carboncore.mail.models import OutgoingMail
from carboncore.mail.sealing import unseal


class MailPointless(Exception):
    """This mail cannot be made, now or later; the message says why, for staff."""


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a mail."""

    name: str
    content: bytes
    media_type: str


@dataclass(frozen=True)
class Content:
    """What a composer returns: the values for the templates, and files."""

    values: Mapping[str, Any]
    attachments: list[Attachment] = field(default_factory=list)


Composer = Callable[..., Content]
_composers: dict[str, Composer] = {}


def composes(template: str) -> Callable[[Composer], Composer]:
    """Have this function look up, when a mail is sent, what its template is filled with.

    Put it into a module or package `mails` of the app; those are read when the first mail is sent.
    It is called with the `context` that `mail_send` was given as keyword arguments, usually an id, and raises
    `MailPointless` where there is nothing (any more) to say.
    """

    def register(composer: Composer) -> Composer:
        _composers[template] = composer
        return composer

    return register


def mail_compose(mail: OutgoingMail) -> EmailMultiAlternatives:
    """Return the message, ready to be sent; the same one at every attempt.

    Raises:
        MailPointless: the composer has nothing to say, or the subject is none.
        SealBroken: SECRET_KEY was changed meanwhile.
    """
    given = unseal(mail.sealed)
    _read_composers()
    composer = _composers.get(mail.template)
    content = composer(**given) if composer else Content(given)
    values = {"public_url": settings.PUBLIC_URL, **content.values}
    # The tags of a text template leave empty lines where they stood.
    written = re.sub(r"\n{3,}", "\n\n", _rendered(f"{mail.template}.txt", values, escape=False))
    subject, _, text = written.strip().partition("\n")
    if not subject or not subject.isprintable() or len(subject) > 200:
        raise MailPointless("Its subject is empty, too long, or holds characters that no subject may have.")
    message = EmailMultiAlternatives(
        subject=subject,
        body=text.strip() + "\n",
        to=[mail.recipient],
        reply_to=[mail.reply_to] if mail.reply_to else None,
        headers={
            "Message-ID": mail.message_id,
            "Date": format_datetime(mail.created_at),
            # So that no absence note answers it.
            "Auto-Submitted": "auto-generated",
        },
    )
    message.attach_alternative(_rendered(f"{mail.template}.html", {**values, "subject": subject}), "text/html")
    for file in content.attachments:
        message.attach(file.name, file.content, file.media_type)
    return message


@cache
def _read_composers() -> None:
    autodiscover_modules("mails")


def _rendered(name: str, values: Mapping[str, Any], *, escape: bool = True) -> str:
    loaded: Any = get_template(name)
    template: Template = loaded.template
    return template.render(Context(dict(values), autoescape=escape))
