"""Fields of the registry's answers that are computed in SQL."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from carboncore.common.api.json_rows import Scope, SqlField


class TonnesField(SqlField, serializers.DecimalField):
    """Kilograms in the ledger's figures, shown as tonnes with three places."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=19, decimal_places=3, **options)

    def sql(self, scope: Scope) -> str:
        return f"(coalesce({scope.column(str(self.source))}, 0)::numeric / 1000)::numeric(22, 3)"


class PlaceField(SqlField, serializers.ListField):
    """Numbers of a place as an array (longitude, latitude; or west, south, east, north), null where there is none."""

    child = serializers.FloatField()

    def __init__(self, *columns: str, **options: Any) -> None:
        self.columns = columns
        super().__init__(allow_null=True, min_length=len(columns), max_length=len(columns), source="*", **options)

    def sql(self, scope: Scope) -> str:
        columns = [scope.column(name) for name in self.columns]
        return f"CASE WHEN {columns[0]} IS NOT NULL THEN json_build_array({', '.join(columns)}) END"


class NamesField(SqlField, serializers.ListField):
    """One column of the rows that point here, as an array of texts: `source="certifications.standard.code"`."""

    child = serializers.CharField()

    def sql(self, scope: Scope) -> str:
        relation, _, path = str(self.source).partition(".")
        child, tie = scope.children(relation)
        column = child.column(path)
        return (
            f"(SELECT coalesce(json_agg({column} ORDER BY {child.column('id')}), '[]'::json)"  # noqa: S608
            f" FROM {child.from_clause()} WHERE {tie})"
        )


class DocumentAddressField(SqlField, serializers.CharField):
    """Where to get a document: its link, or the stable address here."""

    def sql(self, scope: Scope) -> str:
        link, public_id = scope.column("url"), scope.column("public_id")
        return f"CASE WHEN {link} <> '' THEN {link} ELSE '/documents/' || {public_id} END"


class CountField(SqlField, serializers.IntegerField):
    """How many rows point here through any of the relations named."""

    def __init__(self, *relations: str, **options: Any) -> None:
        self.relations = relations
        super().__init__(source="*", **options)

    def sql(self, scope: Scope) -> str:
        counts = []
        for relation in self.relations:
            child, tie = scope.children(relation)
            counts.append(f"(SELECT count(*) FROM {child.from_clause()} WHERE {tie})")  # noqa: S608
        return " + ".join(counts)


class AbsentIfBlankField(SqlField, serializers.CharField):
    """Text, null where the column is empty."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_null=True, **options)

    def sql(self, scope: Scope) -> str:
        return f"NULLIF({scope.column(str(self.source))}, '')"


@extend_schema_field(
    {
        "type": "object",
        "nullable": True,
        "required": ["type", "coordinates"],
        "properties": {
            "type": {"type": "string", "enum": ["Polygon", "MultiPolygon"]},
            "coordinates": {"type": "array", "items": {}},
        },
    }
)
class BoundaryField(serializers.JSONField):
    """A GeoJSON Polygon or MultiPolygon in WGS 84."""
