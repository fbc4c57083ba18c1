"""Asking for a mail in the transaction that causes it, and asking again for one that failed."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models.expressions import Combinable, Value
from django.utils import timezone

from carboncore.audit.services import event_record
from carboncore.common.api.statements import insert_record
from carboncore.common.errors import InvalidInput, NotFound, StateConflict
from carboncore.mail.choices import MailState
from carboncore.mail.models import OutgoingMail
from carboncore.mail.sealing import seal
from carboncore.mail.services.waking import ring

logger = structlog.get_logger(__name__)

_withheld: ContextVar[bool] = ContextVar("carboncore_mail_withheld", default=False)


def mail_send(
    *, to: str | Combinable, template: str, context: Mapping[str, Any], reply_to: str = ""
) -> OutgoingMail | None:
    """Have a mail sent to one address once the present database transaction commits; one INSERT, and no more.

    Call it inside the transaction of what it tells of: a rollback sends nothing, and a commit is never without its
    mail. A worker sends it a few seconds later, tries again for two days where that is of use, and shows staff what
    failed. It arrives at least once; should it arrive twice, both have the same Message-ID.

    `template` is a pair of templates without their endings, such as `accounts/mail/invitation`
    (`carboncore.mail.composing` says how they look). `context` is plain JSON and fills them, unless a function that is
    marked `@composes(template)` makes something of it when the mail is sent: then it is that function's keyword
    arguments, usually an id. Attachments come from such a function. The context is kept encrypted and is thrown away
    once the mail is sent, so a link with a token may be in it.

    `to` is an address, or an address as a `Value` that nobody checks, or a subquery for one where looking it up first
    would cost a statement.

    Returns None inside `nobody_mailed`.

    Raises:
        InvalidInput: on `to` or `reply_to`: no address, or one that could add a header.
    """
    if _withheld.get():
        return None
    if isinstance(to, str):
        address_check("to", to)
    if reply_to:
        address_check("reply_to", reply_to)
    address = to.value if isinstance(to, Value) else to
    mail = OutgoingMail(
        message_id=f"<{uuid.uuid4()}@{urlsplit(settings.PUBLIC_URL).hostname}>",
        recipient=address,
        reply_to=reply_to,
        template=template,
        sealed=seal(context),
    )
    if isinstance(address, str):
        insert_record(mail)
    else:
        mail.save(force_insert=True)
    # Robust: what was asked for is done and committed; a bell that does not ring must not look like a failure of it.
    transaction.on_commit(ring, robust=True)
    return mail


def mail_send_again(*, pk: int) -> OutgoingMail:
    """Put a failed mail back into the queue, with all its attempts before it.

    Raises:
        NotFound: there is no such mail.
        StateConflict: it has not failed.
    """
    with transaction.atomic():
        mail = OutgoingMail.objects.select_for_update(no_key=True).filter(pk=pk).first()
        if mail is None:
            raise NotFound("There is no such mail.")
        if mail.state != MailState.FAILED:
            raise StateConflict(f"This mail is {mail.get_state_display().lower()}; only a failed one is sent again.")
        mail.state, mail.attempts, mail.next_attempt_at = MailState.QUEUED, 0, timezone.now()
        mail.save(update_fields=["state", "attempts", "next_attempt_at"])
        event_record(action="mail.queued_again", obj=mail)
        transaction.on_commit(ring, robust=True)
    logger.info("mail_queued_again", mail=mail.pk, template=mail.template)
    return mail


@contextmanager
def nobody_mailed() -> Iterator[None]:
    """Withhold every mail that the block would cause: for demonstrations and for records of somebody else's deeds."""
    token = _withheld.set(True)
    try:
        yield
    finally:
        _withheld.reset(token)


def address_check(name: str, address: str) -> None:
    """Refuse what is no plain e-mail address.

    Raises:
        InvalidInput: on `name`.
    """
    try:
        validate_email(address)
    except ValidationError:
        raise InvalidInput({name: ["Give an e-mail address, such as name@example.org."]}) from None
    if len(address) > 254 or not address.isprintable():
        raise InvalidInput({name: ["Use an e-mail address of at most 254 printable characters."]})


def mails_address_erase(*, address: str) -> int:
    """Empty the address of all mails to it that are over, when its person is erased; returns how many."""
    over = OutgoingMail.objects.filter(recipient__iexact=address).exclude(state=MailState.QUEUED)
    return over.update(recipient="", last_error="")
