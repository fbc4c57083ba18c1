"""How wallets, their transactions and notifications look, and what the addresses of wallets take."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from carboncore.common.api.json_rows import RowShape, Scope, SqlField
from carboncore.common.api.listing import BY_ID, Filter, Listing, Ordering
from carboncore.common.api.serializers import StrictSerializer, TextField
from transactions.api.sql_fields import AbsentTextField, CertificateAddressField, CreditsField
from transactions.api.transaction_lists import FILTERS
from transactions.choices import AccountState, BlockState, TransactionStatus, TransactionType
from transactions.models import HoldingAccount, Transaction
from transactions.selectors.list_filters import by_choice

_BALANCES = """
    (SELECT coalesce(json_agg(json_build_object(
        'project_id', held.project_id, 'project', held.project_name, 'vintage', held.vintage, 'state', held.state,
        'quantity', (held.kg::numeric / 1000)::numeric(22, 3)::text
    ) ORDER BY held.project_name, held.project_id, held.vintage, held.state), '[]'::json)
    FROM (
        SELECT c.project_id, p.project_name, c.vintage, b.state, sum(b.quantity_kg) AS kg
        FROM transactions_balance b JOIN transactions_creditbatch c ON c.id = b.batch_id
        JOIN registry_project p ON p.id = c.project_id
        WHERE b.account_id = {account} AND b.quantity_kg > 0
        GROUP BY c.project_id, p.project_name, c.vintage, b.state
    ) held)
"""
_TOTALS = """
    (SELECT coalesce(json_object_agg(held.state, (held.kg::numeric / 1000)::numeric(22, 3)::text), '{{}}'::json)
    FROM (
        SELECT state, sum(quantity_kg) AS kg FROM transactions_balance
        WHERE account_id = {account} AND quantity_kg > 0 GROUP BY state
    ) held)
"""


class WalletBalanceSerializer(serializers.Serializer):
    """What a wallet holds of one project and vintage in one state, in tonnes of CO2e."""

    project_id = serializers.IntegerField()
    project = serializers.CharField()
    vintage = serializers.IntegerField()
    state = serializers.ChoiceField(choices=BlockState.choices)
    quantity = serializers.CharField()


@extend_schema_field(WalletBalanceSerializer(many=True))
class BalancesField(SqlField, serializers.Field):
    """An account's balances by project, vintage and state."""

    def __init__(self, **options: Any) -> None:
        super().__init__(source="*", read_only=True, **options)

    def sql(self, scope: Scope) -> str:
        return _BALANCES.format(account=scope.column("id"))


@extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}})
class TotalsField(SqlField, serializers.Field):
    """What an account holds in all, by state."""

    def __init__(self, **options: Any) -> None:
        super().__init__(source="*", read_only=True, **options)

    def sql(self, scope: Scope) -> str:
        return _TOTALS.format(account=scope.column("id"))


class NumberField(SqlField, serializers.CharField):
    """An account's number, as statements print it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(source="*", read_only=True, **options)

    def sql(self, scope: Scope) -> str:
        key = f"{scope.column('id')}::text"
        return f"'CC-A-' || lpad({key}, greatest(6, length({key})), '0')"


class WalletSerializer(serializers.ModelSerializer):
    """A wallet: a holding account of a person, with what it holds in tonnes of CO2e."""

    id = serializers.UUIDField(source="public_id")
    number = NumberField()
    totals = TotalsField()
    balances = BalancesField()

    class Meta:
        model = HoldingAccount
        fields = ["id", "number", "name", "state", "created_at", "totals", "balances"]


class WalletTransactionSerializer(serializers.ModelSerializer):
    """A transaction as the owner of a wallet sees it. `quantity` is tonnes of CO2e; money is in `currency`."""

    id = serializers.UUIDField(source="public_id")
    from_account = serializers.UUIDField(source="from_account.public_id", allow_null=True)
    to_account = serializers.UUIDField(source="to_account.public_id", allow_null=True)
    project_id = serializers.IntegerField()
    project_name = serializers.CharField(source="project.project_name")
    quantity = CreditsField(source="quantity_kg")
    currency = AbsentTextField()
    payment_method = AbsentTextField()
    refund_reason = AbsentTextField()
    retirement_certificate_url = CertificateAddressField(
        "retirement.public_id", "planned_retirement.retirement.public_id", allow_null=True
    )

    class Meta:
        model = Transaction
        fields = [
            *("id", "transaction_type", "status", "from_account", "to_account", "project_id", "project_name"),
            *("vintage", "quantity", "price_per_credit", "total_amount", "currency", "payment_method"),
            *("refund_amount", "refund_reason", "retirement_certificate_url", "note"),
            *("created_at", "expires_at", "completed_at"),
        ]


class NotificationSerializer(serializers.Serializer):
    """That a transaction became something, and when; `message` is for a person."""

    id = serializers.CharField()
    transaction = serializers.UUIDField()
    transaction_type = serializers.ChoiceField(choices=TransactionType.choices)
    status = serializers.ChoiceField(choices=TransactionStatus.choices)
    project_id = serializers.IntegerField()
    project_name = serializers.CharField()
    quantity = serializers.CharField(help_text="Tonnes of CO2e.")
    at = serializers.DateTimeField()
    message = serializers.CharField()


class NewWalletSerializer(StrictSerializer):
    """A new wallet."""

    name = TextField(max_length=255, required=False)


class WalletNameSerializer(StrictSerializer):
    """A wallet's new name."""

    name = TextField(max_length=255)


class NamedWalletSerializer(WalletNameSerializer):
    """Which wallet, and its new name."""

    id = serializers.UUIDField()


WALLET_SHAPE = RowShape(WalletSerializer)
_STATE: dict[str, Filter] = {"state": by_choice("state", '"row"."state"', AccountState.values)}
WALLETS = Listing(WALLET_SHAPE, filters=_STATE, orderings=BY_ID)
WALLET_TRANSACTIONS = Listing(
    RowShape(WalletTransactionSerializer),
    filters={name: narrow for name, narrow in FILTERS.items() if name != "account"},
    orderings={"id": Ordering('"row"."id"'), "created_at": Ordering('"row"."created_at"', "timestamptz")},
    default_ordering="-id",
)
