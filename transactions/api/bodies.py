"""What the addresses for buying, moving and pricing credits take."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from carboncore.common.api.serializers import (
    ExactDecimalField,
    QuantityField,
    StrictSerializer,
    TextField,
    WholeNumberField,
)
from registry.models import Project
from registry.reach import in_reach
from transactions.choices import RetirementPurpose

FIRST_VINTAGE, LAST_VINTAGE = 1980, 2100


class ProjectField(WholeNumberField):
    """A project by its id; whether it may be known of is the service's matter."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=1, max_value=2**63 - 1, **options)


class CurrencyField(TextField):
    """An ISO 4217 code, in capitals or not."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_length=3, max_length=3, **options)

    def to_internal_value(self, data: Any) -> str:
        return super().to_internal_value(data).upper()


def project_named(pk: int) -> Project | None:
    """Return the project of an id, if it is in reach of whoever asks."""
    return Project.objects.filter(in_reach(), pk=pk).first()


class RetirementDetailsSerializer(StrictSerializer):
    """On whose behalf credits are retired, and why."""

    beneficiary_name = TextField(max_length=255)
    purpose = serializers.ChoiceField(choices=RetirementPurpose.choices)
    beneficiary_location = TextField(max_length=255, required=False, allow_blank=True)
    period_start = serializers.DateField(required=False, allow_null=True)
    period_end = serializers.DateField(required=False, allow_null=True)
    note = TextField(max_length=1000, required=False, allow_blank=True)
    published = serializers.BooleanField(required=False)


class PurchaseSerializer(StrictSerializer):
    """An order: how many credits of which project, at the price per credit that the buyer was shown."""

    project_id = ProjectField()
    quantity = QuantityField()
    price_per_credit = ExactDecimalField(
        max_digits=15, decimal_places=4, min_value=Decimal(0), help_text="As shown to the buyer; 409 if it changed."
    )
    currency = CurrencyField()
    vintage = WholeNumberField(min_value=FIRST_VINTAGE, max_value=LAST_VINTAGE, required=False, allow_null=True)
    guest_email = TextField(max_length=254, required=False, help_text="Of a buyer who is not signed in.")
    to_account = serializers.UUIDField(required=False, help_text="One of the buyer's own; their first by default.")
    retire = RetirementDetailsSerializer(required=False, allow_null=True)


class ConfirmSerializer(StrictSerializer):
    """Nothing, when the buyer's browser has paid; or the payment method to charge."""

    payment_method = TextField(max_length=255, required=False)
    return_url = serializers.URLField(max_length=500, required=False)


class RefundSerializer(StrictSerializer):
    """Why, and how many credits come back; all that were not refunded before, when this is left out."""

    reason = TextField(max_length=1000)
    quantity = QuantityField(required=False)


class MarkPaidSerializer(StrictSerializer):
    """The bank's or the invoice's number."""

    reference = TextField(max_length=255)


class EmptySerializer(StrictSerializer):
    """Nothing."""


class ReasonSerializer(StrictSerializer):
    """Why."""

    reason = TextField(max_length=1000)


class OptionalReasonSerializer(StrictSerializer):
    """Why, where there is something to say."""

    reason = TextField(max_length=1000, required=False, allow_blank=True)


class _MovementSerializer(StrictSerializer):
    project_id = ProjectField()
    quantity = QuantityField()
    vintage = WholeNumberField(min_value=FIRST_VINTAGE, max_value=LAST_VINTAGE, required=False, allow_null=True)
    serials = serializers.ListField(
        child=TextField(max_length=120),
        required=False,
        max_length=1000,
        help_text="Exactly these; otherwise the lowest free serials of the project (and vintage).",
    )


class TransferSerializer(_MovementSerializer):
    """Credits from one account to another."""

    from_account = serializers.UUIDField()
    to_account = serializers.UUIDField()
    note = TextField(max_length=1000, required=False, allow_blank=True)


class RetirementSerializer(_MovementSerializer, RetirementDetailsSerializer):
    """Credits to retire, on whose behalf and why."""

    account = serializers.UUIDField()


class CancellationSerializer(_MovementSerializer):
    """Credits to take out of circulation, and why."""

    account = serializers.UUIDField()
    reason = TextField(max_length=1000)


class TierSerializer(StrictSerializer):
    """From this quantity on, the whole quantity costs this much per credit."""

    from_quantity = QuantityField()
    price_per_credit = ExactDecimalField(max_digits=15, decimal_places=4)


class PriceSerializer(StrictSerializer):
    """A price per credit of a project, or of one of its vintages."""

    project_id = ProjectField()
    vintage = WholeNumberField(min_value=FIRST_VINTAGE, max_value=LAST_VINTAGE, required=False, allow_null=True)
    currency = CurrencyField()
    price_per_credit = ExactDecimalField(max_digits=15, decimal_places=4)
    tiers = TierSerializer(many=True, required=False)
    valid_from = serializers.DateTimeField(required=False, allow_null=True)
    valid_to = serializers.DateTimeField(required=False, allow_null=True)


class PriceEndSerializer(StrictSerializer):
    """When a price ends: now, when this is null."""

    valid_to = serializers.DateTimeField(allow_null=True)
