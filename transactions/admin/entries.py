"""The ledger to read: each entry with its lines, and links to whatever it belongs to."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, RangeDateTimeFilter
from unfold.decorators import display

from carboncore.common.admin.confirm import posted
from registry.reach import in_reach
from transactions.admin.batches import STATE_TONES
from transactions.admin.fields import reason_field, tonnes
from transactions.admin.pages import (
    Cell,
    Deed,
    Head,
    LedgerAdmin,
    Table,
    linked,
    number,
    page_at,
    page_of,
    short_hash,
)
from transactions.choices import BlockState, EntryKind, RequestState
from transactions.models import HoldingAccount, LedgerEntry, LedgerLine, ReversalRequest
from transactions.rights import ASKS_REVERSAL
from transactions.serials import serial_text
from transactions.services import reversal_request_create

MOST_LINES = 200
KIND_COLOURS = {
    "Issuance": "success",
    "Reservation": "warning",
    "Release of a reservation": "default",
    "Sale": "info",
    "Refund": "warning",
    "Transfer": "info",
    "Retirement": "primary",
    "Cancellation": "danger",
    "Buffer release": "info",
    "Buffer cancellation": "danger",
    "Reversal of an entry": "danger",
}


class ReverseForm(forms.Form):
    """Why the entry is wrong."""

    reason = reason_field("It stands in the ledger for good, with the entry that puts the credits back.")


def _may_be_reversed(entry: LedgerEntry, _actor: Any) -> bool:
    return (
        entry.kind in (EntryKind.TRANSFER, EntryKind.BUFFER_RELEASE)
        and getattr(entry, "reversed_by", None) is None
        and not ReversalRequest.objects.filter(entry=entry).exclude(state=RequestState.REJECTED).exists()
    )


class AccountFilter(SimpleListFilter):
    """Entries that gave to or took from one account; its page links here."""

    title = "account"
    parameter_name = "account"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the account that was asked for, so that it can be seen and taken away again."""
        key = request.GET.get("account", "")
        account = HoldingAccount.objects.filter(pk=key).first() if key.isdigit() and len(key) < 18 else None
        return [(key, str(account))] if account else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[LedgerEntry]) -> QuerySet[LedgerEntry]:
        """Narrow to the account's entries."""
        key = self.value()
        if not key or not self.lookup_choices:
            return queryset
        lines = LedgerLine.objects.filter(Q(from_account_id=key) | Q(to_account_id=key))
        return queryset.filter(pk__in=lines.values("entry_id"))


