"""Payments that need a person: the queue, and the decision about each."""

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
from transactions.admin.fields import choice_field, reason_field
from transactions.admin.pages import WORK, Deed, Head, LedgerAdmin, page_at
from transactions.choices import IssueKind, IssueResolution
from transactions.models import PaymentIssue
from transactions.services.purchases import payment_issue_resolve

# What may be decided about an issue of each kind; the service refuses the rest.
_DECIDABLE = (IssueKind.AMOUNT_DIFFERS, IssueKind.NOT_DELIVERABLE)


class ResolveForm(forms.Form):
    """What is done about it, and why."""

    resolution = choice_field("Decision", IssueResolution.choices)
    note = reason_field("Kept with the issue; a refund's reason is read by the buyer.", label="Note")

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if kind not in _DECIDABLE:
            choices: Any = self.fields["resolution"]
            choices.choices = [(IssueResolution.NOTED.value, IssueResolution.NOTED.label)]


class OpenFilter(SimpleListFilter):
    """Whether somebody has decided it."""

    title = "decided"
    parameter_name = "decided"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the two answers."""
        return [("no", "Needs attention"), ("yes", "Decided")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[PaymentIssue]) -> QuerySet[PaymentIssue]:
        """Narrow to the answer."""
        if self.value() in ("no", "yes"):
            return queryset.filter(resolved_at__isnull=self.value() == "no")
        return queryset


@admin.register(PaymentIssue)
class PaymentIssueAdmin(LedgerAdmin):
    """The queue and the page of one issue."""

    list_display = ("kind_and_purchase", "state_badge", "details_short", "opened_at", "resolved_by")
    list_select_related = ("resolved_by",)
    list_filter = (OpenFilter, ("kind", ChoicesDropdownFilter))
    search_fields = ("subject", "details")
    ordering = ("-pk",)
    deeds: ClassVar[tuple[Deed, ...]] = (
        Deed("resolve", "Decide", "What is to be done about this payment?", WORK,
             lambda issue, _: issue.resolved_at is None),
    )  # fmt: skip
    fieldsets = (
        (None, {"fields": ("kind", "transaction", "subject", "details", "opened_at")}),
        ("Decision", {"fields": ("resolution", "resolution_note", "resolved_by", "resolved_at")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[PaymentIssue]:
        """Leave out purchases of projects that are out of the person's reach."""
        return super().get_queryset(request).filter(in_reach("transaction__project", or_none=True))

    def deed_resolve(self, request: HttpRequest, obj: PaymentIssue, deed: Deed) -> HttpResponse:
        """Deliver the credits all the same, give the money back, or note that it is settled."""
        actor: Any = request.user

        def run(data: dict[str, Any]) -> str:
            issue = payment_issue_resolve(actor=actor, pk=obj.pk, resolution=data["resolution"], note=data["note"])
            return f"Decided: {issue.get_resolution_display().lower()}."

        facts = [("Issue", obj.get_kind_display()), ("Details", obj.details)]
        return self.ask(request, obj, deed, form=ResolveForm(posted(request), kind=obj.kind), run=run, facts=facts)

    def page_head(self, request: HttpRequest, obj: PaymentIssue) -> Head:
        """Say whether it needs somebody, and lead to the purchase."""
        link = page_at("transactions_transaction", obj.transaction_id)
        return Head(
            status=obj.get_resolution_display() if obj.resolution else "Needs attention",
            tone="good" if obj.resolution else "bad",
            links=[("The purchase", link)] if link else [],
            notes=[] if obj.resolution else [("warning", obj.details)],
        )

    @display(description="issue", header=True, ordering="kind")
    def kind_and_purchase(self, obj: PaymentIssue) -> list[str]:
        """Return the kind over the purchase's number."""
        purchase = f"Purchase no. {obj.transaction_id}" if obj.transaction_id else "No purchase of ours"
        return [obj.get_kind_display(), purchase]

    @display(description="state", label={"Needs attention": "danger"})
    def state_badge(self, obj: PaymentIssue) -> str:
        """Return the decision as a badge."""
        return obj.get_resolution_display() if obj.resolution else "Needs attention"

    @display(description="details")
    def details_short(self, obj: PaymentIssue) -> str:
        """Return the beginning of what is known."""
        return obj.details if len(obj.details) <= 90 else f"{obj.details[:89]}…"
