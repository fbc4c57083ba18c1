"""Setting prices, and finding the one that holds. Nobody edits the past: a new price ends the former from then on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import structlog
from django.db import connection, transaction

from accounts.models import User
from carboncore.audit.services import changes_of_deletion, changes_since, event_record
from carboncore.common.api.statements import fetch_all
from carboncore.common.errors import InvalidInput, NotFound
from registry.locks import project_lock
from registry.models import Project
from registry.reach import require_reach
from transactions.errors import PriceMissing, PriceStands
from transactions.models import CreditPrice, VolumeTier
from transactions.money import LARGEST_AMOUNT, is_currency, total_for
from transactions.rights import require_in_reach, require_transactions_work

logger = structlog.get_logger(__name__)

LARGEST_PRICE = Decimal("99999999999.9999")
MOST_TIERS = 20
_SET, _MISSING = "set, end or delete prices", "There is no such price."

# The tier that the quantity reaches goes before the price itself. The time is the database's, not the web server's.
_IN_FORCE = """
    SELECT p.vintage, coalesce(
        (SELECT t.price_per_credit FROM transactions_volumetier AS t
         WHERE t.price_id = p.id AND t.from_kg <= %s::bigint ORDER BY t.from_kg DESC LIMIT 1),
        p.price_per_credit)
    FROM transactions_creditprice AS p
    WHERE p.project_id = %s AND p.currency = %s AND p.valid_from <= coalesce(%s::timestamptz, clock_timestamp())
        AND (p.valid_to IS NULL OR p.valid_to > coalesce(%s::timestamptz, clock_timestamp()))
