"""What of an inventory's months is offset, what remains, who sells it, and the offsets that a person may see."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal
from typing import Any

from django.db.models import Q, QuerySet, Sum

from accounts.choices import MOVING_ROLES, OrganisationState
from accounts.errors import OrganisationNotFound
from accounts.models import Organisation, User
from carboncore.common.quantities import tonnes_from_kg
from integrations.models import EmissionsOffset
from integrations.offset_errors import OffsetNotFound, OffsetOverlaps
from integrations.querysets import EmissionsOffsetQuerySet
from integrations.selectors.emissions import Period, months_later
from integrations.selectors.inventory import Inventory, inventory_of
from integrations.selectors.report import report_digest, report_of
from transactions.choices import AccountKind, AccountState, BlockState
from transactions.models import Balance, HoldingAccount
from transactions.selectors.for_sale import CreditOffer, credits_for_sale

ROUNDING = "What remains is rounded up to the whole kilogram: the ledger counts nothing smaller."
_WHOLE = Decimal(1)


@dataclass(frozen=True, slots=True)
class InventoryHolder:
    """Whose emissions: a person's own data sources', or an organisation's."""

    owner: User | None
    organisation: Organisation | None

    @property
    def name(self) -> str:
        """Return the name that credits are retired for, empty when a person has told none."""
        return self.organisation.name if self.organisation else (self.owner.full_name if self.owner else "")

    def offsets(self) -> EmissionsOffsetQuerySet:
        """Return every offset of this inventory."""
        return EmissionsOffset.objects.filter(owner=self.owner, organisation=self.organisation)

    def accounts(self) -> QuerySet[HoldingAccount]:
        """Return the open accounts whose credits are theirs to retire, the oldest first."""
        held = HoldingAccount.objects.filter(kind=AccountKind.HOLDING, state=AccountState.OPEN)
        mine = held.filter(organisation=self.organisation) if self.organisation else held.filter(owner=self.owner)
        return mine.order_by("pk")


@dataclass(frozen=True, slots=True)
class Standing:
    """What the report of some months says now, and how much of it is offset; kilograms."""

    inventory: Inventory
    report: Mapping[str, Any]
    offsets: Sequence[EmissionsOffset]

    @property
    def total(self) -> Decimal:
        """Return the report's total, with the three places that it shows."""
        return Decimal(self.report["total_kg_co2e"])

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the report's JSON, in hexadecimal."""
        return report_digest(self.report)

    @property
    def offset_kg(self) -> int:
        """Return what is offset already."""
        return sum(offset.quantity_kg for offset in self.offsets)

    @property
    def remaining(self) -> Decimal:
        """Return what is not: the report's total less the offsets, exactly."""
        return max(self.total - self.offset_kg, Decimal(0))

    @property
    def quantity_kg(self) -> int:
        """Return what to retire for it: whole kilograms, rounded up."""
        return int(self.remaining.quantize(_WHOLE, rounding=ROUND_CEILING))


@dataclass(frozen=True, slots=True)
class HeldCredits:
    """Active credits of one project in one account."""

    account: HoldingAccount
    project_id: int
    project: str
    quantity_kg: int

    @property
    def tonnes(self) -> Decimal:
        """Return the quantity in tonnes."""
        return tonnes_from_kg(self.quantity_kg)


@dataclass(frozen=True, slots=True)
class OffsetQuote:
    """Whose months, what remains of them, and what could be bought or retired for it."""

    holder: InventoryHolder
    standing: Standing
    offers: Sequence[CreditOffer]
    held: Sequence[HeldCredits]
    may_offset: bool
    hindrance: str


def inventory_holder(*, user: User, organisation: uuid.UUID | None) -> InventoryHolder:
    """Return whose inventory it is: the person's own, or that of an organisation that they belong to.

    Raises:
        OrganisationNotFound: there is none, or the person is no member of it.
    """
    if organisation is None:
        return InventoryHolder(user, None)
    found = Organisation.objects.filter(memberships__user=user, public_id=organisation).first()
    if found is None:
        raise OrganisationNotFound
    return InventoryHolder(None, found)


def offset_hindrance(*, user: User, holder: InventoryHolder) -> str:
    """Return why this person may not offset this inventory; nothing where they may. The rest is denied."""
    if holder.organisation is None:
        return "" if holder.owner == user else "Only the person themself offsets their own emissions."
    if not user.memberships.filter(organisation=holder.organisation, role__in=MOVING_ROLES).exists():
        return "You may look at this, but not offset it. An owner or trader of the organisation can."
    if holder.organisation.state != OrganisationState.APPROVED:
        return (
            f"This organisation is {holder.organisation.get_state_display().lower()}; it can hold and retire credits"
            " once staff have approved it."
        )
    return ""


