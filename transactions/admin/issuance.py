"""Issuance: asking for credits of a verified period, and the queue in which a second person approves or refuses."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import action, display

from carboncore.common.admin.confirm import confirm_page, posted
from carboncore.common.admin.fields import LinesField
from registry.models import MonitoringPeriod, Standard
from registry.reach import in_reach
from transactions.admin.fields import (
    TonnesField,
    looked_up_field,
    reason_field,
    record_field,
    tonnes,
    year_field,
)
from transactions.admin.issuance_preview import IssuancePreview, issuance_preview, requests_waiting_for
from transactions.admin.monitoring import REQUEST_TONES
from transactions.admin.pages import Deed, Head, LedgerAdmin, list_of, page_of
from transactions.choices import RequestState
from transactions.models import IssuanceRequest
from transactions.rights import ASKS_ISSUANCE, DECIDES_ISSUANCE
from transactions.services import issuance_request_approve, issuance_request_create, issuance_request_reject


class AskForm(forms.Form):
    """What is asked for."""

    monitoring_period = looked_up_field("Monitoring period", IssuanceRequest, "monitoring_period")
    vintage = year_field(required=True, help_text="A year of the period.")
    quantity = TonnesField(help_text="Up to what was verified for the period and not asked for yet.")
    standard = record_field("Standard", Standard.objects.none(), help_text="That the credits are issued under.")
    labels = LinesField(max_items=20, max_length=100, label="Labels", help_text="Such as CORSIA phase 1; one a line.")
    justification = reason_field(
        "Needed where the quantity is more than the project's stated absorption explains.",
        required=False,
        label="Justification",
        length=4000,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: Any = self.fields["standard"]
        choices.queryset = Standard.objects.all()


class ApproveForm(forms.Form):
    """A word with the approval, and the period where the request names none."""

    note = reason_field("If there is something to say; it is kept with the request.", required=False, label="Note")

    def __init__(self, *args: Any, needs_period: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if needs_period:
            period = looked_up_field("Monitoring period", IssuanceRequest, "monitoring_period")
            period.help_text = "The request names none; credits are issued only for a verified one."
            self.fields = {"monitoring_period": period, **self.fields}


class RejectForm(forms.Form):
    """Why it is refused."""

    note = reason_field("Whoever asked reads it.", label="Reason", length=4000)


class WaitingFilter(SimpleListFilter):
    """Requests that this person may decide: pending, and made by somebody else."""

    title = "waiting for me"
    parameter_name = "waiting"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the one answer."""
        return [("me", "Issuance to approve")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[IssuanceRequest]) -> QuerySet[IssuanceRequest]:
        """Narrow to them."""
        return requests_waiting_for(request.user, queryset) if self.value() == "me" else queryset


def _is_for_a_second_person(request: IssuanceRequest, actor: Any) -> bool:
    return bool(request.state == RequestState.PENDING and request.requested_by_id != actor.pk)


