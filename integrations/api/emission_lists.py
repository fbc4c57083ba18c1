"""What emissions and factors may be listed by."""

from collections.abc import Mapping, Sequence

from carboncore.common.api.listing import BY_ID, Condition, Filter, Listing, Ordering, read_boolean
from integrations.api.emission_periods import METHODS, months_later, read_month
from integrations.api.emission_shapes import EMISSION_SHAPE, FACTOR_SHAPE
from integrations.choices import ReadingQuality, ReadingType
from integrations.emission_choices import Line, Method, SetStatus
from transactions.selectors.list_filters import by_choice, by_number, by_part, by_uuid, one


def _by_month(name: str, *, until: bool = False) -> Filter:
    def condition(values: Sequence[str]) -> Condition:
        month = read_month(name, one(name, values))
        if until:
            return Condition('"row"."month" < %s', (months_later(month, 1),))
        return Condition('"row"."month" >= %s', (month,))

    return condition


def _by_method(values: Sequence[str]) -> Condition:
    by_choice("method", "", METHODS)(values)
    return Condition('"row"."method" = ANY(%s::text[])', ([*values, Method.BOTH.value],))


def _by_superseded(values: Sequence[str]) -> Condition:
    wanted = read_boolean("superseded", one("superseded", values))
    return Condition('("row"."superseded_at" IS NOT NULL) = %s::boolean', (wanted,))


_CONNECTION = 'SELECT "c"."id" FROM "integrations_connection" AS "c"'
EMISSION_FILTERS: Mapping[str, Filter] = {
    "scope": by_number("scope", '"row"."scope" = %s', least=1, most=3),
    "category": by_number("category", '"row"."category" = %s', least=1, most=15),
    "source": by_uuid("source", f'"row"."connection_id" IN ({_CONNECTION} WHERE "c"."public_id" = %s)'),
    "organisation": by_uuid(
        "organisation",
        f'"row"."connection_id" IN ({_CONNECTION} JOIN "accounts_organisation" AS "o" ON'
        ' "o"."id" = "c"."organisation_id" WHERE "o"."public_id" = %s)',
    ),
    "type": by_choice("type", '"row"."reading_type"', ReadingType.values),
    "line": by_choice("line", '"row"."line"', Line.values),
    "method": _by_method,
    "quality": by_choice("quality", '"row"."quality"', ReadingQuality.values),
    "from": _by_month("from"),
    "to": _by_month("to", until=True),
    "superseded": _by_superseded,
}
EMISSION_WORDS = {
    "scope": "1, 2 or 3.",
    "category": "A category of scope 3, 1 to 15.",
    "source": "Id (UUID) of a data source.",
    "organisation": "Id (UUID) of an organisation.",
    "type": f"One of {', '.join(ReadingType.values)}; repeat it for several.",
    "line": f"One of {', '.join(Line.values)}; repeat it for several.",
    "method": "location or market: scope 2 by this method, and everything that is the same in both.",
    "quality": f"One of {', '.join(ReadingQuality.values)}; repeat it for several.",
    "from": "This month (YYYY-MM) or later.",
    "to": "This month (YYYY-MM) or earlier.",
    "superseded": "`true` for results that were replaced, else the current ones.",
}
EMISSIONS = Listing(
    EMISSION_SHAPE,
    filters=EMISSION_FILTERS,
    orderings={
        "id": Ordering('"row"."id"'),
        "month": Ordering('"row"."month"', "date"),
        "kg_co2e": Ordering('"row"."kg_co2e"'),
    },
    default_ordering="-month",
)

_SET = 'SELECT "s"."id" FROM "integrations_factorset" AS "s"'
_STATUS = 'SELECT "s"."status" FROM "integrations_factorset" AS "s"'
FACTOR_FILTERS: Mapping[str, Filter] = {
    "activity": by_part("activity", 'position(lower(%s) IN "row"."activity") > 0'),
    "region": by_part("region", '"row"."region" = upper(%s)'),
    "unit": by_part("unit", '"row"."unit" = %s'),
    "scope": by_number("scope", '"row"."scope" = %s', least=1, most=3),
    "year": by_number("year", f'"row"."factor_set_id" IN ({_SET} WHERE "s"."year" = %s)', least=1990, most=2200),
    "set": by_number("set", '"row"."factor_set_id" = %s'),
    "status": by_choice("status", f'({_STATUS} WHERE "s"."id" = "row"."factor_set_id")', SetStatus.values),
}
FACTOR_WORDS = {
    "activity": "Part of an activity's name, such as `fuel.diesel`.",
    "region": "A country (ISO 3166-1) or grid region; * for factors of anywhere.",
    "unit": "The unit that it is per, such as kWh.",
    "scope": "1, 2 or 3.",
    "year": "The year whose activities the set is for.",
    "set": "Id of a set.",
    "status": f"One of {', '.join(SetStatus.values)}; repeat it for several.",
}
FACTORS = Listing(FACTOR_SHAPE, filters=FACTOR_FILTERS, orderings=BY_ID, default_ordering="id")
