"""Factor sets with what they changed, their factors, and the upload of the official flat file."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from carboncore.common.admin.base import ReadOnlyAdmin
from carboncore.common.admin.confirm import confirm_page, posted
from integrations.emission_choices import SetStatus
from integrations.factor_files.flat_file import read_flat_file
from integrations.models import Factor, FactorSet
from integrations.selectors.factor_changes import set_before, set_changes
from integrations.services.factors import factor_set_load

_SHOWN_CHANGES = 200
_LARGEST_FILE = 20 * 1024 * 1024


class FlatFileForm(forms.Form):
    """The government's flat file and what this upload of it is called."""

    upload = forms.FileField(
        label="Flat file", help_text="XLSX or CSV, as published.", widget=UnfoldAdminFileFieldWidget
    )
    version = forms.CharField(
        max_length=40, help_text="As published, such as 2026 v1.2 full.", widget=UnfoldAdminTextInputWidget
    )
    current = forms.BooleanField(
        required=False,
        initial=True,
        help_text="The publisher's present set becomes an earlier one; no result changes.",
        widget=UnfoldBooleanSwitchWidget,
    )

    def clean_upload(self) -> Any:
        """Refuse what cannot be the flat file, of half a megabyte."""
        upload = self.cleaned_data["upload"]
        if upload.size > _LARGEST_FILE:
            raise forms.ValidationError("The flat file has about half a megabyte; this is more than 20 MB.")
        return upload


@admin.register(FactorSet)
class FactorSetAdmin(ReadOnlyAdmin):
    """The loaded sets; one is added by its file and never changed."""

    empty_words = (
        "Load the sets that come with the project by the command load_factors, or upload the official flat file."
    )
    list_display = ("title", "year", "status_badge", "gwp_basis", "factor_count", "licence", "loaded_at")
    list_filter = (("status", ChoicesDropdownFilter), "publisher")
    search_fields = ("publisher", "name", "version")
    ordering = ("-year", "publisher", "-pk")
    readonly_fields = ("changes",)
    fieldsets = (
        (
            "Publication",
            {"fields": ("publisher", "name", "version", "year", "gwp_basis", "valid_from", "valid_to", "status")},
        ),
        ("Source", {"fields": ("source", "licence", "note", "factor_count", "digest", "loaded_at", "loaded_by")}),
        ("Against the year before", {"fields": ("changes",)}),
    )
    actions_list = ("upload_flat_file",)

    def get_urls(self) -> list[URLPattern]:
        """Add the page of the upload."""
        upload = path("upload/", self.admin_site.admin_view(self.upload_view), name="integrations_factorset_upload")
        return [upload, *super().get_urls()]

    @action(description="Load the official flat file", url_path="upload-flat-file", permissions=["upload"])
    def upload_flat_file(self, request: HttpRequest) -> HttpResponse:
        """Lead to the upload's page."""
        return self.upload_view(request)

    def has_upload_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Return whether this person may load factors."""
        return request.user.has_perm("integrations.add_factorset")

    def upload_view(self, request: HttpRequest) -> HttpResponse:
        """Ask for the file, and load it."""
        if not self.has_upload_permission(request):
            raise PermissionDenied
        actor: Any = request.user
        form = FlatFileForm(posted(request), request.FILES or None)

        def run(data: dict[str, Any]) -> str:
            file = read_flat_file(stream=data["upload"].file, version=data["version"].strip(), current=data["current"])
            made, new = factor_set_load(file=file, actor=actor)
            return f"{made}: {made.factor_count:,} factors loaded." if new else f"{made} was loaded before."

        return confirm_page(
            self,
            request,
            obj=None,
            title="Load the UK government's conversion factors",
            submit="Load",
            form=form,
            run=run,
            back=reverse("admin:integrations_factorset_changelist"),
            context={
                "explanation": "Results keep their factors. Those of new months use the new set, and others move to it"
                " when somebody asks for it."
            },
        )

    @display(description="set", ordering="publisher", header=True)
    def title(self, obj: FactorSet) -> list[str]:
        """Return the publisher and version over the name."""
        return [str(obj), obj.name]

    @display(
        description="status",
        ordering="status",
        label={
            SetStatus.CURRENT.label: "success",
            SetStatus.EARLIER.label: "info",
            SetStatus.REFERENCE.label: "warning",
        },
    )
    def status_badge(self, obj: FactorSet) -> str:
        """Return the status as a badge."""
        return obj.get_status_display()

    @display(description="changes")
    def changes(self, obj: FactorSet) -> Any:
        """Show what was added, removed and changed against the publisher's set of the year before."""
        before = set_before(obj)
        if before is None:
            return "There is no earlier set of this publisher."
        found = set_changes(before=before, after=obj)
        groups = [
            ("Changed", found.changed[:_SHOWN_CHANGES], len(found.changed)),
            ("Added", found.added[:_SHOWN_CHANGES], len(found.added)),
            ("Not in this set", found.removed[:_SHOWN_CHANGES], len(found.removed)),
        ]
        return render_to_string("integrations/factor_changes.html", {"changes": found, "groups": groups, "after": obj})


@admin.register(Factor)
class FactorAdmin(ReadOnlyAdmin):
    """Every factor of every set."""

    empty_words = "Factors come with their set: Factor sets."
    list_display = ("label", "activity", "line", "region", "unit", "kg_co2e", "scope", "category", "factor_set")
    list_select_related = ("factor_set",)
    list_filter = (("line", ChoicesDropdownFilter), "scope", ("factor_set", RelatedDropdownFilter))
    search_fields = ("label", "activity", "key")
    ordering = ("-factor_set__year", "pk")
    fieldsets = (
        (None, {"fields": ("factor_set", "label", "activity", "key", "line", "region", "scope", "category")}),
        ("Figures", {"fields": ("unit", "kg_co2e", "co2", "ch4", "n2o")}),
    )
