"""What anybody may list: retirements, a project's credits, checkpoints."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from carboncore.common.api.json_rows import RowShape, Scope, SqlField
from carboncore.common.api.listing import Filter, Listing, Ordering
from registry.models import Project
from transactions.api.sql_fields import CertificateAddressField, CreditsField, HexField, IfPublishedField
from transactions.choices import BlockState, RetirementPurpose
from transactions.models import Checkpoint, Retirement
from transactions.selectors.list_filters import (
    by_choice,
    by_country,
    by_day,
    by_number,
    by_part,
    by_vintage,
)

_ENTRIES = (
    '"transactions_transactionentry" AS "x" JOIN "transactions_ledgerentry" AS "e" ON "e"."id" = "x"."entry_id"'
    ' JOIN "transactions_creditbatch" AS "b" ON "b"."id" = "e"."batch_id"'
    ' WHERE "x"."transaction_id" = "row"."transaction_id"'
)
_OF = '"row"."transaction_id" IN (SELECT "t"."id" FROM "transactions_transaction" AS "t"'


class VintagesField(SqlField, serializers.ListField):
    """The vintages of the retired credits."""

    child = serializers.IntegerField()

    def sql(self, scope: Scope) -> str:
        return f'(SELECT coalesce(json_agg(DISTINCT "b"."vintage"), \'[]\'::json) FROM {_ENTRIES})'  # noqa: S608


class PublicRetirementSerializer(serializers.ModelSerializer):
    """A retirement; its beneficiary only where they are to be shown. `quantity` is tonnes of CO2e."""

    certificate = serializers.UUIDField(source="public_id")
    certificate_url = CertificateAddressField("public_id")
    quantity = CreditsField(source="transaction.quantity_kg")
    project_id = serializers.IntegerField(source="transaction.project_id")
    project_name = serializers.CharField(source="transaction.project.project_name")
    project_type = serializers.CharField(source="transaction.project.project_type.code")
    country = serializers.CharField(source="transaction.project.country_id")
    vintages = VintagesField(source="*")
    beneficiary = IfPublishedField(source="beneficiary_name")
    beneficiary_location = IfPublishedField()

    class Meta:
        model = Retirement
        fields = [
            *("certificate", "certificate_url", "retired_at", "quantity", "project_id", "project_name"),
            *("project_type", "country", "vintages", "beneficiary", "beneficiary_location", "purpose"),
            *("period_start", "period_end", "inventory"),
        ]


RETIREMENT_FILTERS: Mapping[str, Filter] = {
    "project": by_number("project", f'{_OF} WHERE "t"."project_id" = %s)'),
    "beneficiary": by_part(
        "beneficiary", '"row"."published" AND position(lower(%s) IN lower("row"."beneficiary_name")) > 0'
    ),
    "country": by_country(
        f'{_OF} JOIN "registry_project" AS "p" ON "p"."id" = "t"."project_id" WHERE "p"."country_id" = %s)'
    ),
    "vintage": by_vintage(f'EXISTS (SELECT 1 FROM {_ENTRIES} AND "b"."vintage" = %s)'),  # noqa: S608
    "purpose": by_choice("purpose", '"row"."purpose"', RetirementPurpose.values),
    "from": by_day("from", '"row"."retired_at"'),
    "to": by_day("to", '"row"."retired_at"', until=True),
}
RETIREMENT_WORDS = {
    "project": "Id of a project.",
    "beneficiary": "Part of a beneficiary's name; only of those who are shown.",
    "country": "The project's country: ISO 3166-1 code or name.",
    "vintage": "A vintage year among the retired credits.",
    "purpose": f"One of {', '.join(RetirementPurpose.values)}; repeat it for several.",
    "from": "Retired on this day (UTC) or later.",
    "to": "Retired on this day (UTC) or earlier.",
}
# A project that is not published is nobody's business; what was retired of one that was withdrawn since, is.
RETIREMENTS = Listing(
    RowShape(PublicRetirementSerializer),
    base=f'{_OF} JOIN "registry_project" AS "p" ON "p"."id" = "t"."project_id" WHERE "p"."published")',
    filters=RETIREMENT_FILTERS,
    orderings={"retired_at": Ordering('"row"."retired_at"', "timestamptz"), "id": Ordering('"row"."id"')},
    default_ordering="-retired_at",
)


class VintageCreditsSerializer(serializers.Serializer):
    """The credits of one vintage by their present state, in tonnes."""

    vintage = serializers.IntegerField()
    issued = serializers.DecimalField(max_digits=22, decimal_places=3)
    available = serializers.DecimalField(max_digits=22, decimal_places=3)
    reserved = serializers.DecimalField(max_digits=22, decimal_places=3)
    buffer = serializers.DecimalField(max_digits=22, decimal_places=3)
    retired = serializers.DecimalField(max_digits=22, decimal_places=3)
    cancelled = serializers.DecimalField(max_digits=22, decimal_places=3)
    bridged = serializers.DecimalField(max_digits=22, decimal_places=3)


_STATES = {"available": "active", **{s.value: s.value for s in BlockState if s != BlockState.ACTIVE}}


class ByVintageField(SqlField, serializers.ListField):
    """A project's credits by vintage, added up from the balances of its batches."""

    child = VintageCreditsSerializer()

    def sql(self, scope: Scope) -> str:
        sums = ", ".join(
            f"'{name}', (coalesce(sum(s.quantity_kg) FILTER (WHERE s.state = '{state}'), 0) / 1000)::numeric(22, 3)"
            for name, state in _STATES.items()
        )
        return (
            "(SELECT coalesce(json_agg(v.one ORDER BY v.vintage), '[]'::json) FROM (SELECT b.vintage,"  # noqa: S608
            " json_build_object('vintage', b.vintage, 'issued', (sum(s.quantity_kg) / 1000)::numeric(22, 3),"
            f" {sums}) AS one FROM transactions_creditbatch b JOIN transactions_balance s ON s.batch_id = b.id"
            f" WHERE b.project_id = {scope.column('id')} GROUP BY b.vintage) v)"
        )


