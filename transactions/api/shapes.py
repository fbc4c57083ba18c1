"""How purchases, other movements and prices look to clients."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from carboncore.common.api.json_rows import RowShape, Scope, SqlField
from carboncore.common.quantities import tonnes_from_kg
from transactions.choices import PaymentMethod, TransactionStatus
from transactions.models import CreditPrice, Transaction, VolumeTier
from transactions.payments import IntentSnapshot
from transactions.selectors.purchases import transaction_serials


class PurchaseAnswerSerializer(serializers.Serializer):
    """A purchase as its buyer sees it. Quantities and money are texts with exact decimals."""

    id = serializers.UUIDField()
    transaction_type = serializers.CharField()
    status = serializers.ChoiceField(choices=TransactionStatus.choices)
    project_id = serializers.IntegerField()
    vintage = serializers.IntegerField(allow_null=True)
    quantity = serializers.CharField(help_text="Credits (tonnes of CO2e), three decimal places.")
    price_per_credit = serializers.CharField()
    total_amount = serializers.CharField()
    currency = serializers.CharField()
    payment_method = serializers.ChoiceField(choices=PaymentMethod.choices)
    payment_status = serializers.CharField(help_text="What the provider said last; empty before, and by invoice.")
    client_secret = serializers.CharField(
        required=False, help_text="While it can be paid by card: what the buyer's browser pays with."
    )
    to_account = serializers.UUIDField()
    serials = serializers.ListField(child=serializers.CharField())
    refund_amount = serializers.CharField()
    refund_reason = serializers.CharField()
    retirement = serializers.UUIDField(allow_null=True, help_text="The address of its certificate, /certificates/{…}.")
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    completed_at = serializers.DateTimeField(allow_null=True)


class MovementAnswerSerializer(serializers.Serializer):
    """A transfer, retirement or cancellation that was carried out."""

    id = serializers.UUIDField()
    transaction_type = serializers.CharField()
    status = serializers.CharField()
    project_id = serializers.IntegerField()
    quantity = serializers.CharField()
    serials = serializers.ListField(child=serializers.CharField())
    created_at = serializers.DateTimeField()
    retirement = serializers.UUIDField(required=False)


def purchase_body(
    purchase: Transaction, intent: IntentSnapshot | None = None, *, serials: list[str] | None = None
) -> dict[str, Any]:
    """Return the answer about a purchase; with its payment at hand, what the buyer pays with.

    Its serial numbers are read from the ledger when the caller does not know them.
    """
    # Nothing is retired before it is paid.
    planned = getattr(purchase, "planned_retirement", None) if purchase.completed_at else None
    payable = purchase.status == TransactionStatus.RESERVED and intent is not None and not intent.is_over
    return {
        "id": str(purchase.public_id),
        "transaction_type": purchase.transaction_type,
        "status": purchase.status,
        "project_id": purchase.project_id,
        "vintage": purchase.vintage,
        "quantity": str(tonnes_from_kg(purchase.quantity_kg)),
        "price_per_credit": _decimal(purchase.price_per_credit),
        "total_amount": _decimal(purchase.total_amount),
        "currency": purchase.currency,
        "payment_method": purchase.payment_method,
        "payment_status": purchase.payment.provider_status,
        **({"client_secret": intent.client_secret} if payable and intent is not None else {}),
        "to_account": str(purchase.to_account.public_id) if purchase.to_account else None,
        "serials": transaction_serials(transaction=purchase) if serials is None else serials,
        "refund_amount": _decimal(purchase.refund_amount),
        "refund_reason": purchase.refund_reason,
        "retirement": str(planned.retirement.public_id) if planned and planned.retirement else None,
        "created_at": _time(purchase.created_at),
        "expires_at": _time(purchase.expires_at),
        "completed_at": _time(purchase.completed_at),
    }


def movement_body(transaction: Transaction) -> dict[str, Any]:
    """Return the answer about a movement that was carried out."""
    return {
        "id": str(transaction.public_id),
        "transaction_type": transaction.transaction_type,
        "status": transaction.status,
        "project_id": transaction.project_id,
        "quantity": str(tonnes_from_kg(transaction.quantity_kg)),
        "serials": transaction_serials(transaction=transaction),
        "created_at": _time(transaction.created_at),
    }


class _TonnesField(SqlField, serializers.DecimalField):
    """Kilograms as tonnes with three places."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=19, decimal_places=3, **options)

    def sql(self, scope: Scope) -> str:
        return f"({scope.column(str(self.source))}::numeric / 1000)::numeric(19, 3)"


class TierShapeSerializer(serializers.ModelSerializer):
    """A lower price from a quantity on."""

    from_quantity = _TonnesField(source="from_kg")

    class Meta:
        model = VolumeTier
        fields = ["from_quantity", "price_per_credit"]


class PriceShapeSerializer(serializers.ModelSerializer):
    """A price of a project's credits, with the time it holds."""

    project_id = serializers.IntegerField()
    tiers = TierShapeSerializer(many=True)
    created_by = serializers.CharField(source="created_by.email")

    class Meta:
        model = CreditPrice
        fields = [
            *("id", "project_id", "vintage", "currency", "price_per_credit", "tiers"),
            *("valid_from", "valid_to", "created_by", "created_at"),
        ]


PRICE_SHAPE = RowShape(PriceShapeSerializer)


def _decimal(value: Decimal | None) -> str | None:
    return None if value is None else format(value, "f")


def _time(value: datetime | None) -> str | None:
    return None if value is None else value.astimezone(UTC).isoformat().replace("+00:00", "Z")
