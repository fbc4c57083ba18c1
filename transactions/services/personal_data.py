"""What the ledger holds about a person: a copy of it, and what is emptied when they are erased.

Credits, quantities, prices and serial numbers are the ledger's and stay, with the account they belonged to. Names,
addresses and what tells where somebody sat go.
"""

from datetime import datetime
from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone

from accounts.errors import ErasureHindered
from accounts.models import User
from carboncore.audit.services import event_record
from carboncore.common.quantities import tonnes_from_kg
from transactions.choices import AccountState, BlockState, TransactionStatus
from transactions.locks import account_lock_exclusive
from transactions.models import Balance, HoldingAccount, MovementApproval, PlannedRetirement, Retirement, Transaction
from transactions.statements import ERASED

_MOVABLE = [BlockState.ACTIVE, BlockState.RESERVED, BlockState.BUFFER]
_REASON = "The person asked to be erased."


def ledger_data(user: User) -> dict[str, Any]:
    """Return the person's accounts with what they hold, and their transactions and retirements."""
    held = Balance.objects.select_related("batch").filter(quantity_kg__gt=0)
    return {
        "holding_accounts": [
            {
                "id": str(account.public_id),
                "number": account.number,
                "name": account.name,
                "state": account.state,
                "claimed_by_email": account.claim_email,
                "created_at": _time(account.created_at),
                "balances": [
                    {"batch": row.batch.serial_root, "state": row.state, "quantity": _tonnes(row.quantity_kg)}
                    for row in account.balances.all()
                ],
            }
            for account in user.holding_accounts.order_by("pk").prefetch_related(Prefetch("balances", queryset=held))
        ],
        "transactions": [
            {
                "id": str(row.public_id),
                "type": row.transaction_type,
                "status": row.status,
                "project": row.project.project_name,
                "quantity": _tonnes(row.quantity_kg),
                "total_amount": str(row.total_amount) if row.total_amount is not None else None,
                "currency": row.currency,
                "guest_email": row.guest_email,
                "note": row.note,
                "ip_address": row.ip_address,
                "user_agent": row.user_agent,
                "created_at": _time(row.created_at),
                "completed_at": _time(row.completed_at),
            }
            for row in _own(user).select_related("project").defer("project__coordinates").order_by("pk")
        ],
        "retirements": [
            {
                "certificate": str(row.public_id),
                "beneficiary_name": row.beneficiary_name,
                "beneficiary_location": row.beneficiary_location,
                "purpose": row.purpose,
                "inventory": row.inventory,
                "note": row.note,
                "published": row.published,
                "retired_at": _time(row.retired_at),
            }
            for row in Retirement.objects.filter(transaction__in=_own(user)).order_by("pk")
        ],
        "asked_transfers": [
            {
                "id": str(row.public_id),
                "organisation": row.organisation.name,
                "state": row.state,
                "quantity": _tonnes(row.quantity_kg),
                "note": row.note,
                "asked_at": _time(row.asked_at),
            }
            for row in MovementApproval.objects.filter(asked_by=user).select_related("organisation").order_by("pk")
        ],
    }


def ledger_data_erase(user: User) -> None:
    """Close the person's empty accounts and empty what is personal in them, in transactions and in retirements.

    Raises:
        ErasureHindered: credits came in meanwhile.
    """
    names = {name.casefold() for name in (user.full_name, user.username, user.email) if name}
    own = _own(user)
    for retirement in Retirement.objects.filter(transaction__in=own, erased_at__isnull=True):
        if retirement.beneficiary_name.strip().casefold() in names:
            _erase_beneficiary(retirement)
    for planned in PlannedRetirement.objects.filter(transaction__in=own):
        if planned.beneficiary_name.strip().casefold() in names:
            planned.beneficiary_name, planned.beneficiary_location, planned.note = ERASED, "", ""
            planned.published = False
            planned.save()
    own.update(guest_email="", ip_address=None, user_agent="")
    own.filter(from_account__owner=user).update(note="")
    MovementApproval.objects.filter(asked_by=user).update(note="")
    MovementApproval.objects.filter(decided_by=user).update(decision_note="")
    for pk in user.holding_accounts.order_by("pk").values_list("pk", flat=True):
        account = account_lock_exclusive(pk)
        if reason := credits_held(user):
            raise ErasureHindered(reason)
        _close(account, user)


def credits_held(user: User) -> str:
    """Return what to do about credits that the person holds or awaits; nothing where there are none."""
    if Balance.objects.filter(account__owner=user, state__in=_MOVABLE, quantity_kg__gt=0).exists():
        return "You still hold credits. Transfer or retire them first."
    under_way = Transaction.objects.filter(status__in=[TransactionStatus.PENDING, TransactionStatus.RESERVED])
    if under_way.filter(Q(to_account__owner=user) | Q(from_account__owner=user)).exists():
        return "A purchase or an offer of yours is still open. Cancel it, or wait until it is settled."
    return ""


def _own(user: User) -> QuerySet[Transaction]:
    """Return what the person bought, and what was done with their accounts by giving."""
    return Transaction.objects.filter(Q(to_user=user) | Q(from_user=user) | Q(from_account__owner=user))


def _erase_beneficiary(retirement: Retirement) -> None:
    retirement.beneficiary_name = retirement.beneficiary_location = retirement.note = ""
    retirement.published, retirement.salt = False, None
    retirement.erased_at, retirement.erasure_reason = timezone.now(), _REASON
    retirement.save()


def _close(account: HoldingAccount, user: User) -> None:
    came_from = account.state
    account.name, account.claim_email, account.state = ERASED, "", AccountState.CLOSED
    account._change_reason = _REASON  # type: ignore[attr-defined]  # noqa: SLF001 - how history takes it
    account.save(update_fields=["name", "claim_email", "state"])
    if came_from != AccountState.CLOSED:
        changes = {"state": [came_from, account.state]}
        event_record(action="holding_account.closed", obj=account, actor=user, changes=changes, note=_REASON)


def _tonnes(quantity_kg: int) -> str:
    return f"{tonnes_from_kg(quantity_kg):f}"


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None
