"""Reversals of wrong entries: the queue in which a second person approves or refuses."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from carboncore.common.admin.confirm import posted
from registry.reach import in_reach
from transactions.admin.fields import reason_field
from transactions.admin.pages import Deed, Head, LedgerAdmin, moment, page_of
from transactions.choices import RequestState
from transactions.models import ReversalRequest
from transactions.rights import DECIDES_REVERSAL
from transactions.services import reversal_request_approve, reversal_request_reject

_TONES = {RequestState.PENDING: "wait", RequestState.APPROVED: "good", RequestState.REJECTED: "bad"}


class NoteForm(forms.Form):
    """A word with the decision."""

    note = reason_field("Kept with the request.", label="Note")

    def __init__(self, *args: Any, is_needed: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["note"].required = is_needed


class WaitingFilter(SimpleListFilter):
    """Requests that this person may decide: pending, and made by somebody else."""

    title = "waiting for me"
    parameter_name = "waiting"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the one answer."""
        return [("me", "Reversals to approve")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ReversalRequest]) -> QuerySet[ReversalRequest]:
        """Narrow to them."""
        if self.value() != "me":
            return queryset
        return queryset.filter(state=RequestState.PENDING).exclude(requested_by_id=request.user.pk)


def _is_for_a_second_person(request: ReversalRequest, actor: Any) -> bool:
    return bool(request.state == RequestState.PENDING and request.requested_by_id != actor.pk)


@admin.register(ReversalRequest)
class ReversalRequestAdmin(LedgerAdmin):
    """The queue of requests and the page of one; they are made on the entry's page."""

    list_display = ("number_and_entry", "state_badge", "reason_short", "requested_by", "requested_at")
    list_select_related = ("entry__batch", "requested_by")
    list_filter = (WaitingFilter, ("state", ChoicesDropdownFilter))
    search_fields = ("reason", "entry__batch__serial_root")
    ordering = ("-pk",)
    fieldsets = (
        (None, {"fields": ("entry", "reason", "requested_by", "requested_at")}),
        ("Decision", {"fields": ("decided_by", "decided_at", "decision_note", "reversal")}),
    )
    deeds: ClassVar[tuple[Deed, ...]] = (
        Deed("approve", "Approve", "Reverse this entry?", DECIDES_REVERSAL, _is_for_a_second_person),
        Deed("reject", "Reject", "Refuse this reversal?", DECIDES_REVERSAL, _is_for_a_second_person, is_dangerous=True),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReversalRequest]:
        """Leave out entries of projects that are out of the person's reach."""
        return super().get_queryset(request).filter(in_reach("entry__batch__project"))

    def deed_approve(self, request: HttpRequest, obj: ReversalRequest, deed: Deed) -> HttpResponse:
        """Put the credits back."""
        actor: Any = request.user

        def run(data: dict[str, Any]) -> str:
            reversal_request_approve(actor=actor, pk=obj.pk, note=data["note"])
            return "The credits are back where they were; a new entry says so and names the wrong one."

        form = NoteForm(posted(request), is_needed=False)
        return self.ask(request, obj, deed, form=form, run=run, facts=_facts(obj))

    def deed_reject(self, request: HttpRequest, obj: ReversalRequest, deed: Deed) -> HttpResponse:
        """Refuse."""
        actor: Any = request.user

        def run(data: dict[str, Any]) -> str:
            reversal_request_reject(actor=actor, pk=obj.pk, note=data["note"])
            return "The request is refused; nothing moved."

        form = NoteForm(posted(request), is_needed=True)
        return self.ask(request, obj, deed, form=form, run=run, facts=_facts(obj))

    def page_head(self, request: HttpRequest, obj: ReversalRequest) -> Head:
        """Say where it stands."""
        notes = []
        if obj.state == RequestState.PENDING and obj.requested_by_id == request.user.pk:
            notes.append(("info", "You asked for this reversal, so a second person has to decide it."))
        links = [("The wrong entry", page_of(obj.entry))]
        return Head(obj.get_state_display(), _TONES[RequestState(obj.state)], notes=notes, links=links)

    @display(description="request", header=True, ordering="pk")
    def number_and_entry(self, obj: ReversalRequest) -> list[str]:
        """Return the number over the entry."""
        return [f"Request {obj.pk}", f"Entry {obj.entry.position:,} of {obj.entry.batch.serial_root}"]

    @display(
        description="state",
        ordering="state",
        label={"Pending": "warning", "Approved": "success", "Rejected": "danger"},
    )
    def state_badge(self, obj: ReversalRequest) -> str:
        """Return the state as a badge."""
        return obj.get_state_display()

    @display(description="reason")
    def reason_short(self, obj: ReversalRequest) -> str:
        """Return the reason's beginning."""
        return obj.reason if len(obj.reason) <= 90 else f"{obj.reason[:89]}…"


def _facts(request: ReversalRequest) -> list[tuple[str, Any]]:
    return [
        ("Entry", str(request.entry)),
        ("Of", moment(request.entry.at)),
        ("Reason", request.reason),
        ("Asked by", request.requested_by),
    ]
