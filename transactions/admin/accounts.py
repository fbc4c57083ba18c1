"""Holding accounts: what each holds, what moved in it, and what officers do on its behalf."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from registry.reach import in_reach
from transactions.admin.account_deeds import ACCOUNT_DEEDS, AccountDeedsMixin
from transactions.admin.fields import tonnes
from transactions.admin.pages import Cell, Deed, Head, LedgerAdmin, Table, list_of, moment, number, page_at
from transactions.admin.statements import StatementMixin, statement_page
from transactions.choices import AccountState, BlockState, EntryKind
from transactions.models import Balance, HoldingAccount, LedgerEntry
from transactions.selectors.admin_accounts import held_credits, latest_movements, state_changes, state_sums

LATEST = 25
STATE_TONES = {AccountState.OPEN: "good", AccountState.FROZEN: "wait", AccountState.CLOSED: "plain"}


def _held(state: BlockState) -> Coalesce:
    own = Balance.objects.filter(account=OuterRef("pk"), state=state).order_by().values("account")
    return Coalesce(Subquery(own.annotate(kg=Sum("quantity_kg")).values("kg")), 0)


@admin.register(HoldingAccount)
class HoldingAccountAdmin(StatementMixin, AccountDeedsMixin, LedgerAdmin):
    """The list of accounts and the page of one."""

    list_display = ("name_and_number", "kind_label", "state_badge", "held_by", "active", "reserved", "created_at")
    list_select_related = ("owner", "organisation", "project")
    list_filter = (("kind", ChoicesDropdownFilter), ("state", ChoicesDropdownFilter))
    search_fields = ("name", "owner__email", "organisation__name", "claim_email", "project__project_name")
    search_help_text = "Name, number (CC-A-000123), owner's e-mail, organisation or project."
    ordering = ("-pk",)
    deeds: ClassVar[tuple[Deed, ...]] = ACCOUNT_DEEDS
    fieldsets = (
        (None, {"fields": ("name", "account_number", "kind", "owner", "organisation", "project", "claim_email",
                           "public_id", "created_at")}),
    )  # fmt: skip
    readonly_fields = ("account_number",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[HoldingAccount]:
        """Fetch owners with the list and what the accounts hold, and leave the boundaries of projects out."""
        queryset = (
            super()
            .get_queryset(request)
            .filter(in_reach("project", or_none=True))
            .select_related("owner", "organisation", "project")
            .defer("project__coordinates")
        )
        if request.resolver_match and request.resolver_match.url_name == "transactions_holdingaccount_changelist":
            queryset = queryset.annotate(active_kg=_held(BlockState.ACTIVE), reserved_kg=_held(BlockState.RESERVED))
        return queryset

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[HoldingAccount], search_term: str
    ) -> tuple[QuerySet[HoldingAccount], bool]:
        """Find an account by its number too."""
        digits = search_term.strip().upper().removeprefix("CC-A-")
        if digits.isdigit() and len(digits) < 18:
            return queryset.filter(Q(pk=int(digits))), False
        return super().get_search_results(request, queryset, search_term)

    # -- the page ---------------------------------------------------------------------------------------------

    def page_head(self, request: HttpRequest, obj: HoldingAccount) -> Head:
        """Say what it holds."""
        sums = state_sums(account=obj)
        notes = []
        if obj.state == AccountState.FROZEN:
            why = f" Why: {told[0].reason}" if (told := state_changes(account=obj, count=1)) else ""
            notes.append(
                ("warning", f"Frozen: it neither gives nor receives, and purchases into it do not settle.{why}")
            )
        if obj.claim_email and obj.owner_id is None:
            notes.append(("info", f"These credits wait for whoever proves to own {obj.claim_email}."))
        return Head(
            status=obj.get_state_display(),
            tone=STATE_TONES[AccountState(obj.state)],
            words=f"{obj.get_kind_display()} · {obj.number}",
            figures=[(tonnes(sums[state]), f"t {state.label.lower()}") for state in BlockState if state in sums]
            or [("0", "t held")],
            notes=notes,
            links=[("Statement", statement_page(obj))],
        )

    def page_tables(self, request: HttpRequest, obj: HoldingAccount) -> list[Table]:
        """Show the balances by project and vintage, and the latest movements."""
        held = held_credits(account=obj)
        states = [state for state in BlockState if any(state in line.by_state for line in held)]
        balances = Table(
            "Balances",
            ("Project", "Vintage", *(f"{state.label} (t)" for state in states)),
            [
                [
                    Cell(line.project_name, page_at("registry_project", line.project_id)),
                    Cell(str(line.vintage)),
                    *(number(tonnes(line.by_state.get(state, 0))) for state in states),
                ]
                for line in held
            ],
            "This account holds nothing.",
        )
        movements = Table(
            "Latest movements",
            ("When", "Entry", "Batch", "t CO₂e moved", "Change (t)"),
            [
                [
                    Cell(moment(row.at)),
                    Cell(EntryKind(row.kind).label, page_at("transactions_ledgerentry", row.entry_id)),
                    Cell(row.serial_root, page_at("transactions_creditbatch", row.batch_id)),
                    number(tonnes(row.quantity_kg)),
                    number(_signed(row.change_kg)),
                ]
                for row in latest_movements(account=obj, count=LATEST)
            ],
            "Nothing has moved in this account yet.",
            more=list_of("transactions_ledgerentry", account=obj.pk)
            if request.user.has_perm(f"transactions.view_{LedgerEntry._meta.model_name}")
            else "",
            more_text="All entries of this account",
        )
        return [balances, movements, *_states(obj)]

    # -- columns ----------------------------------------------------------------------------------------------

    @display(description="account", header=True, ordering="name")
    def name_and_number(self, obj: HoldingAccount) -> list[str]:
        """Return the name over the number."""
        return [obj.name, obj.number]

    @display(description="number")
    def account_number(self, obj: HoldingAccount) -> str:
        """Return the number, as statements print it."""
        return obj.number

    @display(description="kind", ordering="kind")
    def kind_label(self, obj: HoldingAccount) -> str:
        """Return the kind."""
        return obj.get_kind_display()

    @display(description="state", ordering="state", label={"Open": "success", "Frozen": "warning", "Closed": "default"})
    def state_badge(self, obj: HoldingAccount) -> str:
        """Return the state as a badge."""
        return obj.get_state_display()

    @display(description="holder")
    def held_by(self, obj: HoldingAccount) -> str | None:
        """Return the person, the organisation, the project or the e-mail that it is kept for."""
        return str(obj.owner or obj.organisation or obj.project or obj.claim_email) or None

    @display(description="active (t)", ordering="active_kg")
    def active(self, obj: Any) -> str:
        """Return the active tonnes."""
        return tonnes(obj.active_kg)

    @display(description="reserved (t)", ordering="reserved_kg")
    def reserved(self, obj: Any) -> str:
        """Return the reserved tonnes."""
        return tonnes(obj.reserved_kg)


def _states(account: HoldingAccount) -> list[Table]:
    """Who froze, unfroze or closed it, and why; no table where nobody ever did."""
    changes = state_changes(account=account, count=LATEST)
    rows = [
        [Cell(moment(row.at)), Cell(AccountState(row.state).label), Cell(row.user), Cell(row.reason or "–")]
        for row in changes
    ]
    return [Table("Frozen, unfrozen, closed", ("When", "Became", "By", "Why"), rows, "")] if rows else []


def _signed(kilograms: int) -> str:
    return f"+{tonnes(kilograms)}" if kilograms > 0 else f"−{tonnes(-kilograms)}" if kilograms < 0 else "0"