class OriginCreditsSerializer(serializers.Serializer):
    """What another registry states about the project's credits there, in tonnes; none of them are credits here."""

    registry = serializers.CharField()
    issued = serializers.DecimalField(max_digits=22, decimal_places=3)
    retired = serializers.DecimalField(max_digits=22, decimal_places=3)
    cancelled = serializers.DecimalField(max_digits=22, decimal_places=3)
    buffer = serializers.DecimalField(max_digits=22, decimal_places=3)


class ElsewhereField(SqlField, serializers.ListField):
    """What other registries state, one row a registry, as `selectors.origin_credits.origin_figures` adds it up."""

    child = OriginCreditsSerializer()

    def sql(self, scope: Scope) -> str:
        kinds = {"issued": "issuance", "retired": "retirement", "cancelled": "cancellation"}
        sums = ", ".join(
            f"'{name}', (coalesce(sum(o.quantity_kg) FILTER (WHERE o.kind = '{kind}'), 0) / 1000)::numeric(22, 3)"
            for name, kind in kinds.items()
        )
        return (
            "(SELECT coalesce(json_agg(r.one ORDER BY r.registry), '[]'::json) FROM ("  # noqa: S608
            f"SELECT o.origin_registry AS registry, json_build_object('registry', o.origin_registry, {sums},"
            " 'buffer', (coalesce(sum(o.buffer_kg) FILTER (WHERE o.kind = 'issuance'), 0) / 1000)::numeric(22, 3))"
            f" AS one FROM transactions_origincredits o WHERE o.project_id = {scope.column('id')}"
            " GROUP BY o.origin_registry) r)"
        )


class ProjectCreditsSerializer(serializers.ModelSerializer):
    """A project's credits by their present state, in all and by vintage, in tonnes of CO2e; and those elsewhere."""

    project_id = serializers.IntegerField(source="id")
    issued = CreditsField(source="credits.issued_kg")
    available = CreditsField(source="credits.available_kg")
    reserved = CreditsField(source="credits.reserved_kg")
    buffer = CreditsField(source="credits.buffer_kg")
    retired = CreditsField(source="credits.retired_kg")
    cancelled = CreditsField(source="credits.cancelled_kg")
    bridged = CreditsField(source="credits.bridged_kg")
    by_vintage = ByVintageField(source="*")
    elsewhere = ElsewhereField(source="*")

    class Meta:
        model = Project
        fields = [
            *("project_id", "project_name", "issued", "available", "reserved", "buffer", "retired", "cancelled"),
            *("bridged", "by_vintage", "elsewhere"),
        ]


PROJECT_CREDITS = RowShape(ProjectCreditsSerializer)


class CheckpointStatementSerializer(serializers.Serializer):
    """What is signed: where every batch's chain stood."""

    number = serializers.IntegerField()
    at = serializers.CharField()
    batches = serializers.IntegerField()
    entries = serializers.IntegerField()
    root = serializers.CharField(  # type: ignore[assignment] # the framework uses the name for something else
        help_text="Merkle root over all batches (RFC 6962), hexadecimal."
    )
    previous = serializers.CharField(help_text="The digest of the checkpoint before, zeros for the first.")


class StatementField(SqlField, serializers.Field):
    """The statement as it is hashed and signed: times with six decimals of a second."""

    def sql(self, scope: Scope) -> str:
        at = f"to_char({scope.column('at')} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"+00:00\"')"
        return (
            f"json_build_object('number', {scope.column('number')}, 'at', {at}, 'batches', {scope.column('batches')},"
            f" 'entries', {scope.column('entries')}, 'root', encode({scope.column('root')}, 'hex'),"
            f" 'previous', encode({scope.column('previous_digest')}, 'hex'))"
        )


class CheckpointSerializer(serializers.ModelSerializer):
    """A signed checkpoint; digest, signature (Ed25519 over the statement's canonical JSON) and key hexadecimal."""

    statement: Any = StatementField(source="*")
    digest = HexField()
    signature = HexField()
    public_key = HexField()

    class Meta:
        model = Checkpoint
        fields = ["statement", "digest", "signature", "public_key"]


class CheckpointDocumentSerializer(serializers.Serializer):
    """A signed checkpoint as the published schema describes it."""

    statement = CheckpointStatementSerializer()
    digest = serializers.CharField()
    signature = serializers.CharField(help_text="Ed25519 over the statement's canonical JSON, hexadecimal.")
    public_key = serializers.CharField()


CHECKPOINTS = Listing(
    RowShape(CheckpointSerializer),
    orderings={"number": Ordering('"row"."number"', "integer")},
    default_ordering="-number",
)
