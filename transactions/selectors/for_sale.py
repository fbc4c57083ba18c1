"""Which projects sell a quantity of credits now, at which price, and why others that are priced cannot."""

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from carboncore.common.api.statements import fetch_named
from carboncore.common.quantities import KG_PER_CREDIT, tonnes_from_kg
from registry.choices import ProjectStatus
from transactions.choices import AccountKind, AccountState, BlockState
from transactions.money import LARGEST_AMOUNT, total_for

MOST_OFFERS = 200

# A vintage's own price goes before its project's; where any vintage has one, the buyer has to say which vintage.
# The tier that the quantity reaches goes before the price itself: all as `price_for` has it.
_OFFERS = f"""
    WITH priced AS (
        SELECT p.project_id, p.vintage, p.currency, coalesce(
            (SELECT t.price_per_credit FROM transactions_volumetier AS t
             WHERE t.price_id = p.id AND t.from_kg <= %(kg)s::bigint ORDER BY t.from_kg DESC LIMIT 1),
            p.price_per_credit) AS each
        FROM transactions_creditprice AS p
        WHERE p.valid_from <= clock_timestamp() AND (p.valid_to IS NULL OR p.valid_to > clock_timestamp())
    ), free AS (
        SELECT a.project_id, c.vintage, sum(b.quantity_kg)::bigint AS kg
        FROM transactions_balance AS b
        JOIN transactions_holdingaccount AS a ON a.id = b.account_id
        JOIN transactions_creditbatch AS c ON c.id = b.batch_id
        WHERE a.kind = '{AccountKind.PROJECT_PROCEEDS}' AND a.state = '{AccountState.OPEN}'
          AND b.state = '{BlockState.ACTIVE}' AND b.quantity_kg > 0 AND c.project_id = a.project_id
        GROUP BY 1, 2
    ), offers AS (
        SELECT w.project_id, NULL::integer AS vintage, w.currency, w.each,
               (SELECT coalesce(sum(f.kg), 0)::bigint FROM free AS f WHERE f.project_id = w.project_id) AS kg
        FROM priced AS w
        WHERE w.vintage IS NULL AND NOT EXISTS (
            SELECT 1 FROM priced AS v
            WHERE v.project_id = w.project_id AND v.currency = w.currency AND v.vintage IS NOT NULL)
        UNION ALL
        SELECT d.project_id, f.vintage, d.currency, coalesce(v.each, w.each), f.kg
        FROM (SELECT DISTINCT project_id, currency FROM priced WHERE vintage IS NOT NULL) AS d
        JOIN free AS f ON f.project_id = d.project_id
        LEFT JOIN priced AS v ON v.project_id = d.project_id AND v.currency = d.currency AND v.vintage = f.vintage
        LEFT JOIN priced AS w ON w.project_id = d.project_id AND w.currency = d.currency AND w.vintage IS NULL
        WHERE coalesce(v.each, w.each) IS NOT NULL
    )
    SELECT p.id, p.project_name, p.slug, y.name, c.name, o.vintage, o.currency, o.each, o.kg, p.minimum_purchase_volume
    FROM offers AS o
    JOIN registry_project AS p ON p.id = o.project_id
    JOIN registry_projecttype AS y ON y.id = p.project_type_id
    JOIN registry_country AS c ON c.code = p.country_id
    WHERE p.published AND p.status = '{ProjectStatus.REGISTERED}' AND o.kg > 0
    ORDER BY (o.kg < %(kg)s::bigint OR p.minimum_purchase_volume * 1000 > %(kg)s::bigint), o.each, p.id, o.vintage,
             o.currency
    LIMIT {MOST_OFFERS}
"""  # noqa: S608 - constants


class _Row(NamedTuple):
    project_id: int
    project: str
    slug: str
    project_type: str
    country: str
    vintage: int | None
    currency: str
    price_per_credit: Decimal
    available_kg: int
    minimum: Decimal


@dataclass(frozen=True)
class CreditOffer:
    """What a quantity of a project's credits (of one vintage, where one is named) costs now.

    `hindrance` says why it cannot be had all the same; it is empty where it can.
    """

    project_id: int
    project: str
    slug: str
    project_type: str
    country: str
    vintage: int | None
    currency: str
    price_per_credit: Decimal
    total_amount: Decimal
    available_kg: int
    hindrance: str


def credits_for_sale(*, quantity_kg: int) -> list[CreditOffer]:
    """Return what public projects with a price offer: those that can serve the quantity first, the cheapest first."""
    return [_offer(_Row._make(row), quantity_kg) for row in fetch_named(_OFFERS, {"kg": quantity_kg})]


def _offer(row: _Row, quantity_kg: int) -> CreditOffer:
    total = total_for(price_per_credit=row.price_per_credit, quantity_kg=quantity_kg, currency=row.currency)
    hindrance = ""
    if quantity_kg < row.minimum * KG_PER_CREDIT:
        hindrance = f"Sells at least {row.minimum.normalize():f} t at a time."
    elif row.available_kg < quantity_kg:
        hindrance = f"Has only {tonnes_from_kg(row.available_kg)} t left."
    elif not 0 < total <= LARGEST_AMOUNT:
        hindrance = f"Would cost {total} {row.currency}, which cannot be paid."
    return CreditOffer(
        project_id=row.project_id,
        project=row.project,
        slug=row.slug,
        project_type=row.project_type,
        country=row.country,
        vintage=row.vintage,
        currency=row.currency,
        price_per_credit=row.price_per_credit,
        total_amount=total,
        available_kg=row.available_kg,
        hindrance=hindrance,
    )
