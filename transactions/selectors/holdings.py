"""What an account holds, now or at a past moment, and its statement: opening, movements, closing."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from accounts.models import User
from carboncore.common.errors import InvalidInput
from carboncore.common.quantities import tonnes_from_kg
from transactions.choices import BlockState, EntryKind
from transactions.errors import AccountNotFound
from transactions.models import HoldingAccount
from transactions.serials import serial_text

MOST_ACCOUNTS = 1_000
MOST_MOVEMENTS = 10_000

_HELD = """
    SELECT p.id, p.project_name, b.vintage, b.serial_root, h.state, h.kg::bigint
    FROM ({held}) h JOIN transactions_creditbatch b ON b.id = h.batch_id JOIN registry_project p ON p.id = b.project_id
    WHERE h.kg <> 0 ORDER BY p.project_name, p.id, b.vintage, b.number, h.state
"""
_NOW = "SELECT batch_id, state, quantity_kg AS kg FROM transactions_balance WHERE account_id = %(account)s"
# What changed on the days before, and on the day itself what came in less what went out; a retirement does both.
_BEFORE = """
    SELECT batch_id, state, sum(kg) AS kg FROM (
        SELECT batch_id, state, change_kg AS kg FROM transactions_dailychange
        WHERE account_id = %(account)s AND day < %(day)s
        UNION ALL
        SELECT batch_id, to_state, end_kg - first_kg FROM transactions_ledgerline
        WHERE to_account_id = %(account)s AND at >= %(midnight)s AND at < %(before)s
        UNION ALL
        SELECT batch_id, from_state, first_kg - end_kg FROM transactions_ledgerline
        WHERE from_account_id = %(account)s AND at >= %(midnight)s AND at < %(before)s
    ) m GROUP BY batch_id, state
"""
_MOVED = """
    SELECT m.at, m.kind, m.position, m.serial_root, m.first_kg, m.end_kg, m.state, m.sign, t.public_id
    FROM (
        SELECT e.id, e.at, e.kind, e.position, b.serial_root, l.first_kg, l.end_kg, l.state, l.sign
        FROM (
            SELECT entry_id, first_kg, end_kg, from_state AS state, -1 AS sign FROM transactions_ledgerline
            WHERE from_account_id = %(account)s AND at >= %(start)s AND at < %(before)s
            UNION ALL
            SELECT entry_id, first_kg, end_kg, to_state, 1 FROM transactions_ledgerline
            WHERE to_account_id = %(account)s AND at >= %(start)s AND at < %(before)s
        ) l
        JOIN transactions_ledgerentry e ON e.id = l.entry_id
        JOIN transactions_creditbatch b ON b.id = e.batch_id
    ) m
    LEFT JOIN transactions_transactionentry x ON x.entry_id = m.id
    LEFT JOIN transactions_transaction t ON t.id = x.transaction_id
    ORDER BY m.at, m.id, m.first_kg, m.sign
"""


@dataclass(frozen=True)
class Holding:
    """What is held of one batch in one state, in kilograms."""

    project_id: int
    project: str
    vintage: int
    batch: str
    state: str
    quantity_kg: int

    @property
    def quantity(self) -> Decimal:
        """The quantity in tonnes."""
        return tonnes_from_kg(self.quantity_kg)


@dataclass(frozen=True)
class Moved:
    """One range that came in (positive) or went out (negative), or changed its state (one of each)."""

    at: datetime
    kind: str
    position: int
    batch: str
    serial: str
    state: str
    quantity_kg: int
    transaction: str | None

    @property
    def quantity(self) -> Decimal:
        """The signed quantity in tonnes."""
        return tonnes_from_kg(self.quantity_kg)


def accounts_of(user: User) -> list[HoldingAccount]:
    """Return the accounts of a person and of the organisations they belong to, in the order they were opened."""
    own = Q(owner=user) | Q(organisation__in=user.memberships.values("organisation"))
    return list(HoldingAccount.objects.filter(own).select_related("organisation").order_by("pk")[:MOST_ACCOUNTS])


def account_visible_to(*, user: User, public_id: UUID) -> HoldingAccount:
    """Return an account to whoever may look at it.

    Raises:
        AccountNotFound: there is none, or the caller may not know that there is.
    """
    found = HoldingAccount.objects.visible_to(user).filter(public_id=public_id).select_related("organisation").first()
    if found is None:
        raise AccountNotFound
    return found


def account_holdings(account: HoldingAccount, *, before: datetime | None = None) -> list[Holding]:
    """Return what the account holds by project, vintage, batch and state: now, or just before a moment."""
    asked: dict[str, Any] = {"account": account.pk}
    if before is not None:
        midnight = before.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        asked |= {"before": before, "midnight": midnight, "day": midnight.date()}
    with connection.cursor() as cursor:
        cursor.execute(_HELD.format(held=_NOW if before is None else _BEFORE), asked)
        return [Holding(*row) for row in cursor.fetchall()]


def account_movements(account: HoldingAccount, *, start: datetime, before: datetime) -> Iterator[Moved]:
    """Yield what came in and went out from `start` until just before `before`, in the order it happened."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(_MOVED, {"account": account.pk, "start": start, "before": before})
        while rows := cursor.fetchmany(1_000):
            for at, kind, position, root, first_kg, end_kg, state, sign, transaction in rows:
                yield Moved(
                    at=at,
                    kind=EntryKind(kind).value,
                    position=position,
                    batch=root,
                    serial=serial_text(root=root, first_kg=first_kg, end_kg=end_kg),
                    state=BlockState(state).value,
                    quantity_kg=sign * (end_kg - first_kg),
                    transaction=str(transaction) if transaction else None,
                )


def account_movements_bounded(
    account: HoldingAccount, *, start: datetime, before: datetime, most: int = MOST_MOVEMENTS
) -> list[Moved]:
    """Return all movements of a statement that is shown at once.

    Raises:
        InvalidInput: there are more than `most`.
    """
    moved: list[Moved] = []
    for movement in account_movements(account, start=start, before=before):
        if len(moved) == most:
            raise InvalidInput(
                {"from": [f"There are more than {most:,} movements in these days. Choose fewer days, or take CSV."]}
            )
        moved.append(movement)
    return moved


def holding_row(holding: Holding) -> dict[str, Any]:
    """Return a holding as clients see it."""
    return {
        "project_id": holding.project_id,
        "project": holding.project,
        "vintage": holding.vintage,
        "batch": holding.batch,
        "state": holding.state,
        "quantity": holding.quantity,
    }
