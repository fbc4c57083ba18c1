"""What an account holds and what moved in it, for the staff's pages."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q, QuerySet, Sum

from registry.models import Project
from transactions.choices import BlockState
from transactions.models import Balance, HoldingAccount, LedgerLine


@dataclass(frozen=True)
class HeldCredits:
    """Kilograms that an account holds of one project and vintage, by state."""

    project_id: int
    project_name: str
    vintage: int
    by_state: dict[str, int]


@dataclass(frozen=True)
class AccountMovement:
    """One entry as the account saw it: kilograms that came (positive) or went (negative), or changed state (0)."""

    entry_id: int
    at: datetime
    kind: str
    batch_id: int
    serial_root: str
    quantity_kg: int
    change_kg: int


@dataclass(frozen=True)
class StateChange:
    """When an account was frozen, unfrozen or closed, by whom and why."""

    at: datetime
    state: str
    user: str
    reason: str


def state_changes(*, account: HoldingAccount, count: int) -> list[StateChange]:
    """Return the latest changes of the account's state, newest first; no other change of it states a reason."""
    rows = HoldingAccount.history.filter(id=account.pk, history_change_reason__isnull=False)
    return [
        StateChange(row.history_date, row.state, str(row.history_user or "the system"), row.history_change_reason)
        for row in rows.select_related("history_user").order_by("-history_date", "-history_id")[:count]
    ]


def held_credits(*, account: HoldingAccount) -> list[HeldCredits]:
    """Return the account's balances by project and vintage."""
    rows = (
        Balance.objects.filter(account=account, quantity_kg__gt=0)
        .values("batch__project_id", "batch__project__project_name", "batch__vintage", "state")
        .annotate(kg=Sum("quantity_kg"))
        .order_by("batch__project__project_name", "batch__project_id", "batch__vintage")
    )
    held: dict[tuple[int, int], HeldCredits] = {}
    for row in rows:
        key = (row["batch__project_id"], row["batch__vintage"])
        line = held.setdefault(key, HeldCredits(key[0], row["batch__project__project_name"], key[1], {}))
        line.by_state[row["state"]] = int(row["kg"])
    return list(held.values())


def state_sums(*, account: HoldingAccount) -> dict[str, int]:
    """Return the kilograms that the account holds in each state."""
    rows = Balance.objects.filter(account=account, quantity_kg__gt=0).values("state").annotate(kg=Sum("quantity_kg"))
    return {row["state"]: int(row["kg"]) for row in rows.order_by()}


def projects_held(*, account: HoldingAccount, state: BlockState) -> QuerySet[Project]:
    """Return the projects of which the account holds credits in a state."""
    held = Balance.objects.filter(account=account, state=state, quantity_kg__gt=0)
    return Project.objects.filter(pk__in=held.values("batch__project_id")).order_by("project_name", "pk")


def latest_movements(*, account: HoldingAccount, count: int) -> list[AccountMovement]:
    """Return the account's latest entries, newest first; the lines of one entry are added up."""
    newest = (
        LedgerLine.objects.filter(Q(from_account=account) | Q(to_account=account))
        .values("entry_id")
        .distinct()
        .order_by("-entry_id")[:count]
    )
    rows = (
        LedgerLine.objects.filter(Q(from_account=account) | Q(to_account=account), entry_id__in=newest)
        .order_by("-entry_id")
        .values(
            "entry_id",
            "entry__at",
            "entry__kind",
            "entry__batch_id",
            "entry__batch__serial_root",
            "from_account_id",
            "to_account_id",
        )
        .annotate(kg=Sum(F("end_kg") - F("first_kg")))
    )
    movements: dict[int, AccountMovement] = {}
    for row in rows:
        before = movements.get(row["entry_id"])
        came = int(row["kg"]) if row["to_account_id"] == account.pk else 0
        went = int(row["kg"]) if row["from_account_id"] == account.pk else 0
        movements[row["entry_id"]] = AccountMovement(
            entry_id=row["entry_id"],
            at=row["entry__at"],
            kind=row["entry__kind"],
            batch_id=row["entry__batch_id"],
            serial_root=row["entry__batch__serial_root"],
            quantity_kg=int(row["kg"]) + (before.quantity_kg if before else 0),
            change_kg=came - went + (before.change_kg if before else 0),
        )
    return list(movements.values())
