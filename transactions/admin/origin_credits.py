"""Credits in their origin registries: what those state, to look up; nothing of it is ours to move."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display

from transactions.admin.fields import tonnes
from transactions.admin.pages import Cell, Head, LedgerAdmin, Table, number, page_of
from transactions.models import OriginCredits
from transactions.selectors.origin_credits import origin_figures


@admin.register(OriginCredits)
class OriginCreditsAdmin(LedgerAdmin):
    """The list of what other registries state, and the page of one statement."""

    list_display = ("registry_and_project", "kind_badge", "quantity", "vintage", "beneficiary", "issued_on", "ended_on")
    list_select_related = ("project",)
    list_filter = (
        ("kind", ChoicesDropdownFilter),
        "origin_registry",
        ("project", AutocompleteSelectFilter),
    )
    search_fields = ("serial", "block_key", "beneficiary")
    search_help_text = "A serial number as the origin registry writes it, or a beneficiary."
    ordering = ("-pk",)
    # Counting hundreds of thousands of rows a second time, without the filter, tells nobody anything.
    show_full_result_count = False
    fieldsets = (
        ("Credits", {"fields": ("project", "origin_registry", "kind", "serial", "block_key", "units", "quantity_kg",
                                "buffer_kg", "vintage", "period_start", "period_end", "issued_on", "labels")}),
        ("End", {"fields": ("ended_on", "beneficiary", "account_holder", "reason", "note")}),
        ("Import", {"fields": ("imported_at", "changed_at")}),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[OriginCredits]:
        """Leave the boundaries of projects out."""
        return super().get_queryset(request).defer("project__coordinates")

    def page_head(self, request: HttpRequest, obj: OriginCredits) -> Head:
        """Say whose credits these are, and lead to the project."""
        return Head(
            status=f"{tonnes(obj.quantity_kg)} t {obj.get_kind_display().lower()}",
            words=f"Stated by {obj.origin_registry}. These credits live there; nothing of them can be moved here.",
            links=[("Project", page_of(obj.project))],
        )

    def page_tables(self, request: HttpRequest, obj: OriginCredits) -> list[Table]:
        """Show what each registry states about the project's credits altogether."""
        rows = [
            [Cell(row.registry), *(number(tonnes(kg)) for kg in (row.issued_kg, row.retired_kg, row.cancelled_kg))]
            for row in origin_figures(obj.project_id)
        ]
        note = "As imported. Registries are not added up: credits cancelled in one may be issued again in another."
        headers = ("Registry", "Issued (t)", "Retired (t)", "Cancelled (t)")
        return [Table("This project in its origin registries", headers, rows, "Nothing was imported.", note=note)]

    @display(description="project", header=True, ordering="project__project_name")
    def registry_and_project(self, obj: OriginCredits) -> list[str]:
        """Return the project over its registry and the serial there."""
        return [obj.project.project_name, f"{obj.origin_registry} · {obj}"]

    @display(
        description="kind", ordering="kind", label={"Issued": "info", "Retired": "success", "Cancelled": "warning"}
    )
    def kind_badge(self, obj: OriginCredits) -> str:
        """Return the kind as a badge."""
        return obj.get_kind_display()

    @display(description="quantity (t)", ordering="quantity_kg")
    def quantity(self, obj: OriginCredits) -> str:
        """Return the tonnes."""
        return tonnes(obj.quantity_kg)
