"""Offered transfers from and to somebody's accounts, as the account pages show them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from django.db.models import Q, QuerySet

from accounts.models import User
from carboncore.common.quantities import tonnes_from_kg
from transactions.choices import EntryKind, TransactionStatus, TransactionType
from transactions.models import HoldingAccount, LedgerLine, Transaction
from transactions.serials import serial_text

Side = Literal["from_account", "to_account"]


@dataclass(frozen=True)
class OwnOffer:
    """One offer: tonnes, the serial numbers that wait for it, and whether the person may answer for their side."""

    row: Transaction
    quantity: Decimal
    serials: list[str]
    may_answer: bool


def open_offers_of(user: User, side: Side, *, most: int) -> list[OwnOffer]:
    """Return what waits and has one of the person's accounts on this side; what ends first comes first."""
    visible = HoldingAccount.objects.visible_to(user).values("pk")
    waiting = _offers().filter(status=TransactionStatus.RESERVED, **{f"{side}__in": visible})
    rows = list(waiting.order_by("expires_at", "pk")[:most])
    ids = [getattr(row, f"{side}_id") for row in rows]
    acts_for = set(HoldingAccount.objects.held_for(user).filter(pk__in=ids).values_list("pk", flat=True))
    serials = _reserved_serials(rows)
    return [
        OwnOffer(row, tonnes_from_kg(row.quantity_kg), serials[row.pk], account_id in acts_for)
        for row, account_id in zip(rows, ids, strict=True)
    ]


def ended_offers_of(user: User, *, most: int) -> list[tuple[Transaction, Decimal]]:
    """Return the latest offers from or to the person's accounts that wait no more, with their tonnes."""
    visible = HoldingAccount.objects.visible_to(user).values("pk")
    either = Q(from_account__in=visible) | Q(to_account__in=visible)
    rows = _offers().filter(either).exclude(status=TransactionStatus.RESERVED).order_by("-completed_at", "-pk")
    return [(row, tonnes_from_kg(row.quantity_kg)) for row in rows[:most]]


def offers_waiting_for(user: User) -> int:
    """Return how many offers the person could accept now."""
    acts_for = HoldingAccount.objects.held_for(user).values("pk")
    return _offers().filter(status=TransactionStatus.RESERVED, to_account__in=acts_for).count()


def _offers() -> QuerySet[Transaction]:
    offers = Transaction.objects.filter(transaction_type=TransactionType.TRANSFER, expires_at__isnull=False)
    sides = [f"{side}{end}" for side in ("from_account", "to_account") for end in ("__owner", "__organisation")]
    return offers.select_related("project", *sides).defer("project__coordinates")


def _reserved_serials(offers: Sequence[Transaction]) -> dict[int, list[str]]:
    lines = LedgerLine.objects.filter(
        entry__transaction_link__transaction__in=[offer.pk for offer in offers], entry__kind=EntryKind.RESERVATION
    )
    found: dict[int, list[str]] = defaultdict(list)
    ranges = lines.order_by("entry__batch_id", "first_kg").values_list(
        "entry__transaction_link__transaction", "entry__batch__serial_root", "first_kg", "end_kg"
    )
    for offer, root, first_kg, end_kg in ranges:
        found[offer].append(serial_text(root=root, first_kg=first_kg, end_kg=end_kg))
    return found