@admin.register(LedgerEntry)
class LedgerEntryAdmin(LedgerAdmin):
    """The list of entries and the page of one."""

    list_display = ("position_and_batch", "kind_badge", "at", "moved_by", "belongs_to", "hash_begin", "reason_short")
    list_select_related = ("batch", "actor", "transaction_link__transaction")
    list_filter = (
        ("kind", ChoicesDropdownFilter),
        ("batch", AutocompleteSelectFilter),
        ("at", RangeDateTimeFilter),
        AccountFilter,
    )
    search_fields = ("batch__serial_root", "reason")
    search_help_text = "A batch's serial root, or words of a reason."
    ordering = ("-pk",)
    fieldsets = (
        (None, {"fields": ("batch", "position", "kind", "at", "moved_by", "reason")}),
        ("Belongs to", {"fields": ("belongs_to", "retirement", "reverses", "undone_by")}),
        ("Chain", {"fields": ("hash_short", "previous_short")}),
    )
    deeds: ClassVar[tuple[Deed, ...]] = (
        Deed(
            "reverse",
            "Ask for its reversal",
            "Ask for the reversal of this entry?",
            ASKS_REVERSAL,
            _may_be_reversed,
            is_dangerous=True,
        ),
    )
    readonly_fields = ("moved_by", "belongs_to", "retirement", "undone_by", "hash_short", "previous_short")

    def get_queryset(self, request: HttpRequest) -> QuerySet[LedgerEntry]:
        """Fetch what a page links to."""
        queryset = super().get_queryset(request).filter(in_reach("batch__project"))
        return queryset.select_related("batch", "actor", "transaction_link__transaction", "reversed_by")

    def deed_reverse(self, request: HttpRequest, obj: LedgerEntry, deed: Deed) -> HttpResponse:
        """Ask that a wrong entry be put right."""
        actor: Any = request.user
        made: list[ReversalRequest] = []

        def run(data: dict[str, Any]) -> str:
            made.append(reversal_request_create(actor=actor, entry_pk=obj.pk, reason=data["reason"]))
            return "The request is filed. A second person approves it."

        response = self.ask(
            request,
            obj,
            deed,
            form=ReverseForm(posted(request)),
            run=run,
            explanation="The entry stays. Once a second person approves, a new one names it and puts the credits back.",
            facts=[("Entry", f"{obj.get_kind_display()} no. {obj.position:,}"), ("Batch", obj.batch)],
        )
        return HttpResponseRedirect(page_of(made[0])) if made else response

    def page_head(self, request: HttpRequest, obj: LedgerEntry) -> Head:
        """Lead to the neighbours in the chain."""
        beside = LedgerEntry.objects.filter(batch=obj.batch_id, position__in=(obj.position - 1, obj.position + 1))
        links = [
            (
                "Previous entry" if entry.position < obj.position else "Next entry",
                page_at("transactions_ledgerentry", entry.pk),
            )
            for entry in beside.order_by("position")
        ]
        words = f"No. {obj.position:,} of batch {obj.batch.serial_root}"
        return Head(status=obj.get_kind_display(), words=words, links=links)

    def page_tables(self, request: HttpRequest, obj: LedgerEntry) -> list[Table]:
        """List the ranges that moved."""
        lines = list(obj.lines.select_related("from_account", "to_account").order_by("first_kg")[: MOST_LINES + 1])
        root = obj.batch.serial_root
        rows = [
            [
                Cell(serial_text(root=root, first_kg=line.first_kg, end_kg=line.end_kg)),
                number(tonnes(line.end_kg - line.first_kg)),
                Cell(line.from_account or "new", page_at("transactions_holdingaccount", line.from_account_id)),
                _state(line.from_state),
                Cell(line.to_account, page_at("transactions_holdingaccount", line.to_account_id)),
                _state(line.to_state),
            ]
            for line in lines[:MOST_LINES]
        ]
        headers = ("Serial number", "t CO₂e", "From", "State before", "To", "State after")
        note = f"The first {MOST_LINES} lines; the batch's page shows every block." if len(lines) > MOST_LINES else ""
        return [Table("Lines", headers, rows, "This entry has no lines; run verify_ledger at once.", note=note)]

    @display(description="entry", header=True, ordering="pk")
    def position_and_batch(self, obj: LedgerEntry) -> list[str]:
        """Return the number in the chain over the batch."""
        return [f"No. {obj.position:,}", obj.batch.serial_root]

    @display(description="kind", ordering="kind", label=KIND_COLOURS)
    def kind_badge(self, obj: LedgerEntry) -> str:
        """Return the kind as a badge."""
        return obj.get_kind_display()

    @display(description="by", ordering="actor__email")
    def moved_by(self, obj: LedgerEntry) -> str:
        """Return who moved the credits."""
        return str(obj.actor) if obj.actor else "the system"

    @display(description="transaction")
    def belongs_to(self, obj: LedgerEntry) -> Any:
        """Return a link to the transaction that made the entry; issuances have none."""
        link = getattr(obj, "transaction_link", None)
        if link is None:
            return None
        return linked(link.transaction, f"{link.transaction.get_transaction_type_display()} {link.transaction_id}")

    @display(description="retirement")
    def retirement(self, obj: LedgerEntry) -> Any:
        """Return a link to the retirement that the entry carried out."""
        link = getattr(obj, "transaction_link", None)
        return linked(getattr(link.transaction, "retirement", None)) if link else None

    @display(description="reversed by")
    def undone_by(self, obj: LedgerEntry) -> Any:
        """Return a link to the entry that put this one right."""
        return linked(getattr(obj, "reversed_by", None))

    @display(description="reason")
    def reason_short(self, obj: LedgerEntry) -> str | None:
        """Return the reason's beginning."""
        return (obj.reason if len(obj.reason) <= 60 else f"{obj.reason[:59]}…") or None

    @display(description="hash")
    def hash_short(self, obj: LedgerEntry) -> str:
        """Return the hash, shortened, to copy."""
        return short_hash(obj.hash)

    @display(description="hash")
    def hash_begin(self, obj: LedgerEntry) -> str:
        """Return the hash's beginning."""
        return bytes(obj.hash).hex()[:12]

    @display(description="hash before")
    def previous_short(self, obj: LedgerEntry) -> str:
        """Return the previous entry's hash, shortened, to copy."""
        return short_hash(obj.previous_hash)


def _state(state: str) -> Cell:
    return Cell(BlockState(state).label, tone=STATE_TONES[BlockState(state)]) if state else Cell("")
