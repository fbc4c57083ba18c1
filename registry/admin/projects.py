"""Projects in the staff admin: the list, the page in the order of the work, publishing and deleting."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import Media, ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import URLPattern, path, reverse
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    RangeNumericFilter,
    RelatedDropdownFilter,
)
from unfold.decorators import action

from carboncore.common.admin.base import StaffModelAdmin
from carboncore.common.admin.exchange import ExchangeMixin
from carboncore.common.admin.history import HistorySource
from registry.admin.boundary_widget import BOUNDARY_MAP_MEDIA
from registry.admin.project_columns import ColumnsMixin
from registry.admin.project_filters import (
    OPEN_OVERLAP,
    AreaDeviationFilter,
    HasBoundaryFilter,
    OpenOverlapFilter,
    StandardFilter,
    WaitingForMeFilter,
)
from registry.admin.project_form import ProjectForm
from registry.admin.project_inlines import CertificationInline, DocumentInline
from registry.admin.project_lifecycle import LifecycleMixin
from registry.admin.project_reading import READING_FIELDS, ReadingMixin
from registry.admin.resources import ProjectResource
from registry.models import BoundaryOverlap, Document, Project, ProjectStandard
from registry.reach import in_reach
from registry.selectors.neighbours import neighbours_in_box
from registry.selectors.staff_search import projects_matching
from registry.services import (
    EDITABLE_FIELDS,
    certification_delete,
    certification_save,
    document_add,
    document_delete,
    document_update,
    project_create,
    project_delete,
    project_publish,
    project_update,
)


@admin.register(Project)
class ProjectAdmin(ColumnsMixin, LifecycleMixin, ReadingMixin, ExchangeMixin, StaffModelAdmin):
    """The list of projects and the page of one."""

    form = ProjectForm
    resource_classes = (ProjectResource,)
    list_display = (
        "name_and_origin",
        "type_code",
        "country",
        "status_badge",
        "overlap_flag",
        "public",
        "vintage",
        "area",
        "reductions",
        "updated_on",
    )
    list_select_related = ("project_type", "country")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("project_type", RelatedDropdownFilter),
        ("country", AutocompleteSelectFilter),
        "published",
        ("origin_registry", ChoicesDropdownFilter),
        StandardFilter,
        ("vintage_year", RangeNumericFilter),
        HasBoundaryFilter,
        OpenOverlapFilter,
        AreaDeviationFilter,
        WaitingForMeFilter,
    )
    search_fields = ("search_text",)  # what is searched, and how, is in get_search_results
    search_help_text = "Name, initiator, country, region, species or origin id; beginnings of words are enough."
    ordering = ("-updated_date", "-pk")
    autocomplete_fields = ("project_type", "country", "methodology")
    inlines = (CertificationInline, DocumentInline)
    actions: ClassVar[list[Any]] = ["publish_chosen", "unpublish_chosen"]
    change_form_outer_before_template = "registry/project_header.html"
    readonly_fields = (
        "area_ha", "origin_status", "origin_source", "lifecycle_timeline", "overlap_table", "created_date",
        "updated_date", "public_id",
    )  # fmt: skip
    fieldsets = (
        (
            "Identity",
            {
                "fields": (
                    "project_name", "project_initiator", "project_manager_account", "project_type", "description",
                    "website",
                )
            },
        ),
        (
            "Place & boundary",
            {
                "fields": (
                    "country", "region", "coordinates", "total_area", "area_ha", "overlap_table", "land_type",
                    "tree_types",
                )
            },
        ),
        (
            "Carbon",
            {
                "fields": (
                    "vintage_year", "methodology", "further_methodologies",
                    ("crediting_period_start", "crediting_period_end"), "estimated_annual_reductions",
                    "co2_absorption", "total_emission", "minimum_purchase_volume", "sdg_goals", "labels",
                )
            },
        ),
        ("Certification", {"fields": ("validation_date", "validation_protocol_url")}),
        ("Documents", {"fields": ()}),
        ("Lifecycle", {"fields": ("lifecycle_timeline", "created_date", "updated_date", "public_id")}),
        (
            "Origin",
            {"fields": ("origin_registry", "origin_id", "origin_url", "origin_status", "origin_source")},
        ),
        ("Internal notes", {"fields": ("notes",)}),
    )  # fmt: skip

    # -- reading ----------------------------------------------------------------------------------------------

    @property
    def media(self) -> Media:
        """Add the map for people who may only look."""
        return super().media + BOUNDARY_MAP_MEDIA

    def get_queryset(self, request: HttpRequest) -> QuerySet[Project]:
        """Leave the boundaries out of lists: they are large, and nothing there shows them."""
        queryset = super().get_queryset(request).filter(in_reach())
        if request.resolver_match and request.resolver_match.url_name == "registry_project_changelist":
            queryset = queryset.defer("coordinates", "search_vector", "search_text", "description", "notes").annotate(
                shares_land=OPEN_OVERLAP
            )
        return queryset

    def get_export_queryset(self, request: HttpRequest) -> QuerySet[Project]:
        """Fetch with all exported projects what their rows name."""
        queryset = super().get_export_queryset(request)
        return queryset.select_related("project_type", "country", "methodology").prefetch_related(
            "certifications__standard"
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Project], search_term: str
    ) -> tuple[QuerySet[Project], bool]:
        """Search as the public does: without accents, by beginnings of words, mistyped ones corrected."""
        return projects_matching(queryset, search_term), False

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show a new project without what it cannot have yet, and a reader the values in place of inputs."""
        fieldsets = [(name, {**options}) for name, options in self.fieldsets]
        if obj is None:
            fieldsets = [(n, o) for n, o in fieldsets if n != "Lifecycle"]
        missing = {"overlap_table", "area_ha", "origin_status", "origin_source"} if obj is None else set()
        reading = {} if self._may_edit(request, obj) else READING_FIELDS
        for _, options in fieldsets:
            options["fields"] = tuple(
                reading.get(name, name) if isinstance(name, str) else name
                for name in options["fields"]
                if name not in missing
            )
        return fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Add the readable forms of what a reader cannot edit."""
        extra = () if self._may_edit(request, obj) else tuple(READING_FIELDS.values())
        return (*super().get_readonly_fields(request, obj), *extra)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Tell the map where to ask for the projects around."""
        form_class = super().get_form(request, obj, change=change, **kwargs)
        form_class.neighbours_url = reverse("admin:registry_project_neighbours")
        return form_class

    def get_urls(self) -> list[URLPattern]:
        """Add what the map asks for."""
        neighbours = path(
            "neighbours/", self.admin_site.admin_view(self.neighbours), name="registry_project_neighbours"
        )
        return [neighbours, *super().get_urls()]

    def neighbours(self, request: HttpRequest) -> JsonResponse:
        """Answer the boundaries within `?bbox=west,south,east,north` (degrees) as GeoJSON."""
        if not self.has_view_permission(request):
            return JsonResponse({"message": "You may not see projects."}, status=403)
        try:
            west, south, east, north = (float(part) for part in request.GET.get("bbox", "").split(","))
        except ValueError:
            return JsonResponse({"message": "Give bbox=west,south,east,north in degrees."}, status=400)
        return JsonResponse(neighbours_in_box(west, south, east, north), content_type="application/geo+json")

    def history_sources(self, obj: Any) -> list[HistorySource]:
        """Tell the project's documents, standards and overlaps too."""
        return [
            HistorySource(Project, {"id": obj.pk}),
            HistorySource(Document, {"project_id": obj.pk}, "Document"),
            HistorySource(ProjectStandard, {"project_id": obj.pk}, "Standard"),
            HistorySource(BoundaryOverlap, {"first_id": obj.pk}, "Overlap"),
            HistorySource(BoundaryOverlap, {"second_id": obj.pk}, "Overlap"),
        ]

    def _may_edit(self, request: HttpRequest, obj: Any) -> bool:
        return self.has_add_permission(request) if obj is None else self.has_change_permission(request, obj)

    # -- writing ----------------------------------------------------------------------------------------------

    def save_by_service(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> Project:
        """Create or change the project; a version that is no longer the present one is refused."""
        actor: Any = request.user
        fields = {name: form.cleaned_data[name] for name in form.changed_data if name in EDITABLE_FIELDS}
        if not change:
            return project_create(actor=actor, fields=fields)
        return project_update(
            actor=actor, pk=obj.pk, fields=fields, expected_version=form.cleaned_data.get("expected_version")
        )

    def delete_by_service(self, request: HttpRequest, obj: Any) -> None:
        """Delete the project with all that belongs to it."""
        project_delete(pk=obj.pk)

    def save_inline(self, request: HttpRequest, parent: Any, form: ModelForm) -> Any:
        """Save one standard or one document of the project."""
        data = form.cleaned_data
        if isinstance(form.instance, ProjectStandard):
            fields = {name: data[name] for name in form.changed_data if name in CertificationInline.fields}
            return certification_save(project=parent, pk=form.instance.pk, fields=fields)
        details = {name: data[name] for name in form.changed_data if name not in ("upload", "id", "project")}
        if form.instance.pk:
            return document_update(pk=form.instance.pk, details=details)
        actor: Any = request.user
        return document_add(actor=actor, project=parent, details=details, upload=data.get("upload"))

    def delete_inline(self, request: HttpRequest, instance: Any) -> None:
        """Delete one standard or one document of the project."""
        if isinstance(instance, ProjectStandard):
            certification_delete(project=instance.project, pk=instance.pk)
        else:
            document_delete(pk=instance.pk)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[list[str], dict[str, int], set[str], list]:
        """Say what the service will delete; it refuses where credits were issued."""
        objs = list(objs)
        keys = [obj.pk for obj in objs]
        counts = {
            "projects": len(objs),
            "documents": Document.objects.filter(project__in=keys).count(),
            "standards of projects": ProjectStandard.objects.filter(project__in=keys).count(),
        }
        return [f"{obj} ({obj.get_status_display().lower()})" for obj in objs], counts, set(), []

    def has_publish_permission(self, request: HttpRequest) -> bool:
        """Return whether the person may publish and unpublish."""
        return request.user.has_perm("registry.publish_project")

    @action(description="Publish the chosen projects", permissions=["publish"])
    def publish_chosen(self, request: HttpRequest, queryset: QuerySet[Project]) -> None:
        """Show the chosen projects to the public."""
        self._publish(request, queryset, published=True)

    @action(description="Unpublish the chosen projects", permissions=["publish"])
    def unpublish_chosen(self, request: HttpRequest, queryset: QuerySet[Project]) -> None:
        """Hide the chosen projects from the public."""
        self._publish(request, queryset, published=False)

    def _publish(self, request: HttpRequest, queryset: QuerySet[Project], *, published: bool) -> None:
        keys = list(queryset.exclude(published=published).values_list("pk", flat=True))
        for pk in keys:
            project_publish(pk=pk, published=published)
        word = "published" if published else "hidden"
        note = " Those not yet registered appear once they are." if published and keys else ""
        messages.success(request, f"{len(keys)} projects are now {word}; the others already were.{note}")

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        """Stay on the new project's page: its boundary, standards and documents come next."""
        if "_addanother" in request.POST or "_popup" in request.POST:
            return super().response_add(request, obj, post_url_continue)
        messages.success(request, f"“{obj}” is a draft now. Draw its boundary, name its standards, add its documents.")
        return HttpResponseRedirect(reverse("admin:registry_project_change", args=[obj.pk]))
