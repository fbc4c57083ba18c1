"""The mail that tells of a transfer which waits for its receiver."""

from django.conf import settings

from carboncore.mail.composing import Content, composes
from transactions.choices import TransactionStatus
from transactions.mails.facts import Facts, project_facts
from transactions.models import Transaction


@composes("transactions/mails/offer")
def offer_content(*, pk: int) -> Content:
    """Say who offers what, and until when."""
    offer = Transaction.objects.select_related("project", "from_account", "to_account").get(pk=pk)
    giver, receiver = offer.from_account, offer.to_account
    if giver is None or receiver is None:
        raise ValueError("An offer always names both accounts.")
    is_open = offer.status == TransactionStatus.RESERVED
    until = [("Open until", f"{offer.expires_at:%-d %B %Y}, {offer.expires_at:%H:%M} UTC")]
    facts: Facts = [
        ("From", f"{giver.name} ({giver.number})"),
        ("To your account", f"{receiver.name} ({receiver.number})"),
        *project_facts(offer),
        *([("Note", offer.note)] if offer.note else []),
        *(until if is_open and offer.expires_at else []),
        ("Offer", str(offer.public_id)),
    ]
    way = {"link_label": "Answer it", "link": f"{settings.PUBLIC_URL}/account/transfers"} if is_open else {}
    return Content({"facts": facts, "is_open": is_open, "status": offer.get_status_display().lower(), **way})
