"""How offsets and their quotes look to clients, and what clients send to offset a period."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from carboncore.common.api.json_rows import RowShape, Scope, SqlField
from carboncore.common.api.serializers import (
    ExactDecimalField,
    QuantityField,
    StrictSerializer,
    TextField,
    WholeNumberField,
)
from carboncore.common.quantities import tonnes_from_kg
from integrations.api.emission_shapes import MonthField
from integrations.emission_choices import SCOPE_2_METHODS, OffsetStatus
from integrations.models import EmissionsOffset
from integrations.querysets import AWAITED_STATUSES
from integrations.selectors.offsets import ROUNDING, OffsetQuote
from transactions.api.bodies import FIRST_VINTAGE, LAST_VINTAGE, CurrencyField, ProjectField
from transactions.api.shapes import PurchaseAnswerSerializer
from transactions.api.sql_fields import CertificateAddressField

_RETIREMENTS = ("retirement", "purchase.planned_retirement.retirement")


class TonnesTextField(SqlField, serializers.CharField):
    """Kilograms as tonnes with three places, as text."""

    def sql(self, scope: Scope) -> str:
        return f"({scope.column(str(self.source))}::numeric / 1000)::numeric(22, 3)::text"


class KilogramsTextField(SqlField, serializers.CharField):
    """Kilograms of CO2e with three places, as text."""

    def sql(self, scope: Scope) -> str:
        return f"round({scope.column(str(self.source))}, 3)::text"


class FirstOfField(SqlField, serializers.Field):
    """The first of some columns that is there."""

    def __init__(self, *columns: str, **options: Any) -> None:
        self.columns = columns
        super().__init__(source="*", **options)

    def sql(self, scope: Scope) -> str:
        return f"coalesce({', '.join(scope.column(name) for name in self.columns)})"


class FirstUuidField(FirstOfField, serializers.UUIDField):
    """The first id of some that is there."""


class FirstNumberField(FirstOfField, serializers.IntegerField):
    """The first number of some that is there."""


class OffsetStatusField(SqlField, serializers.ChoiceField):
    """How far an offset has come: it follows from its purchase."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=OffsetStatus.choices, source="*", **options)

    def sql(self, scope: Scope) -> str:
        retired = f"coalesce({', '.join(scope.column(name) for name in _RETIREMENTS)}) IS NOT NULL"
        awaited = ", ".join(f"'{status.value}'" for status in AWAITED_STATUSES)
        return (
            f"CASE WHEN {retired} THEN '{OffsetStatus.RETIRED}' WHEN {scope.column('purchase.status')} IN ({awaited})"
            f" THEN '{OffsetStatus.AWAITING_PAYMENT}' ELSE '{OffsetStatus.ENDED}' END"
        )


class OffsetSerializer(serializers.ModelSerializer):
    """An offset: the months, what their report said then, and the credits. Quantities are texts; tonnes but `…_kg…`."""

    id = serializers.UUIDField(source="public_id")
    status = OffsetStatusField()
    to = MonthField(source="last_month", help_text="The last month, which is in it, YYYY-MM.")
    method = serializers.ChoiceField(choices=SCOPE_2_METHODS)
    organisation = serializers.UUIDField(source="organisation.public_id", allow_null=True)
    quantity = TonnesTextField(source="quantity_kg", help_text="Retired, or to be: what remained, to the kilogram.")
    offset_before = TonnesTextField(source="before_kg", help_text="Offset of these months already, then.")
    total_kg_co2e = KilogramsTextField(help_text="As the report said then.")
    report_sha256 = serializers.CharField(help_text="Of the report's JSON then; `…/report` hands out its very bytes.")
    project_id = FirstNumberField("purchase.project_id", "retirement.transaction.project_id")
    purchase = serializers.UUIDField(source="purchase.public_id", allow_null=True)
    retirement = FirstUuidField(*(f"{name}.public_id" for name in _RETIREMENTS), allow_null=True)
    certificate_url = CertificateAddressField(*(f"{name}.public_id" for name in _RETIREMENTS), allow_null=True)

    class Meta:
        model = EmissionsOffset
        fields = [
            *("id", "status", "to", "method", "organisation", "quantity", "offset_before", "total_kg_co2e"),
            *("report_sha256", "project_id", "purchase", "retirement", "certificate_url", "made_at"),
        ]

    def get_fields(self) -> dict[str, Any]:
        """Add `from`, which Python keeps for itself."""
        first = MonthField(source="first_month", help_text="The first month, YYYY-MM.")
        fields = super().get_fields()
        return {"id": fields.pop("id"), "status": fields.pop("status"), "from": first, **fields}


OFFSET_SHAPE = RowShape(OffsetSerializer)


class OffsetAnswerSerializer(OffsetSerializer):
    """An offset with its purchase, for the buyer."""

    payment = PurchaseAnswerSerializer(allow_null=True, help_text="What to pay, until when and how; the buyer's alone.")

    class Meta(OffsetSerializer.Meta):
        fields = [*OffsetSerializer.Meta.fields, "payment"]


class BuyingSerializer(StrictSerializer):
    """Credits to buy and retire, at the price per tonne that was shown; 409 with the present one if it changed."""

    project_id = ProjectField()
    price_per_credit = ExactDecimalField(max_digits=15, decimal_places=4, min_value=Decimal(0))
    currency = CurrencyField()
    vintage = WholeNumberField(min_value=FIRST_VINTAGE, max_value=LAST_VINTAGE, required=False, allow_null=True)


class RetiringSerializer(StrictSerializer):
    """Credits to retire that are held: out of an account of whose emissions these are."""

    account = serializers.UUIDField()
    project_id = ProjectField()
    vintage = WholeNumberField(min_value=FIRST_VINTAGE, max_value=LAST_VINTAGE, required=False, allow_null=True)


