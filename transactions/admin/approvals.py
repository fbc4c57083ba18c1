"""Transfers that wait, or waited, for a second member of their organisation: staff look, its members decide."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, RangeDateTimeFilter
from unfold.decorators import display

from accounts.choices import ConsentState
from registry.reach import in_reach
from transactions.admin.fields import tonnes
from transactions.admin.pages import Head, LedgerAdmin
from transactions.models import MovementApproval

_TONES = {
    ConsentState.PENDING: "wait",
    ConsentState.APPROVED: "good",
    ConsentState.REJECTED: "bad",
    ConsentState.WITHDRAWN: "plain",
    ConsentState.EXPIRED: "plain",
}


@admin.register(MovementApproval)
class MovementApprovalAdmin(LedgerAdmin):
    """The list of them and the page of one."""

    list_display = ("number", "organisation", "kind", "quantity", "state_badge", "asked_by", "asked_at", "expires_at")
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        ("organisation", AutocompleteSelectFilter),
        ("asked_at", RangeDateTimeFilter),
    )
    search_fields = ("public_id", "organisation__name", "asked_by__email")
    search_help_text = "Its id, the organisation's name or the e-mail of whoever asked."
    ordering = ("-pk",)
    fieldsets = (
        ("Asked for", {"fields": ("organisation", "kind", "project", "vintage", "quantity", "serials", "from_account",
                                  "to_account", "note", "offer_expires_at", "asked_by", "asked_at", "expires_at")}),
        ("Decision", {"fields": ("decided_by", "decided_at", "decision_note", "transaction", "public_id")}),
    )  # fmt: skip
    readonly_fields = ("quantity",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[MovementApproval]:
        """Fetch what the list names."""
        related = ("organisation", "project", "from_account", "to_account", "asked_by", "decided_by", "transaction")
        return (
            super()
            .get_queryset(request)
            .filter(in_reach("project"))
            .select_related(*related)
            .defer("project__coordinates")
        )

    def page_head(self, request: HttpRequest, obj: MovementApproval) -> Head:
        """Say where it stands, and who has to decide."""
        notes = []
        if obj.state == ConsentState.PENDING:
            notes.append(("info", "Another owner or trader of the organisation decides about it; staff do not."))
        return Head(
            status=obj.get_state_display(),
            tone=_TONES[ConsentState(obj.state)],
            words=f"{obj.get_kind_display()} of {tonnes(obj.quantity_kg)} t · {obj.organisation}",
            notes=notes,
        )

    @display(description="approval", ordering="pk")
    def number(self, obj: MovementApproval) -> str:
        """Return its number."""
        return f"No. {obj.pk}"

    @display(description="tonnes", ordering="quantity_kg")
    def quantity(self, obj: Any) -> str:
        """Return the quantity in tonnes."""
        return tonnes(obj.quantity_kg)

    @display(
        description="state",
        ordering="state",
        label={
            ConsentState.PENDING.label: "warning",
            ConsentState.APPROVED.label: "success",
            ConsentState.REJECTED.label: "danger",
        },
    )
    def state_badge(self, obj: MovementApproval) -> str:
        """Return the state as a badge."""
        return obj.get_state_display()
