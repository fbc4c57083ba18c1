"""The conflict report: projects that two registries may both list, side by side, with a person's verdict."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeNumericFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from carboncore.common.admin.base import ReadOnlyAdmin
from carboncore.common.admin.confirm import confirm_page, posted
from integrations.choices import ConflictVerdict
from integrations.models import ListingConflict
from integrations.services import conflict_decide
from registry.models import Project

_CONSEQUENCES = {
    ConflictVerdict.SAME: "Both rows stand for one project. Say which of the two listings counts and what becomes of"
    " the other; then withdraw or correct it on its own page.",
    ConflictVerdict.RELATED: "Two projects that belong together, such as phases or neighbours. Both stay.",
    ConflictVerdict.DIFFERENT: "The likeness is chance. Both stay, and this pair is not asked about again.",
    ConflictVerdict.OPEN: "The verdict is taken back, and the pair waits for one again.",
}


class VerdictForm(forms.Form):
    """A few words for whoever meets this pair next."""

    note = forms.CharField(required=False, max_length=4000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}))


@admin.register(ListingConflict)
class ListingConflictAdmin(ReadOnlyAdmin):
    """The page of one pair; a verdict is the only thing written here."""

    empty_words = "No two projects look like one. After imports the command find_conflicts compares all of them."
    list_display = ("score_badge", "first", "second", "why", "verdict_badge", "found_at")
    list_display_links = ("score_badge", "first")
    list_select_related = ("project_a", "project_b")
    list_filter = (("verdict", ChoicesDropdownFilter), ("score", RangeNumericFilter))
    search_fields = ("project_a__project_name", "project_b__project_name")
    ordering = ("-score", "pk")
    readonly_fields = ("comparison",)
    fieldsets = (
        (None, {"fields": ("comparison",)}),
        ("Verdict", {"fields": ("verdict", "note", "decided_by", "decided_at")}),
    )
    change_form_outer_before_template = "integrations/conflict_head.html"

    def get_queryset(self, request: HttpRequest) -> Any:
        """Leave the boundaries out: nothing here draws them."""
        return super().get_queryset(request).defer("project_a__coordinates", "project_b__coordinates")

    def get_urls(self) -> list[URLPattern]:
        """Add the page of each verdict."""
        verdict = path(
            "<int:pk>/verdict/<slug:verdict>/",
            self.admin_site.admin_view(self.verdict_view),
            name="integrations_listingconflict_verdict",
        )
        return [verdict, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Add the verdict buttons for those who may decide."""
        conflict = self.get_object(request, object_id)
        head: dict[str, Any] = {}
        if conflict is not None:
            may = request.user.has_perm("integrations.change_listingconflict")
            verdicts = [choice for choice in ConflictVerdict if choice != conflict.verdict] if may else []
            head = {"conflict": conflict, "verdicts": verdicts}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **head})

    def verdict_view(self, request: HttpRequest, pk: int, verdict: str) -> HttpResponse:
        """Ask, then keep the verdict."""
        if not request.user.has_perm("integrations.change_listingconflict"):
            raise PermissionDenied
        conflict = ListingConflict.objects.select_related("project_a", "project_b").filter(pk=pk).first()
        if conflict is None or verdict not in ConflictVerdict.values:
            raise Http404
        choice = ConflictVerdict(verdict)
        actor: Any = request.user

        def run(data: dict[str, Any]) -> str:
            conflict_decide(actor=actor, pk=conflict.pk, verdict=choice, note=data["note"])
            return f"Kept: {choice.label.lower()}."

        return confirm_page(
            self,
            request,
            obj=conflict,
            title=f"Verdict: {choice.label}",
            submit=f"Keep “{choice.label}”",
            form=VerdictForm(posted(request), initial={"note": conflict.note}),
            run=run,
            back=reverse("admin:integrations_listingconflict_change", args=[conflict.pk]),
            context={
                "explanation": _CONSEQUENCES[choice],
                "facts": [("First", _listing(conflict.project_a)), ("Second", _listing(conflict.project_b))],
            },
        )

    @display(description="likeness", ordering="score")
    def score_badge(self, obj: ListingConflict) -> str:
        """Return the score in percent."""
        return f"{obj.score} %"

    @display(description="first", header=True)
    def first(self, obj: ListingConflict) -> list[str]:
        """Return the older project over its listing."""
        return [obj.project_a.project_name, _origin(obj.project_a)]

    @display(description="second", header=True)
    def second(self, obj: ListingConflict) -> list[str]:
        """Return the newer project over its listing."""
        return [obj.project_b.project_name, _origin(obj.project_b)]

    @display(description="why")
    def why(self, obj: ListingConflict) -> str:
        """Return the weightiest reason."""
        reasons = sorted(obj.reasons, key=lambda reason: -reason["points"])
        return reasons[0]["text"] if reasons else "–"

    @display(
        description="verdict",
        ordering="verdict",
        label={
            ConflictVerdict.OPEN.label: "warning",
            ConflictVerdict.SAME.label: "danger",
            ConflictVerdict.RELATED.label: "info",
            ConflictVerdict.DIFFERENT.label: "success",
        },
    )
    def verdict_badge(self, obj: ListingConflict) -> str:
        """Return the verdict as a badge."""
        return obj.get_verdict_display()

    @display(description="side by side")
    def comparison(self, obj: ListingConflict) -> Any:
        """Show both projects' facts beside each other, and why they look alike."""
        pair = (
            Project.objects.select_related("project_type", "country")
            .defer("coordinates")
            .in_bulk([obj.project_a_id, obj.project_b_id])
        )
        first, second = pair[obj.project_a_id], pair[obj.project_b_id]
        rows = [
            {"label": label, "first": one, "second": other, "same": one == other and one != "–"}
            for label, one, other in zip(_LABELS, _facts(first), _facts(second), strict=True)
        ]
        return render_to_string(
            "integrations/comparison.html", {"first": first, "second": second, "rows": rows, "reasons": obj.reasons}
        )


_LABELS = ("Listed as", "Initiator", "Country", "Region", "Type", "Status", "First vintage", "Crediting period",
           "Estimated t CO₂e a year", "Area (ha)", "Centre")  # fmt: skip


def _facts(project: Project) -> list[str]:
    area = project.area_ha if project.area_ha is not None else project.total_area
    start, end = project.crediting_period_start, project.crediting_period_end
    located = project.centroid_latitude is not None and project.centroid_longitude is not None
    return [
        _origin(project),
        project.project_initiator or "–",
        str(project.country),
        project.region or "–",
        str(project.project_type),
        project.get_status_display(),
        str(project.vintage_year or "–"),
        f"{start or '?'} to {end or '?'}" if start or end else "–",
        "–" if project.estimated_annual_reductions is None else f"{project.estimated_annual_reductions:,.0f}",
        "–" if area is None else f"{area:,.0f}",
        f"{project.centroid_latitude:.3f}°, {project.centroid_longitude:.3f}°" if located else "–",
    ]


def _origin(project: Project) -> str:
    if not project.origin_registry:
        return f"here only, no. {project.pk}"
    return f"{project.get_origin_registry_display()} {project.origin_id}"


def _listing(project: Project) -> str:
    return f"{project} ({_origin(project)})"