class NewOffsetSerializer(StrictSerializer):
    """Which months to offset by how much, and where the credits come from: `buy` or `retire`, not both."""

    to = TextField(max_length=7, help_text="The last month, which is in it, YYYY-MM.")
    method = serializers.ChoiceField(choices=SCOPE_2_METHODS, required=False)
    organisation = serializers.UUIDField(required=False, allow_null=True, help_text="Else one's own data sources.")
    quantity = QuantityField(help_text="As the quote has it; 409 if another quantity remains by now.")
    buy = BuyingSerializer(required=False)
    retire = RetiringSerializer(required=False)
    beneficiary_name = TextField(
        max_length=255, required=False, allow_blank=True, help_text="A person's; an organisation's is its own name."
    )
    beneficiary_location = TextField(max_length=255, required=False, allow_blank=True)
    published = serializers.BooleanField(
        required=False, help_text="Whether the certificate shows the name; an organisation's does, a person's does not."
    )
    note = TextField(max_length=1000, required=False, allow_blank=True)

    def get_fields(self) -> dict[str, Any]:
        """Add `from`, which Python keeps for itself."""
        return {"from": TextField(max_length=7, help_text="The first month, YYYY-MM."), **super().get_fields()}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse an order that names no source of credits, or two."""
        if ("buy" in attrs) == ("retire" in attrs):
            raise serializers.ValidationError({"buy": ["Say either what to buy, or in `retire` what to retire."]})
        return attrs


class CreditOfferSerializer(serializers.Serializer):
    """What a project's credits cost for this quantity."""

    project_id = serializers.IntegerField()
    project = serializers.CharField()
    slug = serializers.CharField()
    project_type = serializers.CharField()
    country = serializers.CharField()
    vintage = serializers.IntegerField(allow_null=True)
    currency = serializers.CharField()
    price_per_credit = serializers.CharField()
    total_amount = serializers.CharField()
    available = serializers.CharField(help_text="Tonnes.")
    hindrance = serializers.CharField(help_text="Why this quantity cannot be had here; empty where it can.")


class HeldCreditsSerializer(serializers.Serializer):
    """Credits of a project that an account holds, enough for this quantity."""

    account = serializers.UUIDField()
    name = serializers.CharField()
    project_id = serializers.IntegerField()
    project = serializers.CharField()
    available = serializers.CharField(help_text="Tonnes.")


class OffsetQuoteSerializer(serializers.Serializer):
    """What remains of some months' emissions, and which credits could be retired for it. Quantities are texts."""

    to = serializers.CharField()
    method = serializers.ChoiceField(choices=SCOPE_2_METHODS)
    organisation = serializers.UUIDField(allow_null=True)
    total_kg_co2e = serializers.CharField(help_text="The report's total now.")
    offset = serializers.CharField(help_text="Tonnes that are offset already, by either method.")
    remaining_kg_co2e = serializers.CharField(help_text="The total less that.")
    quantity = serializers.CharField(help_text="Tonnes to retire: what remains, up to the whole kilogram.")
    rounding = serializers.CharField()
    out_of_date = serializers.IntegerField(help_text="Results that are about to be computed again.")
    gaps = serializers.ListField(child=serializers.CharField(), help_text="What the report leaves out.")
    report_sha256 = serializers.CharField(help_text="Of the report's JSON now.")
    may_offset = serializers.BooleanField()
    hindrance = serializers.CharField(help_text="Why the caller may not; empty where they may.")
    offers = CreditOfferSerializer(many=True)
    held = HeldCreditsSerializer(many=True)
    offsets = serializers.ListField(child=serializers.UUIDField(), help_text="The offsets of these months.")

    def get_fields(self) -> dict[str, Any]:
        """Add `from`, which Python keeps for itself."""
        return {"from": serializers.CharField(), **super().get_fields()}


def quote_body(quote: OffsetQuote) -> dict[str, Any]:
    """Return a quote as clients see it."""
    standing = quote.standing
    inventory = standing.inventory
    return {
        "from": f"{inventory.period.first:%Y-%m}",
        "to": f"{inventory.period.last:%Y-%m}",
        "method": str(inventory.method),
        "organisation": quote.holder.organisation.public_id if quote.holder.organisation else None,
        "total_kg_co2e": standing.total,
        "offset": tonnes_from_kg(standing.offset_kg),
        "remaining_kg_co2e": standing.remaining,
        "quantity": tonnes_from_kg(standing.quantity_kg),
        "rounding": ROUNDING,
        "out_of_date": sum(cell.out_of_date for cell in inventory.groups),
        "gaps": standing.report["gaps"],
        "report_sha256": standing.digest,
        "may_offset": quote.may_offset,
        "hindrance": quote.hindrance,
        "offers": [
            {
                "project_id": offer.project_id,
                "project": offer.project,
                "slug": offer.slug,
                "project_type": offer.project_type,
                "country": offer.country,
                "vintage": offer.vintage,
                "currency": offer.currency,
                "price_per_credit": offer.price_per_credit,
                "total_amount": offer.total_amount,
                "available": tonnes_from_kg(offer.available_kg),
                "hindrance": offer.hindrance,
            }
            for offer in quote.offers
        ],
        "held": [
            {
                "account": row.account.public_id,
                "name": row.account.name,
                "project_id": row.project_id,
                "project": row.project,
                "available": tonnes_from_kg(row.quantity_kg),
            }
            for row in quote.held
        ],
        "offsets": [offset.public_id for offset in standing.offsets],
    }
