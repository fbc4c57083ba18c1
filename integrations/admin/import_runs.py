"""Uploading a registry's export, and following its import."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import label_for_field
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    JsonResponse,
)
from django.urls import URLPattern, path, reverse
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminFileFieldWidget

from carboncore.common.admin.base import StaffModelAdmin
from carboncore.common.admin.confirm import confirm_page, posted
from carboncore.common.admin.refusals import RefusableForm
from integrations.choices import ImportKind, ImportState
from integrations.models import ImportRun
from integrations.services import import_run_create

_COUNTS = ("rows_read", "created_count", "changed_count", "unchanged_count", "skipped_count", "rejected_count",
           "published_count", "kept_fields")  # fmt: skip
_OVER = (ImportState.DONE, ImportState.FAILED)


class UploadForm(RefusableForm):
    """An export, where it comes from, and how to treat it."""

    upload = forms.FileField(
        label="File",
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.xlsx,.json,.gz,.zip"}),
        help_text="The export as the registry offers it for download, unchanged; up to 50 MB."
        " Larger ones: manage.py import_registry.",
    )
    kind = forms.ChoiceField(
        required=False,
        choices=[("", "Whatever its header tells"), *ImportKind.choices],
        help_text="Credits of other registries are kept as a record of theirs; nothing of them can be sold here.",
    )
    refusal_field_names = {"file": "upload"}

    class Meta:
        model = ImportRun
        fields = ("source", "kind", "dry_run", "keep_going", "publish")


@admin.register(ImportRun)
class ImportRunAdmin(StaffModelAdmin):
    """The page of an import: nobody changes it, it tells what happened."""

    form = UploadForm
    empty_words = "Upload a registry's public export: a dry run first shows what it would change."
    list_display = ("title", "state_badge", "how", "created_count", "changed_count", "rejected_count", "actor",
                    "created_at")  # fmt: skip
    list_select_related = ("actor",)
    list_filter = (
        ("source", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        ("state", ChoicesDropdownFilter),
        "dry_run",
    )
    search_fields = ("file_name", "sha256")
    ordering = ("-created_at", "-pk")
    warn_unsaved_form = False
    add_form_template = "integrations/upload_form.html"
    change_form_outer_before_template = "integrations/import_run_head.html"
    add_fieldsets = ((None, {"fields": ("source", "kind", "upload", "dry_run", "keep_going", "publish")}),)
    fieldsets = (
        ("File", {"fields": ("source", "kind", "file_name", "size_bytes", "sha256")}),
        ("How", {"fields": ("dry_run", "keep_going", "publish")}),
        ("Who and when", {"fields": ("actor", "entrance", "created_at", "started_at", "finished_at")}),
    )

    def get_urls(self) -> list[URLPattern]:
        """Add the progress and the rejected rows."""
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/progress/", wrap(self.progress), name="integrations_importrun_progress"),
            path("<int:pk>/for-real/", wrap(self.for_real), name="integrations_importrun_for_real"),
            path("<int:pk>/rejects/", wrap(self.rejects), name="integrations_importrun_rejects"),
            *super().get_urls(),
        ]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What happened is not changed."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What happened is not deleted."""
        return False

    def save_by_service(self, request: HttpRequest, obj: Any, form: forms.ModelForm, change: bool) -> ImportRun:
        """Keep the upload and queue its import."""
        actor: Any = request.user
        data = form.cleaned_data
        return import_run_create(
            actor=actor,
            source=data["source"],
            upload=data["upload"],
            dry_run=data["dry_run"],
            keep_going=data["keep_going"],
            publish=data["publish"],
            kind=data["kind"],
        )

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Begin with a dry run: it costs nothing and shows what would happen."""
        return {"dry_run": True}

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        """Go to the page on which the import can be followed."""
        messages.success(request, f"“{obj.file_name}” is queued; this page follows its import.")
        return HttpResponseRedirect(_page(obj))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Add the head of the page: how far it is, and what came of it."""
        run = self.get_object(request, object_id)
        head = {}
        if run is not None:
            may_repeat = (
                run.dry_run and run.state == ImportState.DONE and bool(run.file) and self.has_add_permission(request)
            )
            head = {
                "run": run,
                "run_figures": _figures(run),
                "findings": _findings(run),
                "may_repeat": may_repeat,
            }
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **head})

    def progress(self, request: HttpRequest, pk: int) -> JsonResponse:
        """Answer how far the import is; the page asks every second while it runs."""
        run = self._run(request, pk)
        return JsonResponse(
            {
                "state": run.get_state_display(),
                "percent": run.percent_done,
                "rows_read": run.rows_read,
                "over": run.state in _OVER,
            }
        )

    def for_real(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask, then import the file of a dry run for real, without uploading it again."""
        run = self._run(request, pk)
        if not self.has_add_permission(request):
            raise PermissionDenied
        if not (run.dry_run and run.file and run.state in _OVER):
            raise Http404
        actor: Any = request.user
        begun: list[ImportRun] = []

        def start(_: dict[str, Any]) -> str:
            with run.file.open("rb") as content:
                upload = SimpleUploadedFile(run.file_name, content.read())
            begun.append(
                import_run_create(
                    actor=actor,
                    source=run.source,
                    upload=upload,
                    dry_run=False,
                    keep_going=run.keep_going,
                    publish=run.publish,
                    kind=run.kind,
                )
            )
            return "The import is queued; this page follows it."

        response = confirm_page(
            self,
            request,
            obj=run,
            title="Import this file for real?",
            submit="Import it",
            form=forms.Form(posted(request)),
            run=start,
            back=_page(run),
            context={"explanation": run.message, "facts": [("File", run.file_name), ("Options", self.how(run))]},
        )
        return HttpResponseRedirect(_page(begun[0])) if begun else response

    def rejects(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Send the rejected rows with the reason of each."""
        run = self._run(request, pk)
        if not run.rejects:
            raise Http404
        name = f"rejects-{run.source}-{run.created_at:%Y-%m-%d}.csv"
        return FileResponse(run.rejects.open("rb"), as_attachment=True, filename=name, content_type="text/csv")

    def _run(self, request: HttpRequest, pk: int) -> ImportRun:
        if not self.has_view_permission(request):
            raise PermissionDenied
        run = ImportRun.objects.filter(pk=pk).first()
        if run is None:
            raise Http404
        return run

    @display(description="import", header=True, ordering="file_name")
    def title(self, obj: ImportRun) -> list[str]:
        """Return the source over the file's name."""
        return [obj.get_source_display(), obj.file_name]

    @display(
        description="state",
        ordering="state",
        label={"Queued": "default", "Running": "info", "Done": "success", "Failed": "danger"},
    )
    def state_badge(self, obj: ImportRun) -> str:
        """Return the state as a badge."""
        return obj.get_state_display()

    @display(description="how")
    def how(self, obj: ImportRun) -> str:
        """Return the options in words."""
        options = [
            label
            for chosen, label in ((obj.dry_run, "dry run"), (obj.keep_going, "keep going"), (obj.publish, "publish"))
            if chosen
        ]
        return ", ".join(options) or "all or nothing"


def _page(run: ImportRun) -> str:
    return reverse("admin:integrations_importrun_change", args=[run.pk])


def _figures(run: ImportRun) -> list[tuple[str, int]]:
    return [(str(label_for_field(name, ImportRun)), getattr(run, name)) for name in _COUNTS]


def _findings(run: ImportRun) -> list[tuple[str, list[tuple[str, Any]]]]:
    """Return each kind of finding with its items, as the import wrote them."""
    told = []
    for kind, items in run.findings.items():
        if not items:
            continue
        pairs = list(items.items()) if isinstance(items, dict) else [(str(item), "") for item in items]
        told.append((kind.replace("_", " ").capitalize(), pairs[:50]))
    return told
