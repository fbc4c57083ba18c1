"""Transactions: the list with its export, the page of one, and what staff do about a purchase."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    RangeDateTimeFilter,
)
from unfold.decorators import display

from carboncore.audit.services import personal_data_read_record
from carboncore.common.admin.confirm import posted
from registry.reach import in_reach
from transactions.admin.analytics import AnalyticsMixin
from transactions.admin.exports import LedgerExportMixin, TransactionResource, TransactionWithoutGuestResource
from transactions.admin.fields import OnceForm, TonnesField, reason_field, text_field, tonnes
from transactions.admin.pages import WORK, Deed, Head, LedgerAdmin, Table, linked, without_personal
from transactions.admin.transaction_tables import moved_lines, payment_issues, refunds
from transactions.choices import PaymentMethod, TransactionStatus, TransactionType
from transactions.models import Transaction
from transactions.services.purchases import (
    purchase_cancel,
    purchase_mark_paid,
    purchase_refund,
    refunds_carry_out,
)

STATUS_TONES = {
    TransactionStatus.PENDING: "wait",
    TransactionStatus.RESERVED: "wait",
    TransactionStatus.COMPLETED: "good",
    TransactionStatus.FAILED: "bad",
    TransactionStatus.REFUNDED: "busy",
    TransactionStatus.CANCELLED: "plain",
    TransactionStatus.EXPIRED: "plain",
}


class MarkPaidForm(forms.Form):
    """The record of the payment."""

    reference = text_field("Reference", help_text="The number of the bank's or the invoice's record of the payment.")


class RefundForm(OnceForm):
    """How much, and why."""

    quantity = TonnesField(
        required=False,
        label="Credits to take back (t CO₂e)",
        help_text="Empty: all that were not refunded before. The buyer's share of the price goes back with them.",
    )
    reason = reason_field("The buyer reads it.")


def _is_unpaid(row: Transaction, _actor: Any) -> bool:
    return row.transaction_type == TransactionType.PURCHASE and row.status in (
        TransactionStatus.PENDING,
        TransactionStatus.RESERVED,
    )


def _is_invoice_due(row: Transaction, _actor: Any) -> bool:
    return row.payment_method == PaymentMethod.INVOICE and row.status in (
        TransactionStatus.RESERVED,
        TransactionStatus.EXPIRED,
    )


def _is_refundable(row: Transaction, _actor: Any) -> bool:
    return row.transaction_type == TransactionType.PURCHASE and row.status == TransactionStatus.COMPLETED


@admin.register(Transaction)
class TransactionAdmin(AnalyticsMixin, LedgerExportMixin, LedgerAdmin):
    """The list of transactions and the page of one."""

    resource_classes = (TransactionResource,)
    list_display = (
        "type_and_number", "status_badge", "project", "quantity", "amount", "giver", "receiver", "created_at",
    )  # fmt: skip
    list_select_related = ("project", "from_account", "to_account")
    list_filter = (
        ("transaction_type", ChoicesDropdownFilter),
        ("status", ChoicesDropdownFilter),
        ("payment_method", ChoicesDropdownFilter),
        ("project", AutocompleteSelectFilter),
        ("from_account", AutocompleteSelectFilter),
        ("to_account", AutocompleteSelectFilter),
        ("created_at", RangeDateTimeFilter),
    )
    search_fields = ("public_id", "guest_email", "to_user__email", "from_user__email", "stripe_payment_intent_id")
    search_help_text = "Transaction's id, an e-mail, or the payment provider's id."
    ordering = ("-pk",)
    deeds: ClassVar[tuple[Deed, ...]] = (
        Deed("mark-paid", "Mark as paid", "Has the money of this invoice arrived?", WORK, _is_invoice_due),
        Deed("refund", "Refund", "Take credits back and refund the buyer?", WORK, _is_refundable, is_dangerous=True),
        Deed("cancel", "Cancel", "Cancel this unpaid purchase?", WORK, _is_unpaid, is_dangerous=True),
    )
    fieldsets = (
        ("Credits", {"fields": ("transaction_type", "project", "vintage", "quantity", "from_account", "to_account",
                                "from_user", "to_user", "guest_email", "retirement", "note")}),
        ("Money", {"fields": ("amount", "price_per_credit", "payment_method", "payment_state", "payment_reference",
                              "stripe_payment_intent_id", "refunded", "refund_reason")}),
        ("Time and origin", {"fields": ("created_at", "expires_at", "completed_at", "processing_time_seconds",
                                        "public_id", "ip_address", "user_agent")}),
    )  # fmt: skip
    readonly_fields = ("quantity", "amount", "payment_state", "payment_reference", "refunded", "retirement")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave out what tells who somebody is, for those who do not work with transactions."""
        return without_personal(request, super().get_fieldsets(request, obj))

    def get_search_fields(self, request: HttpRequest) -> Any:
        """Let nobody find out by searching what they may not see."""
        fields = super().get_search_fields(request)
        return fields if request.user.has_perm(WORK) else [name for name in fields if not name.endswith("email")]

    def get_export_resource_classes(self, request: HttpRequest) -> Any:
        """Export what the person may see."""
        return [TransactionResource if request.user.has_perm(WORK) else TransactionWithoutGuestResource]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Transaction]:
        """Fetch what a page links to, and leave the boundaries of projects out."""
        queryset = super().get_queryset(request).filter(in_reach("project")).defer("project__coordinates")
        return queryset.select_related("project", "from_account", "to_account", "retirement", "payment")

    def page_extra(self, request: HttpRequest, obj: Transaction) -> dict[str, Any]:
        """Record that a guest's e-mail is shown."""
        if request.method == "GET" and obj.guest_email and request.user.has_perm(WORK):
            personal_data_read_record(obj=obj)
        return super().page_extra(request, obj)

    # -- deeds ------------------------------------------------------------------------------------------------

    def deed_mark_paid(self, request: HttpRequest, obj: Transaction, deed: Deed) -> HttpResponse:
        """Settle an invoice."""
        actor: Any = request.user

        def run(data: dict[str, Any]) -> str:
            purchase_mark_paid(actor=actor, purchase_pk=obj.pk, reference=data["reference"])
            return f"The purchase is paid, and {tonnes(obj.quantity_kg)} credits went to the buyer."

        form = MarkPaidForm(posted(request))
        explanation = "The credits go to the buyer at once. A reservation that has expired is settled if they are free."
        return self.ask(request, obj, deed, form=form, run=run, explanation=explanation, facts=_facts(obj))

    def deed_refund(self, request: HttpRequest, obj: Transaction, deed: Deed) -> HttpResponse:
        """Take credits back and give the money back."""
        actor: Any = request.user

        def act(data: dict[str, Any]) -> str:
            refund = purchase_refund(
                actor=actor, purchase_pk=obj.pk, reason=data["reason"], quantity_kg=data["quantity"]
            )
            return f"{tonnes(refund.quantity_kg)} credits came back; {refund.amount} {refund.currency} go to the buyer."

        def run(data: dict[str, Any]) -> str:
            message = self.do_once(request, what=f"refund:{obj.pk}", data=data, action=lambda: act(data))
            refunds_carry_out(purchase=obj)
            return message

        explanation = (
            "Only credits that the buyer still holds come back; retired ones never do."
            " A card is refunded through the provider, an invoice by hand."
        )
        form = RefundForm(posted(request))
        return self.ask(request, obj, deed, form=form, run=run, explanation=explanation, facts=_facts(obj))

    def deed_cancel(self, request: HttpRequest, obj: Transaction, deed: Deed) -> HttpResponse:
        """End a purchase that is not paid."""
        actor: Any = request.user

        def run(_: dict[str, Any]) -> str:
            purchase_cancel(actor=actor, purchase=obj)
            return "The purchase is cancelled and its credits are free again."

        form = forms.Form(posted(request))
        explanation = "Its payment is ended first, so that nobody pays for nothing; then the credits are free again."
        return self.ask(request, obj, deed, form=form, run=run, explanation=explanation, facts=_facts(obj))

    # -- the page ---------------------------------------------------------------------------------------------

    def page_head(self, request: HttpRequest, obj: Transaction) -> Head:
        """Say how far it has come."""
        figures = [(tonnes(obj.quantity_kg), "t CO₂e")]
        if obj.total_amount is not None:
            figures.append((f"{obj.total_amount:,.2f} {obj.currency}", "in all"))
        if obj.refund_amount:
            figures.append((f"{obj.refund_amount:,.2f} {obj.currency}", "given back"))
        return Head(
            status=obj.get_status_display(),
            tone=STATUS_TONES[TransactionStatus(obj.status)],
            words=f"{obj.get_transaction_type_display()} no. {obj.pk}",
            figures=figures,
        )

    def page_tables(self, request: HttpRequest, obj: Transaction) -> list[Table]:
        """Show what moved, what was given back, and what needed a person."""
        tables = [moved_lines(obj)]
        if obj.transaction_type == TransactionType.PURCHASE:
            tables += [refunds(obj), payment_issues(obj)]
        return tables

    # -- columns ----------------------------------------------------------------------------------------------

    @display(description="transaction", header=True, ordering="pk")
    def type_and_number(self, obj: Transaction) -> list[str]:
        """Return what was asked for over the number."""
        return [obj.get_transaction_type_display(), f"No. {obj.pk}"]

    @display(
        description="status",
        ordering="status",
        label={"Pending": "warning", "Reserved": "warning", "Completed": "success", "Failed": "danger",
               "Refunded": "info", "Cancelled": "default", "Expired": "default"},
    )  # fmt: skip
    def status_badge(self, obj: Transaction) -> str:
        """Return the status as a badge."""
        return obj.get_status_display()

    @display(description="quantity (t)", ordering="quantity_kg")
    def quantity(self, obj: Transaction) -> str:
        """Return the tonnes."""
        return tonnes(obj.quantity_kg)

    @display(description="amount", ordering="total_amount")
    def amount(self, obj: Transaction) -> str | None:
        """Return what it costs; nothing where no money is in it."""
        return f"{obj.total_amount:,.2f} {obj.currency}" if obj.total_amount is not None else None

    @display(description="from", ordering="from_account__name")
    def giver(self, obj: Transaction) -> str | None:
        """Return the account that gives."""
        return str(obj.from_account) if obj.from_account else None

    @display(description="to", ordering="to_account__name")
    def receiver(self, obj: Transaction) -> str | None:
        """Return the account that receives; none where the credits stay and end."""
        return str(obj.to_account) if obj.to_account and obj.to_account_id != obj.from_account_id else None

    @display(description="payment")
    def payment_state(self, obj: Transaction) -> str | None:
        """Return whether the money is here."""
        payment = getattr(obj, "payment", None)
        return payment.get_state_display() if payment else None

    @display(description="payment's reference")
    def payment_reference(self, obj: Transaction) -> str | None:
        """Return the bank's or the invoice's number."""
        payment = getattr(obj, "payment", None)
        return (payment.reference or None) if payment else None

    @display(description="refunded")
    def refunded(self, obj: Transaction) -> str | None:
        """Return what was given back."""
        return f"{obj.refund_amount:,.2f} {obj.currency}" if obj.refund_amount else None

    @display(description="retirement")
    def retirement(self, obj: Transaction) -> Any:
        """Return a link to the retirement that it carried out."""
        return linked(getattr(obj, "retirement", None))


def _facts(obj: Transaction) -> list[tuple[str, Any]]:
    buyer = obj.to_account or obj.guest_email
    return [
        ("Purchase", f"No. {obj.pk}, {obj.get_status_display().lower()}"),
        ("Buyer", buyer),
        ("Credits", f"{tonnes(obj.quantity_kg)} t CO₂e of {obj.project}"),
        ("Amount", f"{obj.total_amount:,.2f} {obj.currency}" if obj.total_amount is not None else "none"),
    ]
