"""Organisations: the queue of those that wait, who acts for each, what it holds, and what staff decide about it."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter
from unfold.decorators import display

from accounts.choices import OrganisationState
from accounts.models import Membership, Organisation
from accounts.services import (
    organisation_approve,
    organisation_reinstate,
    organisation_reject,
    organisation_suspend,
)
from accounts.services.organisations import DECIDES, MAX_NOTE
from carboncore.common.admin.confirm import posted
from carboncore.common.admin.history import HistorySource
from transactions.admin.accounts import STATE_TONES as ACCOUNT_TONES
from transactions.admin.fields import reason_field, tonnes
from transactions.admin.organisation_members import MEMBER_DEEDS, MemberDeedsMixin, members_table
from transactions.admin.organisation_parts import DocumentsMixin, open_purchases, organisation_part_tables
from transactions.admin.organisation_sections import organisation_tables
from transactions.admin.pages import Cell, Deed, Head, LedgerAdmin, Table, list_of, number, page_of
from transactions.choices import AccountState
from transactions.selectors.admin_organisations import (
    countries_of_organisations,
    organisation_accounts,
    organisations_waiting_for,
    organisations_with_country,
    organisations_with_figures,
)

MOST_ACCOUNTS = 50
_TONES = {
    OrganisationState.PENDING: "wait",
    OrganisationState.APPROVED: "good",
    OrganisationState.REJECTED: "plain",
    OrganisationState.SUSPENDED: "bad",
}


class NoteForm(forms.Form):
    """A word with the decision."""

    note = reason_field("", label="Note", length=MAX_NOTE)

    def __init__(self, *args: Any, is_needed: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        note = self.fields["note"]
        note.required, note.label = is_needed, "Reason" if is_needed else "Note"
        note.help_text = "Kept with the organisation, with your name; its members read it."


class WaitingFilter(SimpleListFilter):
    """Organisations that this person may decide about: pending, and entered by somebody else."""

    title = "waiting for me"
    parameter_name = "waiting"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the one answer."""
        return [("me", "Organisations to decide about")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Organisation]) -> QuerySet[Organisation]:
        """Narrow to them."""
        actor: Any = request.user
        return organisations_waiting_for(actor, queryset) if self.value() == "me" else queryset


