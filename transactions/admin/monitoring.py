"""Monitoring periods: stated, submitted, verified or rejected. Here, because issuing credits is what they lead to."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import action, display

from carboncore.common.admin.confirm import confirm_page, posted
from registry.choices import MonitoringStatus
from registry.models import MonitoringPeriod, StandardValidator
from registry.reach import in_reach
from registry.services import (
    monitoring_period_create,
    monitoring_period_reject,
    monitoring_period_submit,
    monitoring_period_verify,
)
from registry.services.monitoring import MAX_REASON
from transactions.admin.fields import (
    TonnesField,
    date_field,
    looked_up_field,
    reason_field,
    record_field,
    tonnes,
)
from transactions.admin.pages import Cell, Deed, Head, LedgerAdmin, Table, list_of, moment, number, page_of
from transactions.choices import RequestState
from transactions.models import IssuanceRequest
from transactions.rights import ASKS_ISSUANCE
from transactions.services.issuance_checks import plausible_kg

VERIFY = "registry.verify_monitoringperiod"
STATUS_TONES = {
    MonitoringStatus.DRAFT: "plain",
    MonitoringStatus.SUBMITTED: "busy",
    MonitoringStatus.VERIFIED: "good",
    MonitoringStatus.REJECTED: "bad",
}


class StateForm(forms.Form):
    """What a project claims for a period."""

    project = looked_up_field("Project", MonitoringPeriod, "project")
    starts_on = date_field("First day")
    ends_on = date_field("Last day", help_text="Included. The period must be over.")
    claimed = TonnesField(label="Claimed (t CO₂e)")


class VerifyForm(forms.Form):
    """What the verification body confirmed."""

    verified = TonnesField(label="Verified (t CO₂e)", help_text="As in the verification report; not more than claimed.")
    validator = record_field(
        "Verification body",
        StandardValidator.objects.none(),
        help_text="It must have been accredited on that day for a standard of the project.",
    )
    verified_on = date_field("Verified on", help_text="The day of the verification report.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: Any = self.fields["validator"]
        choices.queryset = StandardValidator.objects.filter(is_active=True)


class ReasonForm(forms.Form):
    """Why it is refused."""

    reason = reason_field("Kept in the period's history. Its days are free again for another.", length=MAX_REASON)


def _is_for_a_second_person(period: MonitoringPeriod, actor: Any) -> bool:
    return bool(period.status == MonitoringStatus.SUBMITTED and period.submitted_by_id != actor.pk)


@admin.register(MonitoringPeriod)
class MonitoringPeriodAdmin(LedgerAdmin):
    """The list of periods and the page of one."""

    list_display = ("period_and_project", "status_badge", "claimed", "verified", "validator", "verified_on")
    list_select_related = ("project", "validator")
    list_filter = (("status", ChoicesDropdownFilter), ("project", AutocompleteSelectFilter))
    search_fields = ("project__project_name",)
    ordering = ("-ends_on", "-pk")
    actions_list = ["state_period"]
    fieldsets = (
        ("Claim", {"fields": ("project", ("starts_on", "ends_on"), "claimed", "submitted_by")}),
        ("Verification", {"fields": ("verified", "validator", "verified_on", "verified_by")}),
    )
    readonly_fields = ("claimed", "verified")
    deeds: ClassVar[tuple[Deed, ...]] = (
        Deed("verify", "Verify", "Record the verification of this period?", VERIFY, _is_for_a_second_person),
        Deed(
            "submit",
            "Submit",
            "Submit this period for verification?",
            "registry.change_monitoringperiod",
            lambda period, _: period.status == MonitoringStatus.DRAFT,
        ),
        Deed(
            "reject",
            "Reject",
            "Reject this period?",
            VERIFY,
            _is_for_a_second_person,
            is_dangerous=True,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[MonitoringPeriod]:
        """Leave the boundaries of projects out."""
        return super().get_queryset(request).filter(in_reach("project")).defer("project__coordinates")

    # -- stating ----------------------------------------------------------------------------------------------

    def has_state_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the person may state a period."""
        return request.user.has_perm("registry.add_monitoringperiod")

    @action(description="State a period", url_path="state", permissions=["state"], icon="add")
    def state_period(self, request: HttpRequest) -> HttpResponse:
        """Ask for a new period, and keep it as a draft."""
        if not self.has_state_permission(request):
            raise PermissionDenied
        actor: Any = request.user
        made: list[MonitoringPeriod] = []

        def run(data: dict[str, Any]) -> str:
            made.append(
                monitoring_period_create(
                    actor=actor,
                    project=data["project"],
                    starts_on=data["starts_on"],
                    ends_on=data["ends_on"],
                    claimed_kg=data["claimed"],
                )
            )
            return "The period is a draft. Submit it when the monitoring report is complete."

        response = confirm_page(
            self,
            request,
            obj=None,
            title="State a monitoring period",
            submit="Keep as a draft",
            form=StateForm(posted(request), initial={"project": request.GET.get("project")}),
            run=run,
            back=list_of("registry_monitoringperiod"),
            context={"explanation": "What the project claims for some days. A second person records its verification."},
        )
        return HttpResponseRedirect(page_of(made[0])) if made else response

    # -- deeds ------------------------------------------------------------------------------------------------

    def deed_submit(self, request: HttpRequest, obj: MonitoringPeriod, deed: Deed) -> HttpResponse:
        """Hand the period in."""
        actor: Any = request.user

        def run(_: dict[str, Any]) -> str:
            monitoring_period_submit(actor=actor, pk=obj.pk)
            return "The period is submitted. Somebody else records its verification."

        form = forms.Form(posted(request))
        return self.ask(request, obj, deed, form=form, run=run, facts=_facts(obj))

    def deed_verify(self, request: HttpRequest, obj: MonitoringPeriod, deed: Deed) -> HttpResponse:
        """Record the verification."""
        actor: Any = request.user

        def run(data: dict[str, Any]) -> str:
            monitoring_period_verify(
                actor=actor,
                pk=obj.pk,
                verified_kg=data["verified"],
                validator=data["validator"],
                verified_on=data["verified_on"],
            )
            return f"{tonnes(data['verified'])} t are verified. Credits can be asked for now."

        form = VerifyForm(posted(request))
        return self.ask(request, obj, deed, form=form, run=run, facts=_facts(obj))

    def deed_reject(self, request: HttpRequest, obj: MonitoringPeriod, deed: Deed) -> HttpResponse:
        """Refuse the period."""
        actor: Any = request.user

        def run(data: dict[str, Any]) -> str:
            monitoring_period_reject(actor=actor, pk=obj.pk, reason=data["reason"])
            return "The period is rejected, and its days are free again."

        return self.ask(request, obj, deed, form=ReasonForm(posted(request)), run=run, facts=_facts(obj))

    # -- reading ----------------------------------------------------------------------------------------------

    def page_head(self, request: HttpRequest, obj: MonitoringPeriod) -> Head:
        """Say where the period stands, and who can take it on."""
        plausible = plausible_kg(obj.project, obj)
        notes = []
        if obj.status == MonitoringStatus.SUBMITTED and obj.submitted_by_id == request.user.pk:
            notes.append(("info", "You submitted this period, so a second person has to verify or reject it."))
        if plausible is not None and obj.claimed_kg > plausible:
            notes.append(
                (
                    "warning",
                    f"The project's stated absorption explains {tonnes(plausible)} t of this. Issuance asks why.",
                )
            )
        may_ask = obj.status == MonitoringStatus.VERIFIED and request.user.has_perm(ASKS_ISSUANCE)
        address = f"{list_of('transactions_issuancerequest')}ask/?monitoring_period={obj.pk}"
        return Head(
            status=obj.get_status_display(),
            tone=STATUS_TONES[MonitoringStatus(obj.status)],
            notes=notes,
            links=[("Ask for the issuance of its credits", address)] if may_ask else [],
        )

    def page_tables(self, request: HttpRequest, obj: MonitoringPeriod) -> list[Table]:
        """Show what was asked to be issued for the period."""
        if not request.user.has_perm("transactions.view_issuancerequest"):
            return []
        requests = IssuanceRequest.objects.filter(monitoring_period=obj).select_related("batch")[:50]
        rows = [
            [
                Cell(f"Request {row.pk}", page_of(row)),
                Cell(str(row.vintage)),
                number(tonnes(row.quantity_kg)),
                Cell(row.get_state_display(), tone=REQUEST_TONES[RequestState(row.state)]),
                Cell(moment(row.requested_at)),
                Cell(row.batch, page_of(row.batch)) if row.batch else Cell(""),
            ]
            for row in requests
        ]
        headers = ("Request", "Vintage", "t CO₂e", "State", "Asked", "Batch")
        return [Table("Issuance", headers, rows, "No credits were asked for yet.")]

    @display(description="period", header=True, ordering="starts_on")
    def period_and_project(self, obj: MonitoringPeriod) -> list[str]:
        """Return the days over the project's name."""
        return [str(obj), obj.project.project_name]

    @display(
        description="status",
        ordering="status",
        label={"Draft": "default", "Submitted": "info", "Verified": "success", "Rejected": "danger"},
    )
    def status_badge(self, obj: MonitoringPeriod) -> str:
        """Return the status as a badge."""
        return obj.get_status_display()

    @display(description="claimed (t CO₂e)", ordering="claimed_kg")
    def claimed(self, obj: MonitoringPeriod) -> str:
        """Return the claimed tonnes."""
        return tonnes(obj.claimed_kg)

    @display(description="verified (t CO₂e)", ordering="verified_kg")
    def verified(self, obj: MonitoringPeriod) -> str | None:
        """Return the verified tonnes."""
        return tonnes(obj.verified_kg) or None


REQUEST_TONES = {RequestState.PENDING: "wait", RequestState.APPROVED: "good", RequestState.REJECTED: "bad"}


def _facts(period: MonitoringPeriod) -> list[tuple[str, Any]]:
    return [("Project", period.project), ("Period", str(period)), ("Claimed", f"{tonnes(period.claimed_kg)} t CO₂e")]
