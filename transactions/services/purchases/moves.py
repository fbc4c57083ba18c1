"""Moving a purchase from status to status, and noting what needs a person."""

from typing import Any

import structlog

from carboncore.audit.services import changes_since, event_record
from transactions.choices import IssueKind, TransactionStatus, TransactionType
from transactions.errors import PurchaseStateWrong
from transactions.models import PaymentIssue, Transaction
from transactions.transitions import TRANSACTION_MOVES

logger = structlog.get_logger(__name__)


# What the audit trail calls a purchase becoming each; transfers are told by whoever moves them.
_EVENTS = {
    TransactionStatus.COMPLETED: "purchase.settled",
    TransactionStatus.CANCELLED: "purchase.cancelled",
    TransactionStatus.EXPIRED: "purchase.expired",
    TransactionStatus.FAILED: "purchase.failed",
    TransactionStatus.REFUNDED: "purchase.refunded",
    TransactionStatus.RESERVED: "purchase.started",
}


def status_move(purchase: Transaction, to: TransactionStatus, **fields: Any) -> None:
    """Move a locked transaction to a status, writing `fields` with it.

    Raises:
        PurchaseStateWrong: the table of moves does not lead there from where it is.
    """
    came_from = purchase.status
    if to not in TRANSACTION_MOVES[came_from]:
        raise PurchaseStateWrong(
            f"This purchase is {purchase.get_status_display().lower()}; it cannot become {to.label.lower()}."
        )
    purchase.status = to
    for name, value in fields.items():
        setattr(purchase, name, value)
    purchase.save(update_fields=["status", *fields])
    if purchase.transaction_type == TransactionType.PURCHASE:
        event_record(action=_EVENTS[to], obj=purchase, changes={"status": [came_from, to], **fields})
    logger.info("purchase_moved", transaction=str(purchase.public_id), came_from=came_from, to=to.value)


def issue_open(*, purchase: Transaction | None, kind: IssueKind, subject: str, details: str) -> None:
    """Put something about a payment into the staff's queue; the same thing about the same subject only once."""
    issue, created = PaymentIssue.objects.get_or_create(
        kind=kind, subject=subject[:255], defaults={"transaction": purchase, "details": details[:1000]}
    )
    if created:
        event_record(action="payment_issue.opened", obj=issue, changes=changes_since({}, issue))
        logger.warning(
            "payment_issue_opened",
            kind=kind.value,
            subject=subject,
            transaction=str(purchase.public_id) if purchase else None,
            details=details,
        )
