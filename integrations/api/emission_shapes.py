"""How emissions, their explanation, totals and factors look to clients."""

from typing import Any

from rest_framework import serializers

from carboncore.common.api.json_rows import RowShape, Scope, SqlField
from carboncore.common.api.serializers import StrictSerializer
from integrations.emission_choices import Basis, Line, Method, RunStatus
from integrations.models import Emission, Factor


class KilogramsField(SqlField, serializers.DecimalField):
    """Kilograms of CO2e with the three places that are shown."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=24, decimal_places=3, **options)

    def sql(self, scope: Scope) -> str:
        return f"round({scope.column(str(self.source))}, 3)"


class MonthField(SqlField, serializers.CharField):
    """A month as YYYY-MM."""

    def sql(self, scope: Scope) -> str:
        return f"to_char({scope.column(str(self.source))}, 'YYYY-MM')"


class SetNameField(SqlField, serializers.CharField):
    """A factor set as results name it: its publisher and version."""

    def sql(self, scope: Scope) -> str:
        relation = f"{self.source}." if self.source != "*" else ""
        publisher, version = scope.column(f"{relation}publisher"), scope.column(f"{relation}version")
        return f"{publisher} || ' ' || {version}"


class EmissionSerializer(serializers.ModelSerializer):
    """One line of a series' month. `quantity` is in `unit`; `factor` is null where no published factor was used."""

    id = serializers.UUIDField(source="public_id")
    datasource = serializers.UUIDField(source="connection.public_id")
    type = serializers.CharField(source="reading_type")
    month = MonthField()
    kg_co2e = KilogramsField()
    kg_co2e_low = KilogramsField(source="low", allow_null=True)
    kg_co2e_high = KilogramsField(source="high", allow_null=True)
    factor = serializers.CharField(source="factor.key", allow_null=True)
    factor_kg_co2e = serializers.DecimalField(source="factor.kg_co2e", max_digits=20, decimal_places=9, allow_null=True)
    factor_source = SetNameField(source="factor.factor_set", allow_null=True)
    readings = serializers.IntegerField(source="reading_count")

    class Meta:
        model = Emission
        fields = [
            *("id", "datasource", "type", "series", "name", "activity", "month", "site", "scope", "category", "line"),
            *("method", "basis", "quantity", "unit", "factor", "factor_kg_co2e", "factor_source", "kg_co2e"),
            *("kg_co2e_low", "kg_co2e_high", "quality", "readings", "starts_at", "ends_at", "calculated_at"),
            *("out_of_date_at", "superseded_at"),
        ]


class FactorSerializer(serializers.ModelSerializer):
    """A factor: kilograms of CO2e for one `unit` of an activity."""

    published_by = SetNameField(source="factor_set")
    year = serializers.IntegerField(source="factor_set.year")
    gwp_basis = serializers.CharField(source="factor_set.gwp_basis")
    licence = serializers.CharField(source="factor_set.licence")
    valid_from = serializers.DateField(source="factor_set.valid_from")
    valid_to = serializers.DateField(source="factor_set.valid_to", allow_null=True)
    status = serializers.CharField(source="factor_set.status")

    class Meta:
        model = Factor
        fields = [
            *("id", "key", "activity", "label", "line", "region", "unit", "kg_co2e", "co2", "ch4", "n2o", "scope"),
            *("category", "published_by", "year", "gwp_basis", "licence", "valid_from", "valid_to", "status"),
        ]


EMISSION_SHAPE = RowShape(EmissionSerializer)
FACTOR_SHAPE = RowShape(FactorSerializer)


class ExplainedFactorSerializer(serializers.Serializer):
    """The factor that a result was multiplied with, and where it is published."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    kg_co2e = serializers.CharField()
    unit = serializers.CharField()
    region = serializers.CharField()
    set = serializers.CharField()
    name = serializers.CharField()
    year = serializers.IntegerField()
    gwp_basis = serializers.CharField()
    licence = serializers.CharField()
    published = serializers.CharField()


class ExplainedReadingSerializer(serializers.Serializer):
    """A reading behind a result; `g_per_kwh` where the grid's intensity of its half hour was used."""

    id = serializers.IntegerField()
    external_id = serializers.CharField()
    series = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    quantity = serializers.CharField()
    unit = serializers.CharField()
    quality = serializers.CharField()
    revision = serializers.IntegerField()
    g_per_kwh = serializers.CharField(allow_null=True)