def standing_of(*, user: User, holder: InventoryHolder, period: Period, method: str) -> Standing:
    """Return what these months come to now and what of it is offset, by either method.

    Raises:
        OffsetOverlaps: they are a part of months that were offset together.
    """
    offsets = _offsets_within(holder, period)
    organisation = holder.organisation.public_id if holder.organisation else None
    inventory = inventory_of(
        user=user, period=period, method=method, organisation=organisation, only_own=organisation is None
    )
    return Standing(inventory, report_of(inventory), offsets)


def offset_quote(*, user: User, holder: InventoryHolder, period: Period, method: str) -> OffsetQuote:
    """Return what remains of these months and who could serve it.

    Raises:
        OffsetOverlaps: they are a part of months that were offset together.
    """
    standing = standing_of(user=user, holder=holder, period=period, method=method)
    hindrance = offset_hindrance(user=user, holder=holder)
    quantity_kg = standing.quantity_kg
    return OffsetQuote(
        holder=holder,
        standing=standing,
        offers=credits_for_sale(quantity_kg=quantity_kg) if quantity_kg else [],
        held=_held_by(holder, quantity_kg) if quantity_kg and not hindrance else [],
        may_offset=bool(quantity_kg) and not hindrance,
        hindrance=hindrance,
    )


def overlapping(offsets: EmissionsOffsetQuerySet, period: Period) -> EmissionsOffsetQuerySet:
    """Return those offsets that have a month of the period."""
    return offsets.filter(first_month__lt=period.until, last_month__gte=period.first)


def offset_kg_within(holder: InventoryHolder, period: Period) -> int:
    """Return how much of these months is offset, or will be once it is paid; without what reaches beyond them."""
    within = holder.offsets().standing().filter(first_month__gte=period.first, last_month__lt=period.until)
    return int(within.aggregate(sum=Sum("quantity_kg"))["sum"] or 0)


def offset_visible_to(*, user: User, public_id: uuid.UUID) -> EmissionsOffset:
    """Return an offset with what its status follows from.

    Raises:
        OffsetNotFound: there is none, or the person may not know that there is.
    """
    found = EmissionsOffset.objects.visible_to(user).with_ends().filter(public_id=public_id).first()
    if found is None:
        raise OffsetNotFound
    return found


def offsets_of(holder: InventoryHolder, *, most: int) -> list[EmissionsOffset]:
    """Return the latest offsets of an inventory, the newest first."""
    return list(holder.offsets().with_ends().order_by("-pk")[:most])


def _offsets_within(holder: InventoryHolder, period: Period) -> list[EmissionsOffset]:
    """Return what is offset of these months, whose parts may have been offset apart, but not together with others."""
    found = list(overlapping(holder.offsets().standing(), period).with_ends().order_by("pk"))
    if all(period.first <= row.first_month and row.last_month < period.until for row in found):
        return found
    first, last = _together(holder, period.first, months_later(period.until, -1))
    raise OffsetOverlaps(first=first, last=last)


def _together(holder: InventoryHolder, first: date, last: date) -> tuple[date, date]:
    """Return the smallest run of months that holds these and cuts no offset in two."""
    spans = list(holder.offsets().standing().values_list("first_month", "last_month"))
    while True:
        touched = [span for span in spans if span[0] <= last and span[1] >= first]
        wider = (min([first, *(span[0] for span in touched)]), max([last, *(span[1] for span in touched)]))
        if wider == (first, last):
            return wider
        first, last = wider


def _held_by(holder: InventoryHolder, quantity_kg: int) -> list[HeldCredits]:
    """Return the holdings of one project in one account that suffice for a quantity."""
    accounts = {account.pk: account for account in holder.accounts()}
    rows = (
        Balance.objects.filter(account__in=accounts, state=BlockState.ACTIVE)
        .values("account_id", "batch__project_id", "batch__project__project_name")
        .annotate(kg=Sum("quantity_kg", filter=Q(quantity_kg__gt=0)))
        .filter(kg__gte=quantity_kg)
        .order_by("account_id", "batch__project__project_name", "batch__project_id")
    )
    return [
        HeldCredits(
            accounts[row["account_id"]], row["batch__project_id"], row["batch__project__project_name"], row["kg"]
        )
        for row in rows
    ]
