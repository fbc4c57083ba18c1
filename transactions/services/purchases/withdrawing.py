"""Calling off what a purchase that had ended would retire if its money came after all."""

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from carboncore.audit.services import event_record
from transactions.choices import TransactionStatus
from transactions.errors import PurchaseStateWrong
from transactions.locks import purchase_lock
from transactions.models import PlannedRetirement


def planned_retirement_withdraw(*, actor: User, purchase_pk: int) -> bool:
    """Have the credits of a purchase that ended delivered, and not retired, if it is paid late; returns whether so.

    It is not when they were retired meanwhile, or when nothing was planned any more.

    Raises:
        PurchaseNotFound: there is no such purchase.
        PurchaseStateWrong: it can still be paid; cancel it first.
    """
    with transaction.atomic():
        purchase = purchase_lock(purchase_pk)
        planned = PlannedRetirement.objects.filter(transaction=purchase).first()
        if planned is None or planned.retirement_id is not None or planned.withdrawn_at is not None:
            return False
        if purchase.status in (TransactionStatus.PENDING, TransactionStatus.RESERVED):
            raise PurchaseStateWrong("This purchase can still be paid; cancel it first.")
        planned.withdrawn_at = timezone.now()
        planned.save(update_fields=["withdrawn_at"])
        event_record(action="purchase.retirement_withdrawn", obj=purchase, actor=actor)
    return True