class CountryFilter(DropdownFilter):
    """Organisations of one country."""

    title = "country"
    parameter_name = "country"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the countries that there are organisations of."""
        return countries_of_organisations()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Organisation]) -> QuerySet[Organisation]:
        """Narrow to the country."""
        return queryset.filter(country_code=self.value()) if self.value() else queryset


def _in_state(state: OrganisationState) -> Callable[[Organisation, Any], bool]:
    """Return whether the organisation is in this state and the person is another than who entered it."""
    return lambda organisation, actor: organisation.state == state and organisation.created_by_id != actor.pk


@admin.register(Organisation)
class OrganisationAdmin(DocumentsMixin, MemberDeedsMixin, LedgerAdmin):
    """The list of organisations and the page of one."""

    list_display = ("name_and_number", "country", "state_badge", "members", "held", "created_at")
    list_filter = (WaitingFilter, ("state", ChoicesDropdownFilter), CountryFilter)
    search_fields = ("name", "registration_number", "memberships__user__email")
    search_help_text = "Name, registration number or a member's e-mail."
    ordering = ("-pk",)
    fieldsets = (
        (None, {"fields": ("name", "country", "registration_number", "created_by", "created_at", "public_id")}),
        ("Decision", {"fields": ("decided_by", "decided_at", "decision_note")}),
    )
    readonly_fields = ("country",)
    deeds: ClassVar[tuple[Deed, ...]] = (
        Deed("approve", "Approve", "Approve this organisation?", DECIDES, _in_state(OrganisationState.PENDING)),
        Deed("reinstate", "Reinstate", "Let this organisation act again?", DECIDES,
             _in_state(OrganisationState.SUSPENDED)),
        *MEMBER_DEEDS,
        Deed("reject", "Reject", "Refuse this organisation?", DECIDES, _in_state(OrganisationState.PENDING),
             is_dangerous=True),
        Deed("suspend", "Suspend", "Suspend this organisation?", DECIDES, _in_state(OrganisationState.APPROVED),
             is_dangerous=True),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Organisation]:
        """Add the country's name, and to the list how many act for each and what it holds."""
        queryset = organisations_with_country(super().get_queryset(request)).select_related("created_by", "decided_by")
        is_list = request.resolver_match and request.resolver_match.url_name == "accounts_organisation_changelist"
        return organisations_with_figures(queryset) if is_list else queryset

    def history_sources(self, obj: Any) -> Sequence[HistorySource]:
        """Tell of the members too: who came, went, or got another role."""
        members = HistorySource(Membership, {"organisation_id": obj.pk}, "Member", named_by="user")
        return [*super().history_sources(obj), members]

    # -- deeds ------------------------------------------------------------------------------------------------

    def deed_approve(self, request: HttpRequest, obj: Organisation, deed: Deed) -> HttpResponse:
        """Let it hold credits."""
        explanation = "Its owners and traders may then open accounts in its name, buy, transfer and retire."
        return self._decide(request, obj, deed, organisation_approve, explanation)

    def deed_reject(self, request: HttpRequest, obj: Organisation, deed: Deed) -> HttpResponse:
        """Refuse it."""
        explanation = "This is final; its members may enter it once more."
        return self._decide(request, obj, deed, organisation_reject, explanation, is_needed=True)

    def deed_suspend(self, request: HttpRequest, obj: Organisation, deed: Deed) -> HttpResponse:
        """Stop its members."""
        explanation = "Its members still see its accounts, but move nothing until it is reinstated."
        return self._decide(request, obj, deed, organisation_suspend, explanation, is_needed=True)

    def deed_reinstate(self, request: HttpRequest, obj: Organisation, deed: Deed) -> HttpResponse:
        """Let its members act again."""
        explanation = "Its owners and traders may move its credits again."
        return self._decide(request, obj, deed, organisation_reinstate, explanation)

    def _decide(
        self,
        request: HttpRequest,
        obj: Organisation,
        deed: Deed,
        service: Callable[..., Organisation],
        explanation: str,
        *,
        is_needed: bool = False,
    ) -> HttpResponse:
        actor: Any = request.user

        def run(data: dict[str, Any]) -> str:
            decided = service(actor=actor, pk=obj.pk, note=data["note"])
            return f"“{decided}” is now {decided.get_state_display().lower()}."

        facts = [
            ("Organisation", obj.name),
            ("Country", self.country(obj)),
            ("Registration number", obj.registration_number or "none given"),
            ("Entered by", obj.created_by),
        ]
        form = NoteForm(posted(request), is_needed=is_needed)
        return self.ask(request, obj, deed, form=form, run=run, explanation=explanation, facts=facts)

    # -- the page ---------------------------------------------------------------------------------------------

    def page_head(self, request: HttpRequest, obj: Organisation) -> Head:
        """Say where it stands, and who has to decide."""
        notes = []
        if obj.state == OrganisationState.PENDING and obj.created_by_id == request.user.pk:
            notes.append(("info", "You entered this organisation, so a second person has to decide about it."))
        if obj.state in (OrganisationState.REJECTED, OrganisationState.SUSPENDED):
            notes.append(("warning", f"{obj.get_state_display()} by {obj.decided_by}: {obj.decision_note}"))
        return Head(
            status=obj.get_state_display(),
            tone=_TONES[OrganisationState(obj.state)],
            words=f"{self.country(obj)} · {obj.registration_number or 'no registration number'}",
            notes=notes,
        )

    def page_tables(self, request: HttpRequest, obj: Organisation) -> list[Table]:
        """Show who acts for it, what it holds, buys and measures, and what its members ask each other."""
        return [
            members_table(request, obj),
            _accounts(obj),
            *open_purchases(request, obj),
            *organisation_tables(request, obj),
            *organisation_part_tables(request, obj),
        ]

    # -- columns ----------------------------------------------------------------------------------------------

    @display(description="organisation", header=True, ordering="name")
    def name_and_number(self, obj: Organisation) -> list[str]:
        """Return the name over the registration number."""
        return [obj.name, obj.registration_number or "no registration number"]

    @display(description="country", ordering="country_code")
    def country(self, obj: Any) -> str:
        """Return the country's name; its code where the registry does not know it."""
        return obj.country_name or obj.country_code

    @display(
        description="state",
        ordering="state",
        label={"Pending": "warning", "Approved": "success", "Rejected": "default", "Suspended": "danger"},
    )
    def state_badge(self, obj: Organisation) -> str:
        """Return the state as a badge."""
        return obj.get_state_display()

    @display(description="members", ordering="member_count")
    def members(self, obj: Any) -> int:
        """Return how many persons act for it."""
        return obj.member_count

    @display(description="holds (t)", ordering="held_kg")
    def held(self, obj: Any) -> str:
        """Return the active and reserved tonnes of all its accounts."""
        return tonnes(obj.held_kg)


def _accounts(organisation: Organisation) -> Table:
    accounts = organisation_accounts(organisation, count=MOST_ACCOUNTS + 1)
    rows = [
        [
            Cell(row.account.name, page_of(row.account)),
            Cell(row.account.number),
            Cell(row.account.get_state_display(), tone=ACCOUNT_TONES[AccountState(row.account.state)]),
            number(tonnes(row.active_kg)),
            number(tonnes(row.reserved_kg)),
        ]
        for row in accounts[:MOST_ACCOUNTS]
    ]
    return Table(
        "Holding accounts",
        ("Account", "Number", "State", "Active (t)", "Reserved (t)"),
        rows,
        "It has no account yet. An owner or trader opens one once it is approved.",
        more=list_of("transactions_holdingaccount", q=organisation.name) if len(accounts) > MOST_ACCOUNTS else "",
        more_text="All its accounts",
    )
