"""Offsets, to read: whose months, what their report said then, and what became of the credits."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from carboncore.common.admin.base import ReadOnlyAdmin
from integrations.emission_choices import OffsetStatus
from integrations.models import EmissionsOffset


@admin.register(EmissionsOffset)
class EmissionsOffsetAdmin(ReadOnlyAdmin):
    """The list of offsets and the page of one."""

    list_display = ("months_shown", "whose", "status_badge", "kilograms", "method", "made_at")
    list_filter = (("method", ChoicesDropdownFilter), ("purchase__status", ChoicesDropdownFilter))
    search_fields = ("organisation__name", "owner__email", "report_sha256", "public_id")
    search_help_text = "An organisation, a person's e-mail, a report's SHA-256 or an id."
    ordering = ("-pk",)
    readonly_fields = ("months_shown", "whose", "status_badge", "kilograms", "purchase_shown", "certificate")
    fieldsets = (
        (None, {"fields": ("months_shown", "whose", "status_badge", "kilograms", "public_id")}),
        ("The report then", {"fields": ("method", "total_kg_co2e", "before_kg", "report_sha256")}),
        ("Credits", {"fields": ("purchase_shown", "certificate", "made_by", "made_at")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[EmissionsOffset]:
        """Fetch along what the status follows from."""
        return super().get_queryset(request).select_related("made_by").with_ends()

    @display(description="months", ordering="first_month")
    def months_shown(self, obj: EmissionsOffset) -> str:
        """Return the months in words."""
        return obj.months

    @display(description="whose")
    def whose(self, obj: EmissionsOffset) -> str:
        """Return the organisation or the person."""
        return str(obj.organisation or obj.owner)

    @display(description="quantity (kg)", ordering="quantity_kg")
    def kilograms(self, obj: EmissionsOffset) -> str:
        """Return the kilograms."""
        return f"{obj.quantity_kg:,}"

    @display(
        description="status",
        label={
            OffsetStatus.RETIRED.label: "success",
            OffsetStatus.AWAITING_PAYMENT.label: "warning",
            OffsetStatus.ENDED.label: "info",
        },
    )
    def status_badge(self, obj: EmissionsOffset) -> str:
        """Return the status as a badge."""
        return str(obj.status.label)

    @display(description="purchase")
    def purchase_shown(self, obj: EmissionsOffset) -> Any:
        """Lead to the purchase."""
        if obj.purchase is None:
            return "Retired out of an account"
        address = reverse("admin:transactions_transaction_change", args=[obj.purchase.pk])
        return format_html(
            '<a class="st-link" href="{}">{} · {}</a>', address, obj.purchase, obj.purchase.get_status_display()
        )

    @display(description="certificate")
    def certificate(self, obj: EmissionsOffset) -> Any:
        """Lead to the certificate."""
        retired = obj.retired
        return format_html('<a class="st-link" href="/certificates/{0}">{0}</a>', retired.public_id) if retired else "–"