class ExplanationSerializer(serializers.Serializer):
    """The arithmetic of a result: its steps with their numbers, the factor, the readings page by page."""

    id = serializers.UUIDField()
    datasource = serializers.UUIDField()
    month = serializers.CharField()
    line = serializers.ChoiceField(choices=Line.choices)
    method = serializers.ChoiceField(choices=Method.choices)
    basis = serializers.ChoiceField(choices=Basis.choices)
    scope = serializers.IntegerField()
    category = serializers.IntegerField(allow_null=True)
    kg_co2e = serializers.CharField()
    kg_co2e_low = serializers.CharField(allow_null=True)
    kg_co2e_high = serializers.CharField(allow_null=True)
    steps = serializers.ListField(child=serializers.CharField())
    notes = serializers.ListField(child=serializers.CharField())
    rounding = serializers.CharField()
    engine_version = serializers.CharField()
    factor = ExplainedFactorSerializer(allow_null=True)
    calculated_at = serializers.DateTimeField()
    out_of_date_at = serializers.DateTimeField(allow_null=True)
    superseded_at = serializers.DateTimeField(allow_null=True)
    superseded_by = serializers.UUIDField(allow_null=True)
    reading_count = serializers.IntegerField()
    readings = ExplainedReadingSerializer(many=True)
    next_after = serializers.IntegerField(allow_null=True, help_text="Give this as `after` for the next readings.")


class SummarySerializer(serializers.Serializer):
    """Totals of a period. Kilograms are texts with three places; every list adds up to `total_kg_co2e`."""

    inventory = serializers.DictField(help_text="Whose: `of` is everything, person or organisation; `name`, its id.")
    to = serializers.CharField(help_text="The last month, YYYY-MM.")
    until = serializers.CharField(help_text="The month after the last one, YYYY-MM.")
    method = serializers.CharField()
    total_kg_co2e = serializers.CharField()
    total_kg_co2e_low = serializers.CharField(help_text="The total with each range at its least.")
    total_kg_co2e_high = serializers.CharField(help_text="The total with each range at its most.")
    scope_2 = serializers.DictField(child=serializers.CharField())
    by_scope = serializers.ListField(child=serializers.DictField())
    by_category = serializers.ListField(child=serializers.DictField(), help_text="Of scope 3.")
    by_source = serializers.ListField(child=serializers.DictField())
    by_activity = serializers.ListField(child=serializers.DictField())
    by_site = serializers.ListField(child=serializers.DictField())
    by_month = serializers.ListField(child=serializers.DictField())
    by_quality = serializers.ListField(child=serializers.DictField())
    year_before = serializers.DictField()
    results = serializers.IntegerField()
    out_of_date = serializers.IntegerField()
    unmatched = serializers.ListField(child=serializers.DictField())
    charts = serializers.DictField(
        help_text="`by_month`, `by_scope`, `by_source`, `by_category`: `labels` and `series` of as many `values`; null"
        " where a month has no result."
    )

    def get_fields(self) -> dict[str, Any]:
        """Add `from`, which Python keeps for itself."""
        return {"from": serializers.CharField(help_text="The first month, YYYY-MM."), **super().get_fields()}


class ReportSerializer(SummarySerializer):
    """The summary, and what a report has to state: method, factor sets, lines, gaps."""

    calculated_at = serializers.CharField(allow_null=True, help_text="When the latest of its results was computed.")
    engine_version = serializers.CharField()
    statement = serializers.ListField(child=serializers.CharField())
    gaps = serializers.ListField(child=serializers.CharField())
    factor_sets = serializers.ListField(child=serializers.DictField())
    by_line = serializers.ListField(child=serializers.DictField())
    by_basis = serializers.ListField(child=serializers.DictField())


class RecalculationSerializer(StrictSerializer):
    """What to calculate again."""

    datasource = serializers.UUIDField(required=False, help_text="One data source; all that may be changed if absent.")
    renew = serializers.BooleanField(
        required=False, default=False, help_text="Let results move to today's factors; the old ones stay, superseded."
    )
    factor_set = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, help_text="Id of the set to use wherever it has a factor."
    )


class RunSerializer(serializers.Serializer):
    """A calculation asked for."""

    id = serializers.UUIDField()
    datasource = serializers.UUIDField()
    status = serializers.ChoiceField(choices=RunStatus.choices)
    renew = serializers.BooleanField()


class RecalculationAnswerSerializer(serializers.Serializer):
    """The calculations that were queued."""

    data = RunSerializer(many=True)  # type: ignore[assignment]
    count = serializers.IntegerField()
