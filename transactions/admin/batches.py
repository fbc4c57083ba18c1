"""Batches of credits: what each is made of, and where its chain of entries stands."""

from typing import Any

from django.contrib import admin
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RangeNumericFilter, RelatedDropdownFilter
from unfold.decorators import display

from carboncore.common.quantities import KG_PER_CREDIT
from registry.reach import in_reach
from transactions.admin.fields import tonnes
from transactions.admin.pages import (
    Cell,
    Head,
    LedgerAdmin,
    Table,
    linked,
    list_of,
    moment,
    number,
    page_at,
    short_hash,
)
from transactions.choices import BlockState
from transactions.models import Block, CreditBatch, LedgerEntry
from transactions.selectors.admin_blocks import MOST_PIECES, Piece, StateTotal, batch_pieces, state_totals

BLOCKS_A_PAGE = 50
LATEST = 10
STATE_TONES = {
    BlockState.ACTIVE: "good",
    BlockState.RESERVED: "wait",
    BlockState.BUFFER: "busy",
    BlockState.RETIRED: "plain",
    BlockState.CANCELLED: "bad",
    BlockState.BRIDGED: "plain",
}


@admin.register(CreditBatch)
class CreditBatchAdmin(LedgerAdmin):
    """The list of batches and the page of one."""

    list_display = ("root_and_project", "vintage", "quantity", "standard", "labels_text", "entries", "issued_at")
    list_select_related = ("project", "standard")
    list_filter = (
        ("project", AutocompleteSelectFilter),
        ("vintage", RangeNumericFilter),
        ("standard", RelatedDropdownFilter),
    )
    search_fields = ("serial_root", "project__project_name")
    ordering = ("-pk",)
    fieldsets = (
        (None, {"fields": ("serial_root", "project", "vintage", "number", "quantity", "standard", "labels_text",
                           "issued_at", "requested_as")}),
        ("Chain", {"fields": ("entries", "head")}),
    )  # fmt: skip
    readonly_fields = ("quantity", "labels_text", "head", "requested_as")

    def get_queryset(self, request: HttpRequest) -> QuerySet[CreditBatch]:
        """Fetch the request with it, and leave the boundaries of projects out."""
        queryset = super().get_queryset(request).filter(in_reach("project")).defer("project__coordinates")
        return queryset.select_related("project", "standard", "issuance_request")

    # -- the page ---------------------------------------------------------------------------------------------

    def page_head(self, request: HttpRequest, obj: CreditBatch) -> Head:
        """Lead to the batch's entries."""
        return Head(
            words=f"{obj.project} · vintage {obj.vintage}",
            links=[
                (f"All {obj.entries:,} ledger entries", list_of("transactions_ledgerentry", batch__id__exact=obj.pk))
            ],
        )

    def page_extra(self, request: HttpRequest, obj: CreditBatch) -> dict[str, Any]:
        """Add the picture of the blocks."""
        totals = state_totals(batch=obj)
        blocks = sum(total.blocks for total in totals)
        pieces = batch_pieces(batch=obj, blocks=blocks)
        return {
            "picture": {
                "pieces": [_rectangle(obj, piece) for piece in pieces],
                "totals": [_told(obj, total) for total in totals],
                "last": tonnes(-(-obj.quantity_kg // KG_PER_CREDIT) * KG_PER_CREDIT),
                "is_aggregated": blocks > MOST_PIECES,
                "columns": MOST_PIECES,
                "label": "Blocks by state, in the order of their serial numbers: "
                + ", ".join(f"{total.state.label} {tonnes(total.quantity_kg)} t" for total in totals),
            }
        }

    def page_tables(self, request: HttpRequest, obj: CreditBatch) -> list[Table]:
        """List the blocks, page by page, and the latest entries."""
        rows = Block.objects.filter(batch=obj).select_related("account").order_by("first_kg")
        page = Paginator(rows, BLOCKS_A_PAGE).get_page(request.GET.get("blocks"))
        return [self._blocks(obj, page), self._entries(obj)]

    def _blocks(self, batch: CreditBatch, page: Page) -> Table:
        following = page.next_page_number() if page.has_next() else 1
        address = reverse("admin:transactions_creditbatch_change", args=[batch.pk])
        count = page.paginator.count
        return Table(
            "Blocks",
            ("Serial number", "State", "Held by", "t CO₂e"),
            [
                [
                    Cell(block.serial(batch.serial_root)),
                    Cell(block.get_state_display(), tone=STATE_TONES[BlockState(block.state)]),
                    Cell(block.account, page_at("transactions_holdingaccount", block.account_id)),
                    number(tonnes(block.quantity_kg)),
                ]
                for block in page
            ],
            "This batch has no blocks; run verify_ledger at once.",
            more=f"{address}?blocks={following}" if page.paginator.num_pages > 1 else "",
            more_text="The next blocks" if page.has_next() else "Back to the first blocks",
            note=f"{page.start_index():,} to {page.end_index():,} of {count:,}." if count > BLOCKS_A_PAGE else "",
        )

    def _entries(self, batch: CreditBatch) -> Table:
        entries = LedgerEntry.objects.filter(batch=batch).select_related("actor").order_by("-position")[:LATEST]
        return Table(
            "Latest ledger entries",
            ("No.", "Entry", "When", "By", "Hash"),
            [
                [
                    number(entry.position, page_at("transactions_ledgerentry", entry.pk)),
                    Cell(entry.get_kind_display()),
                    Cell(moment(entry.at)),
                    Cell(entry.actor or "the system"),
                    Cell(bytes(entry.hash).hex()[:12]),
                ]
                for entry in entries
            ],
            "No entries.",
            more=list_of("transactions_ledgerentry", batch__id__exact=batch.pk),
            more_text=f"All {batch.entries:,} entries",
        )

    # -- columns ----------------------------------------------------------------------------------------------

    @display(description="batch", header=True, ordering="serial_root")
    def root_and_project(self, obj: CreditBatch) -> list[str]:
        """Return the serials' root over the project's name."""
        return [obj.serial_root, obj.project.project_name]

    @display(description="quantity (t CO₂e)", ordering="quantity_kg")
    def quantity(self, obj: CreditBatch) -> str:
        """Return the issued tonnes."""
        return tonnes(obj.quantity_kg)

    @display(description="labels")
    def labels_text(self, obj: CreditBatch) -> str | None:
        """Return the labels in a line."""
        return ", ".join(obj.labels) or None

    @display(description="hash of the last entry")
    def head(self, obj: CreditBatch) -> str:
        """Return the chain's head, shortened."""
        return short_hash(obj.head_hash)

    @display(description="issuance request")
    def requested_as(self, obj: CreditBatch) -> Any:
        """Return the request that made it; imported batches have none."""
        return linked(getattr(obj, "issuance_request", None))


def _rectangle(batch: CreditBatch, piece: Piece) -> dict[str, str]:
    """Return a piece in the picture's units: 1000 wide, 100 high, and never too thin to be seen."""
    x = 1000 * piece.first_kg / batch.quantity_kg
    width = max(1000 * (piece.end_kg - piece.first_kg) / batch.quantity_kg, 1)
    y, height = 100 * piece.top, 100 * (piece.bottom - piece.top)
    serial = Block(first_kg=piece.first_kg, end_kg=piece.end_kg).serial(batch.serial_root)
    return {
        "state": piece.state,
        "x": f"{min(x, 999):.2f}",
        "y": f"{y:.2f}",
        "width": f"{width:.2f}",
        "height": f"{height:.2f}",
        "title": f"{BlockState(piece.state).label}: {serial}",
    }


def _told(batch: CreditBatch, total: StateTotal) -> dict[str, Any]:
    return {
        "state": total.state.value,
        "label": total.state.label,
        "tonnes": tonnes(total.quantity_kg),
        "percent": f"{100 * total.quantity_kg / batch.quantity_kg:.1f}",
        "blocks": total.blocks,
    }
