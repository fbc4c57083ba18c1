"""Lists as every client gets them: a bare array, at most 1,000 rows, filtered, ordered, paged by cursor.

One statement makes a page. What is filtered and how is told by a `Listing`; a parameter that it does not
know is refused, because a filter that is silently ignored shows people the wrong rows.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from carboncore.common.api.cursors import Position, cursor_position, cursor_text
from carboncore.common.api.json_rows import RowShape
from carboncore.common.api.statements import fetch_all
from carboncore.common.errors import InvalidInput

DEFAULT_LIMIT = 100
LARGEST_LIMIT = 1000


@dataclass(frozen=True)
class Condition:
    """One condition of a list: SQL on the alias `row` with `%s` for each value."""

    sql: str
    values: tuple[Any, ...] = ()
    plan_anew: bool = False


@dataclass(frozen=True)
class Ordering:
    """What a list can be ordered by: the column, the PostgreSQL type of its cursor key, and whether it may be empty."""

    column: str
    cast: str = "bigint"
    nullable: bool = False

    @property
    def numeric(self) -> bool:
        """Whether its keys are numbers."""
        return self.cast in {"bigint", "numeric", "integer"}


Filter = Callable[[Sequence[str]], Condition]
BY_ID: Mapping[str, Ordering] = {"id": Ordering('"row"."id"')}


@dataclass(frozen=True)
class Page:
    """The rows of one page as JSON texts, and what its headers say."""

    rows: list[str]
    next_cursor: str | None
    total: int | None


@dataclass(frozen=True)
class Listing:
    """A list: how rows look, which rows there are at all, and what may be asked of it."""

    shape: RowShape
    base: str = "TRUE"
    filters: Mapping[str, Filter] = field(default_factory=dict)
    orderings: Mapping[str, Ordering] = field(default_factory=lambda: BY_ID)
    default_ordering: str = "id"
    geojson: str | None = None
    geometry_field: str = "coordinates"
    default_format: str = "json"
    on_empty: Callable[["ListQuery"], None] | None = None

    @property
    def parameters(self) -> tuple[str, ...]:
        """Every query parameter the list knows."""
        own = ("ordering", "limit", "cursor", "count", "fields", "format")
        return (*self.filters, *own)

    @property
    def key(self) -> str:
        """The SQL of the primary key, which breaks ties and of which cursors are made."""
        return f'"row"."{self.shape.model._meta.pk.column}"'

    def parse(self, query: QueryDict, within: Condition | None = None) -> "ListQuery":
        """Read the parameters of a request; `within` narrows the list to what its address names.

        Raises:
            InvalidInput: naming each wrong parameter and what it may be.
        """
        errors: dict[str, list[str]] = {}
        parsed: dict[str, Any] = {}
        conditions: dict[str, Condition] = {} if within is None else {"": within}
        for name in query:
            values = [value for value in query.getlist(name) if value != ""]
            try:
                if name in self.filters:
                    if values:
                        conditions[name] = self.filters[name](values)
                elif name in self.parameters:
                    parsed[name] = self._own(name, values)
                else:
                    errors[name[:60]] = [f"There is no such parameter. There are: {', '.join(self.parameters)}."]
            except InvalidInput as error:
                errors |= error.errors
        asked = None
        if not errors:
            try:
                asked = self._query(query, parsed, conditions)
            except InvalidInput as error:
                errors = error.errors
        if asked is None:
            raise InvalidInput(errors, message="Please correct the query parameters named in `errors`.")
        return asked

    def page(self, asked: "ListQuery") -> Page:
        """Read one page; when it is empty, `on_empty` may refuse a filter that could never match."""
        rows = self._rows(asked)
        if not rows and self.on_empty is not None:
            self.on_empty(asked)
        more = len(rows) > asked.limit
        rows = rows[: asked.limit]
        next_cursor = cursor_text(asked.ordering, Position(rows[-1][2], rows[-1][1])) if more else None
        return Page([row[0] for row in rows], next_cursor, self._total(asked) if asked.count else None)

    def _own(self, name: str, values: Sequence[str]) -> Any:
        if len(values) > 1:
            raise InvalidInput({name: ["Give this once."]})
        text = values[0] if values else ""
        return getattr(self, f"_read_{name}")(text)

    def _read_limit(self, text: str) -> int:
        if not text:
            return DEFAULT_LIMIT
        if not (text.isascii() and text.isdigit() and len(text) <= 9 and 1 <= int(text) <= LARGEST_LIMIT):
            raise InvalidInput({"limit": [f"Give a whole number from 1 to {LARGEST_LIMIT:,}."]})
        return int(text)

    def _read_cursor(self, text: str) -> str:
        return text

    def _read_count(self, text: str) -> bool:
        return read_boolean("count", text) if text else False

    def _read_ordering(self, text: str) -> str:
        if text.removeprefix("-") not in self.orderings and text:
            allowed = ", ".join(self.orderings)
            raise InvalidInput({"ordering": [f"Order by one of {allowed}; a minus in front turns it round."]})
        return text or self.default_ordering

    def _read_fields(self, text: str) -> tuple[str, ...] | None:
        if not text:
            return None
        asked = {name.strip() for name in text.split(",")}
        unknown = asked - set(self.shape.names)
        if unknown:
            raise InvalidInput({"fields": [f"Name fields out of: {', '.join(self.shape.names)}."]})
        return tuple(name for name in self.shape.names if name in asked)

    def _read_format(self, text: str) -> str:
        allowed = ["json", "geojson"] if self.geojson else ["json"]
        if text not in {"", *allowed}:
            raise InvalidInput({"format": [f"Ask for one of {', '.join(allowed)}."]})
        return text or self.default_format

    def _query(self, query: QueryDict, parsed: Mapping[str, Any], conditions: dict[str, Condition]) -> "ListQuery":
        ordering = parsed.get("ordering", self.default_ordering)
        by = self.orderings[ordering.removeprefix("-")]
        text = parsed.get("cursor", "")
        position = cursor_position(text, ordering, numeric=by.numeric) if text else None
        return ListQuery(
            raw=query,
            conditions=conditions,
            ordering=ordering,
            limit=parsed.get("limit", DEFAULT_LIMIT),
            position=position,
            count=parsed.get("count", False),
            fields=parsed.get("fields"),
            as_geojson=parsed.get("format", self.default_format) == "geojson",
        )

    def _rows(self, asked: "ListQuery") -> list[tuple[str, int, str | None]]:
        columns, tables = self.shape.select(self._shown_names(asked))
        by = self.orderings[asked.ordering.removeprefix("-")]
        down = asked.ordering.startswith("-")
        conditions = [*asked.conditions.values()]
        if asked.position is not None:
            conditions.append(self._after(by, asked.position, down=down))
        where = " AND ".join([self.base, *(condition.sql for condition in conditions)])
        values = [value for condition in conditions for value in condition.values]
        way = "DESC" if down else "ASC"
        last = "" if by.column == self.key else f", {self.key} {way}"
        narrowed = f"WHERE {where} ORDER BY {by.column} {way} NULLS LAST{last} LIMIT %s"
        shown = self.feature if asked.as_geojson else "row_to_json(shown)"
        select = f"SELECT {shown}::text, {self.key}, ({by.column})::text FROM {tables}"  # noqa: S608
        lateral = f"CROSS JOIN LATERAL (SELECT {columns}) AS shown"
        if not any(condition.plan_anew for condition in conditions):
            return fetch_all(f"{select} {lateral} {narrowed}", [*values, asked.limit + 1])
        # Planning the whole statement takes longer than running it, so only the search for the rows is planned anew.
        table = self.shape.model._meta.db_table
        found = fetch_all(
            f'SELECT {self.key} FROM "{table}" AS "row" {narrowed}',  # noqa: S608
            [*values, asked.limit + 1],
            plan_anew=True,
        )
        if not found:
            return []
        rendered = f"{select} JOIN unnest(%s::bigint[]) WITH ORDINALITY AS asked(key, place) ON {self.key} = asked.key"
        return fetch_all(f"{rendered} {lateral} ORDER BY asked.place", [[key for (key,) in found]])

    @property
    def feature(self) -> str:
        """The SQL of one row as a GeoJSON Feature."""
        return (
            "json_build_object('type', 'Feature', 'id', "
            f"{self.key}, 'geometry', {self.geojson}, 'properties', row_to_json(shown))"
        )

    def _shown_names(self, asked: "ListQuery") -> tuple[str, ...] | None:
        if not asked.as_geojson:
            return asked.fields
        # The geometry stands beside the properties, not among them as well.
        return tuple(name for name in asked.fields or self.shape.names if name != self.geometry_field)

    def _after(self, by: Ordering, position: Position, *, down: bool) -> Condition:
        """Rows after `position`; empty keys come last in both directions."""
        sign = "<" if down else ">"
        if by.column == self.key:
            return Condition(f"{self.key} {sign} %s", (position.row_id,))
        if position.key is None:
            return Condition(f"({by.column} IS NULL AND {self.key} {sign} %s)", (position.row_id,))
        later = f"({by.column}, {self.key}) {sign} (%s::{by.cast}, %s)"
        values = (position.key, position.row_id)
        return Condition(f"({later} OR {by.column} IS NULL)" if by.nullable else later, values)

    def _total(self, asked: "ListQuery") -> int:
        where = " AND ".join([self.base, *(condition.sql for condition in asked.conditions.values())])
        table = self.shape.model._meta.db_table
        values = [value for condition in asked.conditions.values() for value in condition.values]
        plan_anew = any(condition.plan_anew for condition in asked.conditions.values())
        counted = fetch_all(f'SELECT count(*) FROM "{table}" AS "row" WHERE {where}', values, plan_anew=plan_anew)  # noqa: S608
        return int(counted[0][0])


@dataclass(frozen=True)
class ListQuery:
    """One request of a list, understood."""

    raw: QueryDict
    conditions: dict[str, Condition]
    ordering: str
    limit: int
    position: Position | None
    count: bool
    fields: tuple[str, ...] | None
    as_geojson: bool


def read_boolean(name: str, text: str) -> bool:
    """Return what `true` or `false` says.

    Raises:
        InvalidInput: on `name`, when it is neither.
    """
    if text.lower() not in {"true", "false", "1", "0"}:
        raise InvalidInput({name: ["Give true or false."]})
    return text.lower() in {"true", "1"}
