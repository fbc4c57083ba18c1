"""Retirements: on whose behalf, why, which serials, and the certificate of each."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, RangeDateTimeFilter
from unfold.decorators import display

from registry.reach import in_reach
from transactions.admin.exports import LedgerExportMixin, RetirementResource
from transactions.admin.fields import tonnes
from transactions.admin.pages import Cell, Head, LedgerAdmin, Table, number, page_at, page_of
from transactions.models import LedgerLine, Retirement
from transactions.serials import serial_text
from transactions.statements import ERASED

MOST_RANGES = 200


@admin.register(Retirement)
class RetirementAdmin(LedgerExportMixin, LedgerAdmin):
    """The list of retirements and the page of one."""

    resource_classes = (RetirementResource,)
    list_display = ("beneficiary_and_project", "quantity", "vintage", "purpose", "published", "retired_at")
    list_select_related = ("transaction__project",)
    list_filter = (
        ("purpose", ChoicesDropdownFilter),
        "published",
        ("transaction__project", AutocompleteSelectFilter),
        ("retired_at", RangeDateTimeFilter),
    )
    search_fields = ("beneficiary_name", "public_id")
    search_help_text = "A beneficiary, or the certificate's id."
    ordering = ("-retired_at", "-pk")
    fieldsets = (
        (None, {"fields": ("beneficiary_name", "beneficiary_location", "purpose", "period_start", "period_end",
                           "inventory", "note", "published", "retired_at", "public_id")}),
        ("Erased", {"fields": ("erased_at", "erased_by", "erasure_reason")}),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Retirement]:
        """Fetch the transaction with it, and leave the boundaries of projects out."""
        queryset = (
            super()
            .get_queryset(request)
            .filter(in_reach("transaction__project"))
            .select_related("transaction__project", "transaction__from_account")
        )
        return queryset.defer("transaction__project__coordinates")

    def page_head(self, request: HttpRequest, obj: Retirement) -> Head:
        """Lead to the certificate, the transaction and the account."""
        order = obj.transaction
        return Head(
            status=f"{tonnes(order.quantity_kg)} t retired",
            words=f"{order.project} · {'shown to the public' if obj.published else 'beneficiary not disclosed'}",
            links=[
                ("Certificate", f"/certificates/{obj.public_id}"),
                (f"Transaction {order.pk}", page_of(order)),
                ("Account", page_at("transactions_holdingaccount", order.from_account_id)),
            ],
        )

    def page_tables(self, request: HttpRequest, obj: Retirement) -> list[Table]:
        """List the serials with the ledger entries that retired them."""
        lines = (
            LedgerLine.objects.filter(entry__transaction_link__transaction=obj.transaction_id)
            .select_related("entry__batch")
            .order_by("entry_id", "first_kg")[:MOST_RANGES]
        )
        rows = [
            [
                Cell(serial_text(root=line.entry.batch.serial_root, first_kg=line.first_kg, end_kg=line.end_kg)),
                number(tonnes(line.end_kg - line.first_kg)),
                Cell(line.entry.batch, page_at("transactions_creditbatch", line.entry.batch_id)),
                Cell(f"No. {line.entry.position:,}", page_at("transactions_ledgerentry", line.entry_id)),
                Cell(bytes(line.entry.hash).hex()[:12]),
            ]
            for line in lines
        ]
        headers = ("Serial number", "t CO₂e", "Batch", "Ledger entry", "Hash")
        return [Table("Retired credits", headers, rows, "Nothing was retired; run verify_ledger at once.")]

    @display(description="beneficiary", header=True, ordering="beneficiary_name")
    def beneficiary_and_project(self, obj: Retirement) -> list[str]:
        """Return the beneficiary over the project."""
        return [obj.beneficiary_name or ERASED, obj.transaction.project.project_name]

    @display(description="quantity (t)", ordering="transaction__quantity_kg")
    def quantity(self, obj: Retirement) -> str:
        """Return the retired tonnes."""
        return tonnes(obj.transaction.quantity_kg)

    @display(description="vintage", ordering="transaction__vintage")
    def vintage(self, obj: Retirement) -> Any:
        """Return the vintage that was asked for."""
        return obj.transaction.vintage
