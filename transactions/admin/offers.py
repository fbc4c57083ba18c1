"""Transfer offers: who offers what to whom and until when, and withdrawing one for its giver."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    RangeDateTimeFilter,
)
from unfold.decorators import display

from carboncore.common.admin.confirm import posted
from registry.reach import in_reach
from transactions.admin.fields import reason_field, tonnes
from transactions.admin.pages import WORK, Deed, Head, LedgerAdmin, Table, moment, page_at, without_personal
from transactions.admin.transaction_tables import moved_lines
from transactions.admin.transactions import STATUS_TONES
from transactions.choices import TransactionStatus
from transactions.models import HoldingAccount, TransferOffer
from transactions.services import transfer_offer_withdraw


class WithdrawForm(forms.Form):
    """Why it is taken back."""

    reason = reason_field("It stands in the ledger for good.")


def _is_open(offer: TransferOffer, _actor: Any) -> bool:
    return offer.status == TransactionStatus.RESERVED


@admin.register(TransferOffer)
class TransferOfferAdmin(LedgerAdmin):
    """The list of offers and the page of one."""

    list_display = ("number_and_project", "status_badge", "quantity", "giver", "receiver", "expires_at", "created_at")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("project", AutocompleteSelectFilter),
        ("from_account", AutocompleteSelectFilter),
        ("to_account", AutocompleteSelectFilter),
        ("expires_at", RangeDateTimeFilter),
    )
    search_fields = ("public_id", "from_account__name", "to_account__name", "from_user__email", "to_user__email")
    search_help_text = "Offer's id, an account's name or its owner's e-mail."
    ordering = ("-pk",)
    fieldsets = (
        ("Credits", {"fields": ("project", "vintage", "quantity", "from_account", "to_account", "note")}),
        ("Time and origin", {"fields": ("created_at", "expires_at", "completed_at", "public_id", "ip_address",
                                        "user_agent")}),
    )  # fmt: skip
    readonly_fields = ("quantity",)
    deeds: ClassVar[tuple[Deed, ...]] = (
        Deed("withdraw", "Withdraw", "Take this offer back for its giver?", WORK, _is_open, is_dangerous=True),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave out what tells where somebody called from, for those who do not work with transactions."""
        return without_personal(request, super().get_fieldsets(request, obj))

    def get_queryset(self, request: HttpRequest) -> QuerySet[TransferOffer]:
        """Fetch both accounts with their holders, and leave the boundaries of projects out."""
        holders = (f"{side}__{holder}" for side in ("from_account", "to_account")
                   for holder in ("owner", "organisation", "project"))  # fmt: skip
        boundaries = ("project__coordinates", "from_account__project__coordinates", "to_account__project__coordinates")
        return (
            super()
            .get_queryset(request)
            .filter(in_reach("project"))
            .select_related("project", *holders)
            .defer(*boundaries)
        )

    def deed_withdraw(self, request: HttpRequest, obj: TransferOffer, deed: Deed) -> HttpResponse:
        """Give the credits back to who offered them."""
        actor: Any = request.user

        def run(data: dict[str, Any]) -> str:
            transfer_offer_withdraw(actor=actor, pk=obj.pk, reason=data["reason"])
            return f"The offer is withdrawn; “{obj.from_account}” has its {tonnes(obj.quantity_kg)} credits back."

        facts = [
            ("Offer", f"No. {obj.pk}, open until {moment(obj.expires_at)}"),
            ("From", obj.from_account),
            ("To", obj.to_account),
            ("Credits", f"{tonnes(obj.quantity_kg)} t CO₂e of {obj.project}"),
        ]
        explanation = "The credits are the giver's again at once, and the receiver can no longer accept them."
        form = WithdrawForm(posted(request))
        return self.ask(request, obj, deed, form=form, run=run, explanation=explanation, facts=facts)

    def page_head(self, request: HttpRequest, obj: TransferOffer) -> Head:
        """Say how it stands, and until when it may be accepted."""
        notes = []
        if _is_open(obj, None) and obj.expires_at is not None and obj.expires_at <= timezone.now():
            notes.append(("warning", "Its time is over; the job that frees such credits gives them back."))
        return Head(
            status=_state(obj),
            tone=STATUS_TONES[TransactionStatus(obj.status)],
            words=f"{obj.from_account} → {obj.to_account}",
            figures=[(tonnes(obj.quantity_kg), "t CO₂e"), (moment(obj.expires_at), "the last moment to accept")],
            notes=notes,
            links=[("The transaction", page_at("transactions_transaction", obj.pk))],
        )

    def page_tables(self, request: HttpRequest, obj: TransferOffer) -> list[Table]:
        """Show what it reserved, and what became of that."""
        return [moved_lines(obj)]

    # -- columns ----------------------------------------------------------------------------------------------

    @display(description="offer", header=True, ordering="pk")
    def number_and_project(self, obj: TransferOffer) -> list[str]:
        """Return the number over the project's name."""
        return [f"Offer {obj.pk}", obj.project.project_name]

    @display(
        description="state",
        ordering="status",
        label={"Waiting": "warning", "Accepted": "success", "Given back": "default", "Over": "default"},
    )
    def status_badge(self, obj: TransferOffer) -> str:
        """Return how it stands as a badge."""
        return _state(obj)

    @display(description="quantity (t)", ordering="quantity_kg")
    def quantity(self, obj: TransferOffer) -> str:
        """Return the tonnes."""
        return tonnes(obj.quantity_kg)

    @display(description="from", header=True, ordering="from_account__name")
    def giver(self, obj: TransferOffer) -> list[str]:
        """Return the account that offers over its holder."""
        return _account(obj.from_account)

    @display(description="to", header=True, ordering="to_account__name")
    def receiver(self, obj: TransferOffer) -> list[str]:
        """Return the account that may accept over its holder."""
        return _account(obj.to_account)


def _state(offer: TransferOffer) -> str:
    words: dict[str, str] = {
        TransactionStatus.RESERVED: "Waiting",
        TransactionStatus.COMPLETED: "Accepted",
        TransactionStatus.CANCELLED: "Given back",
        TransactionStatus.EXPIRED: "Over",
    }
    return words.get(offer.status, offer.get_status_display())


def _account(account: HoldingAccount | None) -> list[str]:
    """An offer names both accounts, but its columns may be empty."""
    return [account.name, str(account.owner or account.organisation or account.project or "")] if account else ["", ""]
