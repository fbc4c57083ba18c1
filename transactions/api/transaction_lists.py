"""Transactions as staff see them: the contract's columns, the filters, the list."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rest_framework import serializers

from carboncore.common.api.json_rows import RowShape
from carboncore.common.api.listing import Filter, Listing, Ordering
from transactions.api.sql_fields import AbsentTextField, CertificateAddressField, CreditsField, HiddenField
from transactions.choices import TransactionStatus, TransactionType
from transactions.models import Transaction
from transactions.querysets import WORKS_TRANSACTIONS
from transactions.selectors.list_filters import by_choice, by_day, by_number, by_uuid

_ACCOUNT = (
    '("row"."from_account_id" = (SELECT "id" FROM "transactions_holdingaccount" WHERE "public_id" = %s)'
    ' OR "row"."to_account_id" = (SELECT "id" FROM "transactions_holdingaccount" WHERE "public_id" = %s))'
)
FILTERS: Mapping[str, Filter] = {
    "type": by_choice("type", '"row"."transaction_type"', TransactionType.values),
    "status": by_choice("status", '"row"."status"', TransactionStatus.values),
    "project": by_number("project", '"row"."project_id" = %s'),
    "account": by_uuid("account", _ACCOUNT),
    "from": by_day("from", '"row"."created_at"'),
    "to": by_day("to", '"row"."created_at"', until=True),
}
FILTER_WORDS = {
    "type": f"One of {', '.join(TransactionType.values)}; repeat it for several.",
    "status": f"One of {', '.join(TransactionStatus.values)}; repeat it for several.",
    "project": "Id of a project.",
    "account": "Id (UUID) of a holding account that gave or received.",
    "from": "Created on this day (UTC) or later.",
    "to": "Created on this day (UTC) or earlier.",
}


class StaffTransactionSerializer(serializers.ModelSerializer):
    """A transaction. `quantity` is tonnes of CO2e; money is in `currency`."""

    from_user_id = serializers.IntegerField(allow_null=True)
    to_user_id = serializers.IntegerField(allow_null=True)
    from_account = serializers.UUIDField(source="from_account.public_id", allow_null=True)
    to_account = serializers.UUIDField(source="to_account.public_id", allow_null=True)
    project_id = serializers.IntegerField()
    project_name = serializers.CharField(source="project.project_name")
    quantity = CreditsField(source="quantity_kg")
    currency = AbsentTextField()
    payment_method = AbsentTextField()
    stripe_payment_intent_id = AbsentTextField()
    guest_email = AbsentTextField()
    refund_reason = AbsentTextField()
    retirement_certificate_url = CertificateAddressField(
        "retirement.public_id", "planned_retirement.retirement.public_id", allow_null=True
    )

    class Meta:
        model = Transaction
        fields = [
            *("id", "public_id", "transaction_type", "status", "from_user_id", "to_user_id", "from_account"),
            *("to_account", "project_id", "project_name", "vintage", "quantity", "price_per_credit", "total_amount"),
            *("currency", "payment_method", "stripe_payment_intent_id", "guest_email", "retirement_certificate_url"),
            *("created_at", "expires_at", "completed_at", "processing_time_seconds", "user_agent", "ip_address"),
            *("refund_amount", "refund_reason", "note"),
        ]
        extra_kwargs = {"user_agent": {"allow_null": True}}  # hidden from who does not work with it


class ReadTransactionSerializer(StaffTransactionSerializer):
    """A transaction for somebody who does not work with it: who a guest is and where from is not told."""

    guest_email = HiddenField()  # type: ignore[assignment]
    ip_address = HiddenField()
    user_agent = HiddenField()

    class Meta(StaffTransactionSerializer.Meta):
        pass


def transactions_for(user: Any) -> Listing:
    """Return the list as this staff member may see it."""
    return STAFF_TRANSACTIONS if user.has_perm(WORKS_TRANSACTIONS) else READ_TRANSACTIONS


STAFF_TRANSACTIONS = Listing(
    RowShape(StaffTransactionSerializer),
    filters=FILTERS,
    orderings={
        "id": Ordering('"row"."id"'),
        "created_at": Ordering('"row"."created_at"', "timestamptz"),
        "quantity": Ordering('"row"."quantity_kg"'),
    },
    default_ordering="-id",
)
READ_TRANSACTIONS = replace(STAFF_TRANSACTIONS, shape=RowShape(ReadTransactionSerializer))