@admin.register(IssuanceRequest)
class IssuanceRequestAdmin(LedgerAdmin):
    """The queue of requests and the page of one."""

    list_display = (
        "number_and_project", "state_badge", "vintage", "quantity", "plausibility", "requested_by", "requested_at",
    )  # fmt: skip
    list_select_related = ("project", "monitoring_period", "requested_by")
    list_filter = (WaitingFilter, ("state", ChoicesDropdownFilter), ("project", AutocompleteSelectFilter), "vintage")
    search_fields = ("project__project_name",)
    ordering = ("-pk",)
    actions_list = ["ask_for_credits"]
    fieldsets = (
        ("Asked for", {"fields": ("project", "monitoring_period", "vintage", "quantity", "standard", "labels_text",
                                  "justification", "requested_by", "requested_at")}),
        ("Decision", {"fields": ("decided_by", "decided_at", "decision_note", "batch")}),
    )  # fmt: skip
    readonly_fields = ("quantity", "labels_text")
    deeds: ClassVar[tuple[Deed, ...]] = (
        Deed("approve", "Approve", "Issue these credits?", DECIDES_ISSUANCE, _is_for_a_second_person),
        Deed("reject", "Reject", "Refuse this request?", DECIDES_ISSUANCE, _is_for_a_second_person, is_dangerous=True),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[IssuanceRequest]:
        """Leave the boundaries of projects out."""
        return super().get_queryset(request).filter(in_reach("project")).defer("project__coordinates")

    # -- asking -----------------------------------------------------------------------------------------------

    def has_ask_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the person may ask for an issuance."""
        return request.user.has_perm(ASKS_ISSUANCE)

    @action(description="Ask for an issuance", url_path="ask", permissions=["ask"], icon="add")
    def ask_for_credits(self, request: HttpRequest) -> HttpResponse:
        """Ask what is to be issued, and file the request."""
        if not self.has_ask_permission(request):
            raise PermissionDenied
        actor: Any = request.user
        made: list[IssuanceRequest] = []

        def run(data: dict[str, Any]) -> str:
            period: MonitoringPeriod = data["monitoring_period"]
            made.append(
                issuance_request_create(
                    actor=actor,
                    project=period.project,
                    vintage=data["vintage"],
                    quantity_kg=data["quantity"],
                    period=period,
                    standard=data["standard"],
                    labels=tuple(data["labels"]),
                    justification=data["justification"],
                )
            )
            return "The request is filed. A second person approves it."

        response = confirm_page(
            self,
            request,
            obj=None,
            title="Ask for an issuance",
            submit="File the request",
            form=AskForm(posted(request), initial=_initial(request)),
            run=run,
            back=list_of("transactions_issuancerequest"),
            context={"explanation": "Credits of a monitoring period. A second person looks at it and issues them."},
        )
        return HttpResponseRedirect(page_of(made[0])) if made else response

    # -- deciding ---------------------------------------------------------------------------------------------

    def deed_approve(self, request: HttpRequest, obj: IssuanceRequest, deed: Deed) -> HttpResponse:
        """Issue the credits."""
        actor: Any = request.user

        def run(data: dict[str, Any]) -> str:
            batch = issuance_request_approve(
                actor=actor, pk=obj.pk, period=data.get("monitoring_period"), note=data["note"]
            )
            return f"Batch {batch.serial_root} is issued: {tonnes(batch.quantity_kg)} credits."

        return self.ask(
            request,
            obj,
            deed,
            form=ApproveForm(posted(request), needs_period=obj.monitoring_period_id is None),
            run=run,
            explanation="The batch, its serial numbers and its first ledger entry are made at once. An issuance is not"
            " undone: credits issued by mistake are cancelled.",
            facts=_facts(issuance_preview(obj)),
        )

    def deed_reject(self, request: HttpRequest, obj: IssuanceRequest, deed: Deed) -> HttpResponse:
        """Refuse the request."""
        actor: Any = request.user

        def run(data: dict[str, Any]) -> str:
            issuance_request_reject(actor=actor, pk=obj.pk, note=data["note"])
            return "The request is refused; whoever asked reads why."

        form = RejectForm(posted(request))
        return self.ask(request, obj, deed, form=form, run=run, facts=_facts(issuance_preview(obj)))

    # -- reading ----------------------------------------------------------------------------------------------

    def page_head(self, request: HttpRequest, obj: IssuanceRequest) -> Head:
        """Say what approving would do, and whether it can be done."""
        preview = issuance_preview(obj)
        notes: list[tuple[str, str]] = []
        if obj.state == RequestState.PENDING:
            notes = [("warning", text) for text in preview.obstacles]
            if obj.requested_by_id == request.user.pk:
                notes.append(("info", "You asked for this issuance, so a second person has to decide it."))
        if preview.is_above_plausible:
            notes.append(("warning", "More than the project's stated absorption explains: read the justification."))
        return Head(
            status=obj.get_state_display(),
            tone=REQUEST_TONES[RequestState(obj.state)],
            figures=preview.figures,
            notes=notes,
        )

    @display(description="request", header=True, ordering="pk")
    def number_and_project(self, obj: IssuanceRequest) -> list[str]:
        """Return the number over the project's name."""
        return [f"Request {obj.pk}", obj.project.project_name]

    @display(
        description="state",
        ordering="state",
        label={"Pending": "warning", "Approved": "success", "Rejected": "danger"},
    )
    def state_badge(self, obj: IssuanceRequest) -> str:
        """Return the state as a badge."""
        return obj.get_state_display()

    @display(description="quantity (t CO₂e)", ordering="quantity_kg")
    def quantity(self, obj: IssuanceRequest) -> str:
        """Return the tonnes asked for."""
        return tonnes(obj.quantity_kg)

    @display(description="absorption", label={"Above": "warning", "Within": "success"})
    def plausibility(self, obj: IssuanceRequest) -> str | None:
        """Return whether the project's stated absorption explains the quantity."""
        above = issuance_preview(obj).is_above_plausible
        return None if above is None else "Above" if above else "Within"

    @display(description="labels")
    def labels_text(self, obj: IssuanceRequest) -> str | None:
        """Return the labels in a line."""
        return ", ".join(obj.labels) or None


def _initial(request: HttpRequest) -> dict[str, Any]:
    """Begin with the verified period that the person came from, and what it suggests."""
    key = request.GET.get("monitoring_period", "")
    period = MonitoringPeriod.objects.filter(pk=key).first() if key.isdigit() and len(key) < 18 else None
    if period is None:
        return {}
    certification = period.project.certifications.first()
    return {
        "monitoring_period": period.pk,
        "vintage": period.ends_on.year,
        "quantity": tonnes(period.verified_kg).replace(",", ""),
        "standard": certification.standard_id if certification else None,
    }


def _facts(preview: IssuancePreview) -> list[tuple[str, Any]]:
    return [("Project", preview.request.project), ("Vintage", preview.request.vintage)] + [
        (label.removeprefix("t ").capitalize(), f"{value} t") for value, label in preview.figures
    ]
