"""Taking the ledger's lists along as CSV, XLSX or JSON; nothing comes in this way."""

from typing import Any

from django.http import HttpRequest
from import_export import fields, resources

from carboncore.common.admin.exchange import ExchangeMixin
from carboncore.common.quantities import tonnes_from_kg
from transactions.models import Retirement, Transaction


class LedgerExportMixin(ExchangeMixin):
    """Adds export alone."""

    def has_import_permission(self, request: HttpRequest) -> bool:
        """Nothing that moves credits is imported."""
        return False


class _ReadOnlyResource(resources.ModelResource):
    """Columns of a list that is exported and never imported."""

    def import_row(self, row: Any, instance_loader: Any, **kwargs: Any) -> Any:
        """Refuse.

        Raises:
            TypeError: always.
        """
        raise TypeError("The ledger's lists are exported only.")


class TransactionResource(_ReadOnlyResource):
    """One row a transaction; quantities in tonnes of CO2e, times in UTC."""

    number = fields.Field("pk", "number")
    project_number = fields.Field("project_id", "project_number")
    project = fields.Field("project__project_name", "project")
    quantity = fields.Field(column_name="quantity_t")
    from_account = fields.Field(column_name="from_account")
    to_account = fields.Field(column_name="to_account")

    class Meta:
        model = Transaction
        fields: tuple[str, ...] = (
            "number", "public_id", "transaction_type", "status", "project_number", "project", "vintage", "quantity",
            "from_account", "to_account", "guest_email", "price_per_credit", "total_amount", "currency",
            "payment_method", "refund_amount", "refund_reason", "note", "created_at", "completed_at",
            "processing_time_seconds",
        )  # fmt: skip
        export_order: tuple[str, ...] = fields

    def dehydrate_quantity(self, row: Transaction) -> Any:
        """Return tonnes."""
        return tonnes_from_kg(row.quantity_kg)

    def dehydrate_from_account(self, row: Transaction) -> str:
        """Return the account's number."""
        return row.from_account.number if row.from_account else ""

    def dehydrate_to_account(self, row: Transaction) -> str:
        """Return the account's number."""
        return row.to_account.number if row.to_account else ""


class TransactionWithoutGuestResource(TransactionResource):
    """The same for who does not work with transactions: without the e-mail of guests."""

    class Meta(TransactionResource.Meta):
        fields = tuple(name for name in TransactionResource.Meta.fields if name != "guest_email")
        export_order = fields


class RetirementResource(_ReadOnlyResource):
    """One row a retirement; quantities in tonnes of CO2e."""

    certificate = fields.Field("public_id", "certificate")
    project = fields.Field("transaction__project__project_name", "project")
    vintage = fields.Field("transaction__vintage", "vintage")
    quantity = fields.Field(column_name="quantity_t")

    class Meta:
        model = Retirement
        fields: tuple[str, ...] = (
            "certificate", "retired_at", "project", "vintage", "quantity", "beneficiary_name", "beneficiary_location",
            "purpose", "period_start", "period_end", "inventory", "note", "published",
        )  # fmt: skip
        export_order = fields

    def dehydrate_quantity(self, row: Retirement) -> Any:
        """Return tonnes."""
        return tonnes_from_kg(row.transaction.quantity_kg)