"""


@dataclass(frozen=True)
class Tier:
    """From `from_kg` kilograms on, the whole quantity costs `price_per_credit` a tonne."""

    from_kg: int
    price_per_credit: Decimal


@dataclass(frozen=True)
class Quote:
    """What a quantity costs now: per credit (tonne) and in all, in `currency`."""

    price_per_credit: Decimal
    total_amount: Decimal
    currency: str


def price_for(
    *, project: Project, vintage: int | None, quantity_kg: int, currency: str, at: datetime | None = None
) -> Quote:
    """Return what `quantity_kg` kilograms cost at a time (now, when none is given).

    A vintage's own price goes before its project's. Without a vintage only the project's price counts, and only
    while no vintage has its own: otherwise the buyer has to say which.

    Raises:
        InvalidInput: the currency is unknown, a vintage must be named, or the sum is too small or too large to pay.
        PriceMissing: there is no price.
    """
    check_currency(currency)
    prices = _in_force(project, currency, quantity_kg, at)
    if vintage is None and prices.keys() - {None}:
        years = ", ".join(str(year) for year in sorted(year for year in prices if year is not None))
        raise InvalidInput({"vintage": [f"Prices differ by vintage here ({years} have their own): name one."]})
    each = prices.get(vintage) or prices.get(None)
    if each is None:
        raise PriceMissing(f"There is no price in {currency} for these credits at the moment. Try another currency.")
    total = total_for(price_per_credit=each, quantity_kg=quantity_kg, currency=currency)
    if not 0 < total <= LARGEST_AMOUNT:
        raise InvalidInput({"quantity": [f"This costs {total} {currency}, which cannot be paid. Change the quantity."]})
    return Quote(each, total, currency)


def price_set(
    *,
    actor: User,
    project: Project,
    vintage: int | None,
    currency: str,
    price_per_credit: Decimal,
    tiers: Sequence[Tier] = (),
    valid_from: datetime | None = None,
    valid_to: datetime | None = None,
) -> CreditPrice:
    """Set a price from now, or from a time to come; the one in force until then ends there.

    Raises:
        NotAllowed: the actor does not work transactions.
        ProjectNotFound: the project is out of the actor's reach.
        InvalidInput: the currency, price, tiers or times cannot be.
        PriceStands: a later price is set already; delete that first, or end this one where it begins.
    """
    require_transactions_work(actor, _SET)
    require_reach(project.pk, actor)
    check_currency(currency)
    _check_price(price_per_credit, tiers)
    with transaction.atomic():
        project_lock(project.pk)
        now = _clock()
        begins = valid_from or now
        if begins < now:
            raise InvalidInput({"valid_from": ["A price cannot begin in the past; leave this out for now."]})
        if valid_to is not None and valid_to <= begins:
            raise InvalidInput({"valid_to": ["The price ends before it begins."]})
        _make_room(project, vintage, currency, begins, valid_to)
        price = CreditPrice.objects.create(
            project=project,
            vintage=vintage,
            currency=currency,
            price_per_credit=price_per_credit,
            valid_from=begins,
            valid_to=valid_to,
            created_by=actor,
        )
        VolumeTier.objects.bulk_create(
            VolumeTier(price=price, from_kg=tier.from_kg, price_per_credit=tier.price_per_credit) for tier in tiers
        )
        told = {**changes_since({}, price), "tiers": [f"{tier.from_kg} kg: {tier.price_per_credit}" for tier in tiers]}
        event_record(action="price.set", obj=price, actor=actor, changes=told)
    logger.info("price_set", price=price.pk, project=project.pk, actor=actor.pk)
    return price


def price_end(*, actor: User, pk: int, at: datetime | None = None) -> CreditPrice:
    """End a price now or at a time to come, sooner than it would have ended.

    Raises:
        NotAllowed: the actor does not work transactions.
        NotFound: there is no such price, or its project is out of the actor's reach.
        InvalidInput: the time is in the past, or before the price begins.
        PriceStands: it has ended already, or ends sooner than that.
    """
    require_transactions_work(actor, _SET)
    with transaction.atomic():
        price = _locked(pk, actor)
        now = _clock()
        ends = at or now
        if price.valid_to is not None and price.valid_to <= max(now, ends):
            raise PriceStands(f"This price ends at {price.valid_to:%Y-%m-%d %H:%M} UTC already; set a new one instead.")
        if ends < now:
            raise InvalidInput({"valid_to": ["A price cannot end in the past; what was paid was paid."]})
        if ends <= price.valid_from:
            raise InvalidInput({"valid_to": ["This price has not begun by then. Delete it instead."]})
        told = {"valid_to": [price.valid_to, ends]}
        price.valid_to = ends
        price.save(update_fields=["valid_to"])
        event_record(action="price.ended", obj=price, actor=actor, changes=told)
    logger.info("price_ended", price=price.pk, actor=actor.pk)
    return price


def price_delete(*, actor: User, pk: int) -> None:
    """Delete a price that has not begun.

    Raises:
        NotAllowed: the actor does not work transactions.
        NotFound: there is no such price, or its project is out of the actor's reach.
        PriceStands: it is or was in force.
    """
    require_transactions_work(actor, _SET)
    with transaction.atomic():
        price = _locked(pk, actor)
        if price.valid_from <= _clock():
            raise PriceStands("This price is or was in force, so it stays on record. End it instead.")
        event_record(action="price.deleted", obj=price, actor=actor, changes=changes_of_deletion(price))
        price.delete()
    logger.info("price_deleted", price=pk, actor=actor.pk)


def check_currency(currency: str) -> None:
    """Refuse a code that is no currency credits are sold in.

    Raises:
        InvalidInput: on `currency`.
    """
    if not is_currency(currency):
        raise InvalidInput({"currency": ["Give an ISO 4217 code in capitals, such as EUR or USD."]})


def _in_force(project: Project, currency: str, quantity_kg: int, at: datetime | None) -> dict[int | None, Decimal]:
    """Return the price per credit that each vintage (None: every other) has for this quantity at a time."""
    return dict(fetch_all(_IN_FORCE, [quantity_kg, project.pk, currency, at, at]))


def _make_room(project: Project, vintage: int | None, currency: str, begins: datetime, ends: datetime | None) -> None:
    same = CreditPrice.objects.filter(project=project, vintage=vintage, currency=currency).exclude(valid_to__lte=begins)
    later = same.filter(valid_from__gte=begins)
    if ends is not None:
        later = later.filter(valid_from__lt=ends)
    if (next_price := later.order_by("valid_from").first()) is not None:
        raise PriceStands(
            f"Another price begins at {next_price.valid_from:%Y-%m-%d %H:%M} UTC."
            " Delete that one first, or end this one by then."
        )
    same.filter(valid_from__lt=begins).update(valid_to=begins)


def _check_price(price_per_credit: Decimal, tiers: Sequence[Tier]) -> None:
    errors: dict[str, list[str]] = {}
    if not _is_price(price_per_credit):
        errors["price_per_credit"] = ["Give a price of more than 0 with at most four decimal places."]
    quantities = [tier.from_kg for tier in tiers]
    if len(tiers) > MOST_TIERS or len(set(quantities)) != len(quantities):
        errors["tiers"] = [f"Give at most {MOST_TIERS} tiers, each from another quantity."]
    elif any(tier.from_kg <= 0 or not _is_price(tier.price_per_credit) for tier in tiers):
        errors["tiers"] = ["Give each tier a quantity and a price of more than 0."]
    if errors:
        raise InvalidInput(errors)


def _is_price(price: Decimal) -> bool:
    return price.is_finite() and 0 < price <= LARGEST_PRICE and price == price.quantize(Decimal("0.0001"))


def _locked(pk: int, actor: User) -> CreditPrice:
    price = CreditPrice.objects.select_for_update(of=("self",)).filter(pk=pk).first()
    if price is None:
        raise NotFound(_MISSING)
    require_in_reach(price.project_id, actor, NotFound(_MISSING))
    return price


def _clock() -> datetime:
    """Return the database's time, by which prices begin and end whatever the clock of the web server says."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment
