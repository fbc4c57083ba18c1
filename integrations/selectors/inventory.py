"""A greenhouse gas inventory of a period in the GHG Protocol's words: whose, its totals, the year before."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from accounts.errors import OrganisationNotFound
from accounts.models import Organisation, User
from integrations.choices import ReadingQuality, ReadingType
from integrations.emission_choices import Method
from integrations.emissions.arithmetic import shown
from integrations.models import Connection, UnmatchedActivity
from integrations.selectors.charts import charts_of
from integrations.selectors.emissions import Cell, Period, added_up, category_name, cells, connections_shown

_PERCENT = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose inventory it is: `of` is `person` (their own sources), `organisation`, or `everything` that one may see."""

    of: str
    name: str
    organisation: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Inventory:
    """The results of a period and of the same months a year before, grouped, and whose they are."""

    connections: Sequence[Connection]
    period: Period
    method: str
    groups: Sequence[Cell]
    before: Sequence[Cell]
    other_scope_2: Decimal
    holder: Holder


def inventory_of(
    *, user: User, period: Period, method: str, organisation: uuid.UUID | None = None, only_own: bool = False
) -> Inventory:
    """Return the inventory of all that a person may see, or of their own sources, or of one organisation.

    Raises:
        OrganisationNotFound: there is none, or the person is no member of it.
    """
    holder = _holder(user, organisation, only_own=only_own)
    connections = connections_shown(user=user, organisation=organisation, only_own=only_own)
    other = Method.MARKET if method == Method.LOCATION else Method.LOCATION
    return Inventory(
        connections=connections,
        period=period,
        method=method,
        groups=cells(connections=connections, period=period, method=method),
        before=cells(connections=connections, period=period.year_before(), method=method),
        other_scope_2=_scope_2(cells(connections=connections, period=period, method=other)),
        holder=holder,
    )


def summary_of(inventory: Inventory) -> dict[str, Any]:
    """Return the totals as the API answers them; kilograms of CO2e with three places, as text."""
    groups = inventory.groups
    total = _total(groups)
    names = {connection.pk: connection for connection in inventory.connections}
    own = _scope_2(groups)
    location, market = (
        (own, inventory.other_scope_2) if inventory.method == Method.LOCATION else (inventory.other_scope_2, own)
    )
    return {
        "inventory": {
            "of": inventory.holder.of,
            "name": inventory.holder.name,
            "organisation": str(inventory.holder.organisation) if inventory.holder.organisation else None,
        },
        "from": f"{inventory.period.first:%Y-%m}",
        "to": f"{inventory.period.last:%Y-%m}",
        "until": f"{inventory.period.until:%Y-%m}",
        "method": str(inventory.method),
        "total_kg_co2e": _text(total),
        "total_kg_co2e_low": _text(sum((cell.low for cell in groups), Decimal(0))),
        "total_kg_co2e_high": _text(sum((cell.high for cell in groups), Decimal(0))),
        "scope_2": {"location": _text(location), "market": _text(market)},
        "by_scope": [{"scope": scope, "kg_co2e": _text(kg)} for (scope,), kg in added_up(groups, "scope").items()],
        "by_category": [
            {"category": category, "name": category_name(category), "kg_co2e": _text(kg)}
            for (category,), kg in added_up([cell for cell in groups if cell.scope == 3], "category").items()
        ],
        "by_source": [
            {
                "datasource": str(names[pk].public_id),
                "name": names[pk].display_name,
                "provider": names[pk].integration.provider,
                "kg_co2e": _text(kg),
            }
            for (pk,), kg in added_up(groups, "connection_id").items()
        ],
        "by_activity": [
            {"type": kind, "name": ReadingType(kind).label, "kg_co2e": _text(kg)}
            for (kind,), kg in added_up(groups, "reading_type").items()
        ],
        "by_site": [{"site": site, "kg_co2e": _text(kg)} for (site,), kg in added_up(groups, "site").items()],
        "by_month": _months(groups),
        "by_quality": [
            {
                "quality": quality,
                "name": ReadingQuality(quality).label,
                "kg_co2e": _text(kg),
                "percent": _percent(kg, total),
            }
            for (quality,), kg in added_up(groups, "quality").items()
        ],
        "year_before": _compared(groups, inventory.before),
        "results": sum(cell.results for cell in groups),
        "out_of_date": sum(cell.out_of_date for cell in groups),
        "unmatched": _unmatched(inventory),
        "charts": charts_of(
            period=inventory.period,
            groups=groups,
            before=inventory.before,
            sources={pk: source.display_name for pk, source in names.items()},
        ),
    }


def _months(groups: Sequence[Cell]) -> list[dict[str, Any]]:
    by_scope = added_up(groups, "month", "scope")
    return [
        {
            "month": f"{month:%Y-%m}",
            "kg_co2e": _text(kg),
            **{f"scope_{scope}": _text(by_scope.get((month, scope), Decimal(0))) for scope in (1, 2, 3)},
        }
        for (month,), kg in added_up(groups, "month").items()
    ]


def _compared(groups: Sequence[Cell], before: Sequence[Cell]) -> dict[str, Any]:
    now, then = added_up(groups, "scope"), added_up(before, "scope")
    return {
        "total_kg_co2e": _text(_total(before)),
        "change_percent": _change(_total(groups), _total(before)),
        "by_scope": [
            {
                "scope": scope,
                "kg_co2e": _text(then.get((scope,), Decimal(0))),
                "change_percent": _change(now.get((scope,), Decimal(0)), then.get((scope,), Decimal(0))),
            }
            for scope in (1, 2, 3)
            if (scope,) in now or (scope,) in then
        ],
    }


def _unmatched(inventory: Inventory) -> list[dict[str, Any]]:
    rows = UnmatchedActivity.objects.filter(
        connection__in=inventory.connections,
        first_month__lt=inventory.period.until,
        last_month__gte=inventory.period.first,
    ).select_related("connection")
    rows = rows.order_by("connection_id", "reading_type", "text", "unit", "reason")
    return [
        {
            "datasource": str(row.connection.public_id),
            "type": row.reading_type,
            "name": row.text,
            "quantity": f"{row.quantity:f}",
            "unit": row.unit,
            "readings": row.reading_count,
            "reason": row.reason,
            "message": row.message,
        }
        for row in rows
    ]


def _total(groups: Sequence[Cell]) -> Decimal:
    return sum((cell.kg_co2e for cell in groups), Decimal(0))


def _scope_2(groups: Sequence[Cell]) -> Decimal:
    return _total([cell for cell in groups if cell.scope == 2])


def _holder(user: User, organisation: uuid.UUID | None, *, only_own: bool) -> Holder:
    if organisation is not None and not only_own:
        found = Organisation.objects.filter(memberships__user=user, public_id=organisation).first()
        if found is None:
            raise OrganisationNotFound
        return Holder("organisation", found.name, found.public_id)
    return Holder("person" if only_own else "everything", user.full_name or user.username or user.email)


def _text(kg: Decimal) -> str:
    return f"{shown(kg):f}"


def _percent(part: Decimal, whole: Decimal) -> str:
    return f"{(part * 100 / whole).quantize(_PERCENT, rounding=ROUND_HALF_UP):f}" if whole else "0.0"


def _change(now: Decimal, then: Decimal) -> str | None:
    return f"{((now - then) * 100 / then).quantize(_PERCENT, rounding=ROUND_HALF_UP):f}" if then else None
