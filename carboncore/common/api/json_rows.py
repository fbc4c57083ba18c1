"""SQL that renders rows as JSON, derived from a serializer's declared fields.

The serializer stays the one definition of what is shown: the published schema reads it, and so does this.
A plain field is the column its `source` leads to, over foreign keys where it has dots; a nested serializer
is an object, or with `many=True` an array of the rows that point here; a field that is computed brings its
SQL itself (`SqlField`). Decimals, dates and GeoJSON are written by PostgreSQL and never become Python values.
"""

from collections.abc import Sequence
from typing import Any

from django.db import connection, models
from rest_framework import serializers


class SqlField:
    """Mixin of a serializer field that says by itself what it is in SQL."""

    def sql(self, scope: "Scope") -> str:
        """Return the expression; `scope.column("a.b")` names a column and joins what lies between."""
        raise NotImplementedError


class Scope:
    """One table of a statement under its alias, with the joins that its columns have asked for."""

    def __init__(self, model: type[models.Model], alias: str) -> None:
        self.model = model
        self.alias = alias
        self._joined: dict[str, Scope] = {}
        self._joins: list[str] = []

    def column(self, path: str) -> str:
        """Return the quoted column at the end of a dotted path of relations to one."""
        *relations, name = path.split(".")
        scope = self
        for relation in relations:
            scope = scope.joined(relation)
        field: Any = scope.model._meta.get_field(name)
        return f"{_quoted(scope.alias)}.{_quoted(field.column)}"

    def joined(self, relation: str) -> "Scope":
        """Return the scope of the row that `relation` points to, joined once."""
        if relation not in self._joined:
            field: Any = self.model._meta.get_field(relation)
            target = Scope(field.related_model, f"{self.alias}_{relation}")
            target._joins = self._joins
            near, far = _join_columns(field)
            self._joins.append(
                f"LEFT JOIN {_table(target.model)} AS {_quoted(target.alias)}"
                f" ON {_quoted(target.alias)}.{_quoted(far)} = {_quoted(self.alias)}.{_quoted(near)}"
            )
            self._joined[relation] = target
        return self._joined[relation]

    def children(self, relation: str) -> tuple["Scope", str]:
        """Return a scope of the rows that point here through `relation`, and the condition that ties them."""
        field: Any = self.model._meta.get_field(relation)
        child = Scope(field.related_model, f"{self.alias}_{relation}")
        tie = (
            f"{_quoted(child.alias)}.{_quoted(field.remote_field.column)}"
            f" = {_quoted(self.alias)}.{_quoted(_primary_key(self.model))}"
        )
        return child, tie

    def from_clause(self) -> str:
        """Return the table and its joins, as they stand after FROM."""
        return " ".join([f"{_table(self.model)} AS {_quoted(self.alias)}", *self._joins])


class RowShape:
    """How a row of `serializer_class.Meta.model` looks as JSON, and the SQL that renders it so."""

    def __init__(self, serializer_class: type[serializers.Serializer]) -> None:
        self._serializer_class = serializer_class
        self._rendered: dict[tuple[str, ...], tuple[str, str]] = {}
        self._names: tuple[str, ...] = ()

    @property
    def model(self) -> type[models.Model]:
        """The model whose rows these are."""
        return self._serializer_class.Meta.model  # type: ignore[attr-defined]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all fields, in the order in which they are shown."""
        if not self._names:
            self._names = tuple(self._serializer_class().fields)
        return self._names

    def select(self, names: Sequence[str] | None = None) -> tuple[str, str]:
        """Return (select list, FROM clause) that show the named fields, or all; the table's alias is `row`."""
        key = tuple(names or self.names)
        if key not in self._rendered:
            scope = Scope(self.model, "row")
            fields = self._serializer_class().fields
            columns = ", ".join(f"{field_sql(fields[name], scope)} AS {_quoted(name)}" for name in key)
            self._rendered[key] = (columns, scope.from_clause())
        return self._rendered[key]


def field_sql(field: serializers.Field, scope: Scope) -> str:
    """Return the SQL expression of one declared field."""
    if isinstance(field, SqlField):
        return field.sql(scope)
    source = str(field.source)
    if isinstance(field, serializers.ListSerializer):
        return _array_of_children(field.child, *scope.children(source))
    if isinstance(field, serializers.BaseSerializer):
        target = scope.joined(source)
        key = f"{_quoted(target.alias)}.{_quoted(_primary_key(target.model))}"
        return f"CASE WHEN {key} IS NOT NULL THEN {_object(field, target)} END"
    return scope.column(source)


def _array_of_children(child: Any, scope: Scope, tie: str) -> str:
    shown = _object(child, scope)
    key = f"{_quoted(scope.alias)}.{_quoted(_primary_key(scope.model))}"
    only = "".join(
        f" AND {scope.column(name)} = {_literal(value)}" for name, value in getattr(child, "only", {}).items()
    )
    rows = f"FROM {scope.from_clause()} WHERE {tie}{only}"
    return f"(SELECT coalesce(json_agg({shown} ORDER BY {key}), '[]'::json) {rows})"


def _object(serializer: Any, scope: Scope) -> str:
    pairs = ", ".join(f"{_literal(name)}, {field_sql(field, scope)}" for name, field in serializer.fields.items())
    return f"json_build_object({pairs})"


def _join_columns(field: Any) -> tuple[str, str]:
    """Return (column here, column there) of a relation to one, whichever side holds the key."""
    if field.concrete:
        return field.column, field.target_field.column
    return _primary_key(field.model), field.remote_field.column


def _primary_key(model: type[models.Model]) -> str:
    return str(model._meta.pk.column)


def _table(model: type[models.Model]) -> str:
    return _quoted(model._meta.db_table)


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
