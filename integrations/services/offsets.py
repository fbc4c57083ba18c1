"""Offsetting what was measured: credits are bought and retired, or retired from an account, for exactly what remains.

One transaction at a time offsets an inventory, so that no month is offset twice. That an offset counts follows from its
purchase: when that ends without a retirement, the months are open again. Whoever offsets them then calls the earlier
purchase's retirement off, so that money which comes late brings credits and not a second retirement.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from django.db import transaction

from accounts.models import User
from carboncore.audit.services import event_record
from carboncore.common.errors import InvalidInput, NotAllowed
from integrations.emission_choices import Method
from integrations.locks import offsets_lock
from integrations.models import EmissionsOffset
from integrations.offset_errors import NothingToOffset, OffsetChanged
from integrations.selectors.emissions import Period, months_later
from integrations.selectors.offsets import InventoryHolder, Standing, offset_hindrance, overlapping, standing_of
from integrations.selectors.report import report_json
from registry.models import Project
from transactions.choices import RetirementPurpose
from transactions.errors import AccountNotFound
from transactions.models import HoldingAccount, Retirement, Transaction
from transactions.services import RetirementDetails, Wanted, credits_retire, holding_account_open
from transactions.services.moving import Origin
from transactions.services.purchases import planned_retirement_withdraw, purchase_order_place


@dataclass(frozen=True)
class Beneficiary:
    """For whom: an organisation's credits are retired for it alone, a person's for the name that they give."""

    name: str = ""
    location: str = ""
    note: str = ""
    published: bool | None = None


@dataclass(frozen=True)
class Bought:
    """Which credits to buy, at the price per tonne that was shown."""

    project: Project
    price_per_credit: Decimal
    currency: str
    vintage: int | None = None


@dataclass(frozen=True)
class Held:
    """Which credits to retire out of an account."""

    account: HoldingAccount
    project_id: int
    vintage: int | None = None


@dataclass(frozen=True)
class AskedOffset:
    """Whose months, the quantity that was shown, and where its credits come from."""

    holder: InventoryHolder
    period: Period
    method: str
    quantity_kg: int
    source: Bought | Held
    beneficiary: Beneficiary = field(default_factory=Beneficiary)


def offset_make(*, actor: User, asked: AskedOffset, origin: Origin | None = None) -> EmissionsOffset:
    """Buy, or take from an account, exactly what remains of the months, to be retired for them.

    What is bought is reserved now and retired once it is paid; what is held is retired now.

    Raises:
        NotAllowed: the actor is neither the person nor a trader or owner of the organisation, or it is not approved.
        NothingToOffset: there are no emissions in these months, or all of them are offset.
        OffsetOverlaps: the months are a part of others that were offset together.
        OffsetChanged: another quantity remains than the actor was shown.
        AccountNotFound: the account is not the inventory's holder's.
        InvalidInput: no beneficiary, or an organisation's credits were to be retired for another.
        PriceChanged, PriceMissing, QuantityRefused, ProjectNotFound, ProjectClosed, NotEnoughCredits,
            AccountNotUsable: as for the purchase or the retirement itself.
    """
    holder, origin = asked.holder, origin or Origin()
    with transaction.atomic():
        if hindrance := offset_hindrance(user=actor, holder=holder):
            raise NotAllowed(hindrance)
        offsets_lock(
            owner_id=holder.owner.pk if holder.owner else None,
            organisation_id=holder.organisation.pk if holder.organisation else None,
        )
        _call_off(actor, asked)
        standing = standing_of(user=actor, holder=holder, period=asked.period, method=asked.method)
        _check_quantity(standing, asked)
        details = _details(asked, standing.digest)
        purchase, retirement = _carried_out(actor, asked, details, origin)
        offset = EmissionsOffset.objects.create(
            owner=holder.owner,
            organisation=holder.organisation,
            first_month=asked.period.first,
            last_month=months_later(asked.period.until, -1),
            method=asked.method,
            total_kg_co2e=standing.total,
            before_kg=standing.offset_kg,
            quantity_kg=standing.quantity_kg,
            report=report_json(standing.report).decode(),
            report_sha256=standing.digest,
            purchase=purchase,
            retirement=retirement,
            made_by=actor,
        )
        event_record(action="emissions.offset", obj=offset, actor=actor, changes=_told(offset))
    return offset


def inventory_text(*, period: Period, method: str, digest: str) -> str:
    """Return how a certificate names the months, the method and the report; it names nobody."""
    first, last = f"{period.first:%B %Y}", f"{months_later(period.until, -1):%B %Y}"
    months = first if first == last else f"{first} to {last}"
    basis = "market-based" if method == Method.MARKET else "location-based"
    return f"Greenhouse gas inventory of {months}, scope 2 {basis}; report SHA-256 {digest}"


def _call_off(actor: User, asked: AskedOffset) -> None:
    """See to it that no purchase that had ended for these months is still retired for them when it is paid late."""
    lapsed = overlapping(asked.holder.offsets().lapsed(), asked.period)
    for purchase_pk in lapsed.order_by("purchase_id").values_list("purchase_id", flat=True):
        planned_retirement_withdraw(actor=actor, purchase_pk=purchase_pk)


def _check_quantity(standing: Standing, asked: AskedOffset) -> None:
    if standing.quantity_kg == 0:
        raise NothingToOffset(
            f"All emissions of these months are offset: {standing.offset_kg:,} kg for {standing.total:,} kg."
            if standing.offset_kg
            else "There are no emissions in these months, so there is nothing to offset."
        )
    if standing.quantity_kg != asked.quantity_kg:
        raise OffsetChanged(quantity_kg=standing.quantity_kg)


def _details(asked: AskedOffset, digest: str) -> RetirementDetails:
    holder, given = asked.holder, asked.beneficiary
    if holder.organisation is not None and given.name and given.name.strip() != holder.organisation.name:
        raise InvalidInput({"beneficiary_name": ["An organisation's emissions are offset in its own name."]})
    return RetirementDetails(
        beneficiary_name=given.name.strip() or holder.name,
        beneficiary_location=given.location,
        purpose=(
            RetirementPurpose.CORPORATE_INVENTORY if holder.organisation else RetirementPurpose.PERSON_OR_ORGANISATION
        ),
        period_start=asked.period.first,
        period_end=asked.period.until - timedelta(days=1),
        note=given.note,
        # What a household emits is nobody's business unless it says so.
        published=holder.organisation is not None if given.published is None else given.published,
        inventory=inventory_text(period=asked.period, method=asked.method, digest=digest),
    )


def _carried_out(
    actor: User, asked: AskedOffset, details: RetirementDetails, origin: Origin
) -> tuple[Transaction | None, Retirement | None]:
    source, holder = asked.source, asked.holder
    if isinstance(source, Held):
        if not holder.accounts().filter(pk=source.account.pk).exists():
            raise AccountNotFound
        wanted = Wanted(project_id=source.project_id, quantity_kg=asked.quantity_kg, vintage=source.vintage)
        retirement = credits_retire(actor=actor, account=source.account, wanted=wanted, details=details, origin=origin)
        return None, retirement
    placed = purchase_order_place(
        buyer=actor,
        project=source.project,
        quantity_kg=asked.quantity_kg,
        currency=source.currency,
        expected_price=source.price_per_credit,
        vintage=source.vintage,
        to_account=_organisations_account(holder),
        retire=details,
        origin=origin,
    )
    return placed.purchase, None


def _organisations_account(holder: InventoryHolder) -> HoldingAccount | None:
    """Return the account that an organisation's credits pass through; a person's is found by the purchase itself."""
    if holder.organisation is None:
        return None
    return holder.accounts().first() or holding_account_open(
        organisation=holder.organisation, name=holder.organisation.name
    )


def _told(offset: EmissionsOffset) -> dict[str, object]:
    return {
        "organisation": offset.organisation_id,
        "from": offset.first_month,
        "to": offset.last_month,
        "method": offset.method,
        "quantity_kg": offset.quantity_kg,
        "report_sha256": offset.report_sha256,
        "purchase": offset.purchase_id,
        "retirement": offset.retirement_id,
    }
