"""Emissions with their arithmetic, calculations, and activities that wait for somebody to say what they are."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from carboncore.common.admin.base import ReadOnlyAdmin
from carboncore.common.admin.confirm import confirm_page, posted
from integrations.admin.narrowing import BroughtByConnectionAdmin
from integrations.choices import ReadingType
from integrations.emission_choices import RunStatus
from integrations.emissions.arithmetic import plain
from integrations.emissions.explaining import ROUNDING, steps
from integrations.models import ActivityMapping, Emission, EmissionRun, UnmatchedActivity
from integrations.selectors.factors import activities_known
from integrations.services.factors import activity_map


@admin.register(Emission)
class EmissionAdmin(BroughtByConnectionAdmin):
    """Results, to read; the page of one shows the arithmetic that a person can redo."""

    empty_words = "Results appear once data sources bring readings: they are calculated by themselves after each sync."
    list_display = ("month_shown", "connection", "reading_type", "line", "kilograms", "basis", "state")
    list_select_related = ("connection",)
    list_filter = (
        "scope",
        ("line", ChoicesDropdownFilter),
        ("basis", ChoicesDropdownFilter),
        ("superseded_at", admin.EmptyFieldListFilter),
        ("out_of_date_at", admin.EmptyFieldListFilter),
    )
    search_fields = ("connection__display_name", "series", "activity")
    ordering = ("-month", "-pk")
    readonly_fields = ("arithmetic", "month_shown", "kilograms")
    fieldsets = (
        (None, {"fields": ("connection", "reading_type", "series", "name", "month_shown", "site", "quality")}),
        ("Result", {"fields": ("kilograms", "low", "high", "scope", "category", "line", "method", "basis")}),
        ("Arithmetic", {"fields": ("arithmetic", "factor", "engine_version", "calculated_at")}),
        ("Since then", {"fields": ("out_of_date_at", "superseded_at", "superseded_by")}),
    )

    @display(description="month", ordering="month")
    def month_shown(self, obj: Emission) -> str:
        """Return the month without a day."""
        return f"{obj.month:%Y-%m}"

    @display(description="kg CO₂e", ordering="kg_co2e")
    def kilograms(self, obj: Emission) -> str:
        """Return the kilograms with three places."""
        return f"{obj.kg_co2e:,.3f}"

    @display(description="state", label={"Current": "success", "Out of date": "warning", "Superseded": "info"})
    def state(self, obj: Emission) -> str:
        """Return whether the result still stands."""
        if obj.superseded_at is not None:
            return "Superseded"
        return "Out of date" if obj.out_of_date_at else "Current"

    @display(description="step by step")
    def arithmetic(self, obj: Emission) -> Any:
        """Show the sums with their numbers."""
        told = steps(
            basis=obj.basis,
            quantity=obj.quantity,
            unit=obj.unit,
            kg_co2e=obj.kg_co2e,
            inputs=obj.inputs,
            reading_count=obj.reading_count,
        )
        context = {"steps": told, "notes": obj.inputs.get("notes", []), "rounding": ROUNDING}
        return render_to_string("integrations/arithmetic.html", context)


@admin.register(EmissionRun)
class EmissionRunAdmin(ReadOnlyAdmin):
    """Calculations, with what came of each or why it failed."""

    empty_words = "Data sources are calculated by themselves after each sync, or when their owner asks for it."
    list_display = ("queued_at", "connection", "status_badge", "results_new", "results_kept", "results_superseded",
                    "unmatched", "renew", "error_message")  # fmt: skip
    list_select_related = ("connection",)
    list_filter = (("status", ChoicesDropdownFilter), "renew")
    search_fields = ("connection__display_name", "error_message")
    ordering = ("-queued_at", "-pk")

    @display(
        description="status",
        ordering="status",
        label={
            RunStatus.DONE.label: "success",
            RunStatus.FAILED.label: "danger",
            RunStatus.RUNNING.label: "info",
            RunStatus.QUEUED.label: "warning",
        },
    )
    def status_badge(self, obj: EmissionRun) -> str:
        """Return the status as a badge."""
        return obj.get_status_display()


_MAPS = "integrations.add_activitymapping"


class SuggestingInput(UnfoldAdminTextInputWidget):
    """A line of text for which the browser offers what is known while somebody types; it needs no script."""

    def __init__(self, *, suggestions: Sequence[tuple[str, str]]) -> None:
        super().__init__(attrs={"list": "known-answers", "autocomplete": "off"})
        self.suggestions = suggestions

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """Return the field with the list of suggestions behind it."""
        options = format_html_join("", '<option value="{}">{}</option>', self.suggestions)
        field = super().render(name, value, attrs, renderer)
        return format_html('{}<datalist id="known-answers">{}</datalist>', field, options)


class MappingForm(forms.Form):
    """What a name means, and why."""

    activity = forms.CharField(max_length=120)
    note = forms.CharField(
        required=False, max_length=500, help_text="Why the two are the same.", widget=UnfoldAdminTextInputWidget
    )

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["activity"]
        if kind == ReadingType.AI_USAGE:
            field.widget = UnfoldAdminTextInputWidget()
            field.help_text = "The language model with its provider, such as openai/gpt-4o."
        else:
            field.widget = SuggestingInput(suggestions=activities_known())
            field.help_text = "Begin to type, such as diesel: the activities that have a factor are offered."


@admin.register(UnmatchedActivity)
class UnmatchedActivityAdmin(ReadOnlyAdmin):
    """Readings in no total, and the page on which staff say what they are."""

    empty_words = "Every reading found a factor. Those that find none wait here until somebody says what they are."
    list_display = ("what", "reading_type", "amount", "reading_count", "message", "connection", "deed")
    list_select_related = ("connection",)
    list_filter = (("reason", ChoicesDropdownFilter), ("reading_type", ChoicesDropdownFilter))
    search_fields = ("text", "connection__display_name")
    ordering = ("-seen_at", "-pk")

    def get_urls(self) -> list[URLPattern]:
        """Add the page of the mapping."""
        mapping = path(
            "<int:pk>/map/", self.admin_site.admin_view(self.map_view), name="integrations_unmatchedactivity_map"
        )
        return [mapping, *super().get_urls()]

    def get_list_display(self, request: HttpRequest) -> Any:
        """Leave the way to the page of the mapping out for those who may not say it."""
        names = super().get_list_display(request)
        return names if request.user.has_perm(_MAPS) else [name for name in names if name != "deed"]

    def map_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask what the name means, and keep it."""
        if not request.user.has_perm(_MAPS):
            raise PermissionDenied
        row = UnmatchedActivity.objects.select_related("connection").filter(pk=pk).first()
        if row is None or not row.text:
            raise Http404
        actor: Any = request.user
        kind, text = row.reading_type, row.text
        readings = "reading" if row.reading_count == 1 else "readings"

        def run(data: dict[str, Any]) -> str:
            mapped = activity_map(actor=actor, reading_type=kind, text=text, **data)
            return f"Kept: {mapped}. The next calculation of each data source goes by it."

        return confirm_page(
            self,
            request,
            obj=row,
            title=f"What is “{row.text}”?",
            submit="Keep",
            form=MappingForm(posted(request), kind=kind),
            run=run,
            back=reverse("admin:integrations_unmatchedactivity_changelist"),
            context={
                "explanation": "It counts for every data source whose readings use this name.",
                "facts": [
                    ("Kind", row.get_reading_type_display()),
                    ("Quantity", f"{self.amount(row)} in {row.reading_count:,} {readings}"),
                    ("Why it is in no total", row.message),
                ],
            },
        )

    @display(description="name", ordering="text")
    def what(self, obj: UnmatchedActivity) -> str:
        """Return what the readings name."""
        return obj.text or "–"

    @display(description="quantity", ordering="quantity")
    def amount(self, obj: UnmatchedActivity) -> str:
        """Return the quantity of all its readings in their unit, without zeros at its end."""
        return f"{plain(obj.quantity)} {obj.unit}"

    @display(description="")
    def deed(self, obj: UnmatchedActivity) -> Any:
        """Lead to the page on which it is mapped."""
        if not obj.text:
            return ""
        address = reverse("admin:integrations_unmatchedactivity_map", args=[obj.pk])
        return format_html('<a class="st-link" href="{}">Say what it is</a>', address)


@admin.register(ActivityMapping)
class ActivityMappingAdmin(ReadOnlyAdmin):
    """What staff said that names mean."""

    empty_words = "Nobody has said yet what a name in the readings means. That is done at Unmatched activities."
    list_display = ("text", "reading_type", "activity", "note", "decided_by", "decided_at")
    list_select_related = ("decided_by",)
    list_filter = (("reading_type", ChoicesDropdownFilter),)
    search_fields = ("text", "activity")
    ordering = ("reading_type", "text")
