"""Land that two projects claim: the list, both boundaries on a map, and the justification."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.forms import Media
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextareaWidget

from carboncore.common.admin.base import ReadOnlyAdmin
from carboncore.common.admin.confirm import confirm_page, posted
from registry.admin.boundary_widget import BOUNDARY_MAP_MEDIA, boundary_map
from registry.choices import OverlapState
from registry.models import BoundaryOverlap, Project
from registry.reach import in_reach
from registry.services import overlap_justify


class JustificationForm(forms.Form):
    """Why the land is not counted twice."""

    justification = forms.CharField(
        max_length=4000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 5}),
        help_text="For example: the projects credit different activities, or their crediting periods do not meet."
        " Both projects show it.",
    )


@admin.register(BoundaryOverlap)
class BoundaryOverlapAdmin(ReadOnlyAdmin):
    """The page of an overlap; the boundaries make it, only its justification is written here."""

    list_display = ("first_name", "second_name", "shared", "shares", "state_badge", "found_at")
    list_select_related = ("first", "second")
    list_filter = (("state", ChoicesDropdownFilter),)
    search_fields = ("first__project_name", "second__project_name")
    ordering = ("state", "-shared_ha")
    actions_detail = ["justify"]
    fieldsets = (
        (None, {"fields": ("pair", "shared", "shares", "state_badge", "found_at")}),
        ("Map", {"fields": ("maps",)}),
        ("Decision", {"fields": ("justification", "decided_by", "decided_at")}),
    )
    readonly_fields = ("pair", "shared", "shares", "state_badge", "maps")

    @property
    def media(self) -> Media:
        """Add the map."""
        return super().media + BOUNDARY_MAP_MEDIA

    def get_queryset(self, request: HttpRequest) -> Any:
        """Leave the boundaries out of the list."""
        queryset = super().get_queryset(request).filter(in_reach("first") | in_reach("second"))
        if request.resolver_match and request.resolver_match.url_name.endswith("changelist"):  # type: ignore[union-attr]
            queryset = queryset.defer("first__coordinates", "second__coordinates")
        return queryset

    def has_justify_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Return whether the person may settle overlaps, and this one is not gone."""
        if not request.user.has_perm("registry.settle_overlap"):
            return False
        if object_id is None or request.method == "POST":
            return True
        return BoundaryOverlap.objects.filter(pk=object_id).exclude(state=OverlapState.RESOLVED).exists()

    @action(description="Justify", url_path="justify", permissions=["justify"], icon="gavel")
    def justify(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask why the land is not counted twice, and keep the answer."""
        overlap = self.get_object(request, object_id)
        if overlap is None:
            raise Http404
        if not self.has_view_permission(request, overlap):
            raise PermissionDenied
        actor: Any = request.user

        def run(data: dict[str, Any]) -> str:
            overlap_justify(actor=actor, pk=overlap.pk, justification=data["justification"])
            return "The overlap is justified; both projects can go on to registration as far as it is concerned."

        return confirm_page(
            self,
            request,
            obj=overlap,
            title="Justify this overlap",
            submit="Keep this justification",
            form=JustificationForm(posted(request), initial={"justification": overlap.justification}),
            run=run,
            back=reverse("admin:registry_boundaryoverlap_change", args=[overlap.pk]),
            context={
                "explanation": "Land is not to be counted twice. Say why these two projects do not."
                " If a boundary is wrong, go back and correct that boundary instead.",
                "facts": [
                    ("First project", str(overlap.first)),
                    ("Second project", str(overlap.second)),
                    ("Shared", self.shared(overlap)),
                ],
            },
        )

    @display(description="first project", ordering="first__project_name")
    def first_name(self, obj: BoundaryOverlap) -> str:
        """Return the older project's name."""
        return str(obj.first)

    @display(description="second project", ordering="second__project_name")
    def second_name(self, obj: BoundaryOverlap) -> str:
        """Return the newer project's name."""
        return str(obj.second)

    @display(description="shared", ordering="shared_ha")
    def shared(self, obj: BoundaryOverlap) -> str:
        """Return the shared hectares."""
        return f"{obj.shared_ha:,.2f} ha"

    @display(description="share of each")
    def shares(self, obj: BoundaryOverlap) -> str:
        """Return what part of each project's land is shared."""
        return f"{100 * obj.share_of_first:.1f} % / {100 * obj.share_of_second:.1f} %"

    @display(
        description="state",
        ordering="state",
        label={
            OverlapState.OPEN.label: "danger",
            OverlapState.JUSTIFIED.label: "success",
            OverlapState.RESOLVED.label: "info",
        },
    )
    def state_badge(self, obj: BoundaryOverlap) -> str:
        """Return the state as a badge."""
        return obj.get_state_display()

    @display(description="projects")
    def pair(self, obj: BoundaryOverlap) -> Any:
        """Return links to both projects."""
        return format_html("{} · {}", _link(obj.first), _link(obj.second))

    @display(description="boundaries")
    def maps(self, obj: BoundaryOverlap) -> Any:
        """Show the first project's boundary, with the second among its neighbours."""
        if obj.first.coordinates is None:
            return "The first project has no boundary any more."
        return boundary_map(
            obj.first.coordinates,
            caption=f"{obj.first}; its neighbours, {obj.second} among them, are drawn beside it.",
            neighbours_url=reverse("admin:registry_project_neighbours"),
            project_id=str(obj.first_id),
        )


def _link(project: Project) -> Any:
    address = reverse("admin:registry_project_change", args=[project.pk])
    return format_html('<a class="st-link" href="{}">{}</a>', address, project)
