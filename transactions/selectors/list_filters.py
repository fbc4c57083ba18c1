"""What the filters of the ledger's lists take: one text each, checked, and the condition it becomes."""

import re
import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from carboncore.common.api.listing import Condition, Filter
from carboncore.common.countries import country_code_of
from carboncore.common.errors import InvalidInput

LARGEST_ID = 2**63 - 1
FIRST_VINTAGE, LAST_VINTAGE = 1980, 2100


def one(name: str, values: Sequence[str]) -> str:
    """Return the one value that was given.

    Raises:
        InvalidInput: on `name`, when there are several, or what is given is no short text.
    """
    if len(values) > 1:
        raise InvalidInput({name: ["Give this once."]})
    if "\x00" in values[0] or len(values[0]) > 300:
        raise InvalidInput({name: ["Use up to 300 characters of text."]})
    return values[0].strip()


def read_day(name: str, text: str) -> date:
    """Return the day that a text such as 2026-11-22 names.

    Raises:
        InvalidInput: on `name`.
    """
    try:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            raise ValueError(text)
        day = date.fromisoformat(text)
        if not 1990 <= day.year <= 2200:
            raise ValueError(text)
    except ValueError:
        raise InvalidInput({name: ["Give a day as YYYY-MM-DD, for example 2026-11-22."]}) from None
    return day


def day_start(day: date) -> datetime:
    """Return the first moment of a day in UTC."""
    return datetime.combine(day, time(), UTC)


def by_day(name: str, column: str, *, until: bool = False) -> Filter:
    """Return the filter of a time column by days in UTC: from this day on, or up to and with it."""

    def condition(values: Sequence[str]) -> Condition:
        day = read_day(name, one(name, values))
        if until:
            return Condition(f"{column} < %s", (day_start(day + timedelta(days=1)),))
        return Condition(f"{column} >= %s", (day_start(day),))

    return condition


def by_choice(name: str, column: str, allowed: Sequence[str]) -> Filter:
    """Return the filter by values of a closed list; several are alternatives."""

    def condition(values: Sequence[str]) -> Condition:
        if not set(values) <= set(allowed):
            raise InvalidInput({name: [f"Give one of {', '.join(allowed)}."]})
        return Condition(f"{column} = ANY(%s::text[])", (list(values),))

    return condition


def by_number(name: str, sql: str, *, least: int = 1, most: int = LARGEST_ID) -> Filter:
    """Return the filter by a whole number, which stands for every `%s` of `sql`."""

    def condition(values: Sequence[str]) -> Condition:
        text = one(name, values)
        if not re.fullmatch(r"[0-9]{1,19}", text) or not least <= int(text) <= most:
            raise InvalidInput({name: [f"Give a whole number from {least}." if most == LARGEST_ID else
                                       f"Give a whole number from {least} to {most}."]})  # fmt: skip
        return Condition(sql, (int(text),) * sql.count("%s"))

    return condition


def by_vintage(sql: str) -> Filter:
    """Return the filter by a vintage year."""
    return by_number("vintage", sql, least=FIRST_VINTAGE, most=LAST_VINTAGE)


def by_uuid(name: str, sql: str) -> Filter:
    """Return the filter by a public id, which stands for every `%s` of `sql`."""

    def condition(values: Sequence[str]) -> Condition:
        try:
            public_id = uuid.UUID(one(name, values))
        except ValueError:
            raise InvalidInput({name: ["Give an id of the form 8-4-4-4-12 hexadecimal digits."]}) from None
        return Condition(sql, (public_id,) * sql.count("%s"))

    return condition


def by_country(sql: str) -> Filter:
    """Return the filter by one country, given as an ISO code or a name."""

    def condition(values: Sequence[str]) -> Condition:
        text = one("country", values)
        code = country_code_of(text)
        if code is None:
            raise InvalidInput({"country": [f"“{text[:60]}” is no country; give an ISO 3166-1 code or name."]})
        return Condition(sql, (code,))

    return condition


def by_part(name: str, sql: str) -> Filter:
    """Return the filter by a part of a text, whatever its case."""

    def condition(values: Sequence[str]) -> Condition:
        text = one(name, values)
        if not text:
            raise InvalidInput({name: ["Give at least one character."]})
        return Condition(sql, (text,))

    return condition
