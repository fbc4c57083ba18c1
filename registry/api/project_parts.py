"""How the parts of a project look to staff: documents, overlaps, history; and their lists."""

from typing import Any

from rest_framework import serializers

from carboncore.common.api.json_rows import RowShape, Scope, SqlField
from carboncore.common.api.listing import Listing, Ordering
from registry.api.project_shapes import StaffDocumentSerializer
from registry.models import BoundaryOverlap, Project

_NOT_OF_THE_PROJECT = (
    *("history_id", "history_date", "history_change_reason", "history_type", "history_user_id", "entrance", "version"),
)


class OverlapSerializer(serializers.ModelSerializer):
    """Two projects that claim the same land."""

    first_name = serializers.CharField(source="first.project_name")
    second_name = serializers.CharField(source="second.project_name")
    first_id = serializers.IntegerField()
    second_id = serializers.IntegerField()
    decided_by = serializers.CharField(source="decided_by.email", allow_null=True)

    class Meta:
        model = BoundaryOverlap
        fields = [
            *("id", "first_id", "first_name", "second_id", "second_name", "shared_ha", "share_of_first"),
            *("share_of_second", "state", "justification", "decided_by", "decided_at", "found_at"),
        ]


class ChangeSerializer(serializers.Serializer):
    """One field before and after."""

    field = serializers.CharField()
    old = serializers.JSONField(allow_null=True)
    new = serializers.JSONField(allow_null=True)


class ChangesField(SqlField, serializers.ListField):
    """What a row of the history changed against the row before it."""

    child = ChangeSerializer()

    def __init__(self, **options: Any) -> None:
        super().__init__(source="*", **options)

    def sql(self, scope: Scope) -> str:
        table, alias = scope.model._meta.db_table, scope.alias
        left_out = ", ".join(f"'{name}'" for name in _NOT_OF_THE_PROJECT)
        before = (
            f'(SELECT to_jsonb("p") FROM "{table}" AS "p" WHERE "p"."id" = "{alias}"."id"'  # noqa: S608
            f' AND "p"."history_id" < "{alias}"."history_id" ORDER BY "p"."history_id" DESC LIMIT 1)'
        )
        return (
            '(SELECT coalesce(json_agg(json_build_object(\'field\', "n"."key", \'old\', "o"."was" -> "n"."key",'  # noqa: S608
            ' \'new\', "n"."value") ORDER BY "n"."key"), \'[]\'::json)'
            f' FROM (SELECT {before} AS "was") AS "o",'
            f' LATERAL jsonb_each(to_jsonb("{alias}") - ARRAY[{left_out}]) AS "n"'
            ' WHERE "o"."was" IS NOT NULL AND ("o"."was" -> "n"."key") IS DISTINCT FROM "n"."value")'
        )


class HistorySerializer(serializers.ModelSerializer):
    """One change of a project."""

    id = serializers.IntegerField(source="history_id")
    at = serializers.DateTimeField(source="history_date")
    by = serializers.CharField(source="history_user.email", allow_null=True)
    change = serializers.CharField(source="history_type", help_text="+ created, ~ changed, - deleted.")
    changes = ChangesField()

    class Meta:
        model = Project.history.model
        fields = ["id", "at", "by", "entrance", "change", "changes"]


DOCUMENTS = Listing(RowShape(StaffDocumentSerializer))
OVERLAPS = Listing(RowShape(OverlapSerializer))
HISTORY = Listing(RowShape(HistorySerializer), orderings={"id": Ordering('"row"."history_id"')}, default_ordering="-id")
