"""What became of somebody's transactions, one line for each change: derived from the transactions, kept nowhere."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from accounts.models import User
from carboncore.common.api.cursors import Position
from carboncore.common.api.statements import fetch_all
from carboncore.common.quantities import tonnes_from_kg

# What waits is told when it is asked for, what ended when it ended, and a refund when it was decided. What is carried
# out at once has only an end. `step` tells the lines of one transaction apart; a refund's goes on from 2.
_LINES = """
    WITH own AS MATERIALIZED (
        SELECT t.* FROM transactions_transaction t
        WHERE t.to_user_id = %s
        UNION
        SELECT t.* FROM transactions_transaction t JOIN transactions_holdingaccount a ON a.id = t.from_account_id
        WHERE a.owner_id = %s
        UNION
        SELECT t.* FROM transactions_transaction t JOIN transactions_holdingaccount a ON a.id = t.to_account_id
        WHERE a.owner_id = %s
    ), lines AS (
        SELECT id, created_at AS at, 0 AS step, CASE status WHEN 'pending' THEN 'pending' ELSE 'reserved' END AS status
        FROM own WHERE transaction_type = 'purchase' OR expires_at IS NOT NULL
        UNION ALL
        SELECT id, completed_at, 1, CASE status WHEN 'refunded' THEN 'completed' ELSE status END
        FROM own WHERE completed_at IS NOT NULL
        UNION ALL
        SELECT r.transaction_id, r.created_at,
               1 + row_number() OVER (PARTITION BY r.transaction_id ORDER BY r.id), 'refunded'
        FROM transactions_paymentrefund r JOIN own ON own.id = r.transaction_id
    )
    SELECT own.id * 1000 + least(lines.step, 999), own.public_id, lines.step, own.transaction_type, lines.status,
           own.project_id, p.project_name, own.quantity_kg, lines.at
    FROM lines JOIN own ON own.id = lines.id JOIN registry_project p ON p.id = own.project_id
    WHERE {after} AND (%s::timestamptz IS NULL OR lines.at > %s::timestamptz)
    ORDER BY lines.at DESC, 1 DESC LIMIT %s
"""
_AFTER = "(lines.at, own.id * 1000 + least(lines.step, 999)) < (%s::timestamptz, %s::bigint)"
_WORDS = {
    "pending": "is pending",
    "reserved": "waits; its credits are reserved",
    "completed": "is completed",
    "failed": "failed; its credits are free again",
    "refunded": "was refunded",
    "cancelled": "was cancelled",
    "expired": "expired; its credits are free again",
}
_NAMES = {"purchase": "purchase", "transfer": "transfer", "retirement": "retirement", "cancellation": "cancellation"}


@dataclass(frozen=True)
class Notification:
    """One change; `key` orders those of the same moment."""

    key: int
    transaction: UUID
    step: int
    transaction_type: str
    status: str
    project_id: int
    project: str
    quantity_kg: int
    at: datetime

    @property
    def quantity(self) -> Decimal:
        """The quantity in tonnes."""
        return tonnes_from_kg(self.quantity_kg)

    @property
    def message(self) -> str:
        """What happened, in a sentence."""
        what = f"{_NAMES[self.transaction_type]} of {self.quantity.normalize():,f} t CO2e"
        return f"The {what} ({self.project}) {_WORDS[self.status]}."


def notifications_of(
    user: User, *, limit: int, after: Position | None = None, since: datetime | None = None
) -> list[Notification]:
    """Return what became of what the person bought, gave, received and retired, the newest first."""
    values: list[object] = [user.pk] * 3
    if after is not None:
        values += [after.key, after.row_id]
    query = _LINES.format(after="TRUE" if after is None else _AFTER)
    return [Notification(*row) for row in fetch_all(query, [*values, since, since, limit])]
