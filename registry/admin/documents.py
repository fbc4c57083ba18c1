"""Documents in the staff admin: the list of all, and the download for staff."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.forms import ModelForm
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.template.defaultfilters import filesizeformat
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from carboncore.common.admin.base import StaffModelAdmin
from registry.choices import DocumentVisibility
from registry.models import Document
from registry.services import document_delete, document_update

_EDITABLE = ("title", "kind", "visibility", "version", "language")


@admin.register(Document)
class DocumentAdmin(StaffModelAdmin):
    """The page of a document; new ones are added on the page of their project."""

    list_display = ("title", "of_project", "kind", "seen_by", "content", "created_at")
    list_select_related = ("project",)
    list_filter = (("kind", ChoicesDropdownFilter), "visibility")
    search_fields = ("title", "file_name", "project__project_name", "sha256")
    ordering = ("-created_at", "-pk")
    readonly_fields = ("of_project", "content", "sha256", "mime_type", "uploaded_by", "created_at", "updated_at")
    fieldsets = (
        (None, {"fields": ("of_project", *_EDITABLE)}),
        ("Content", {"fields": ("content", "mime_type", "sha256", "uploaded_by", "created_at", "updated_at")}),
    )

    def get_urls(self) -> list[URLPattern]:
        """Add the download."""
        download = path(
            "<int:pk>/download/", self.admin_site.admin_view(self.download), name="registry_document_download"
        )
        return [download, *super().get_urls()]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Documents are added on the page of their project."""
        return False

    def save_by_service(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> Document:
        """Change what is said about the document."""
        details = {name: form.cleaned_data[name] for name in form.changed_data if name in _EDITABLE}
        return document_update(pk=obj.pk, details=details)

    def delete_by_service(self, request: HttpRequest, obj: Any) -> None:
        """Delete the document and its file."""
        document_delete(pk=obj.pk)

    def download(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Send the file as an attachment, so that nothing in it runs in the admin's place."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        document = Document.objects.filter(pk=pk).exclude(file="").first()
        if document is None:
            raise Http404
        try:
            content = document.file.open("rb")
        except FileNotFoundError:
            raise Http404("The file of this document is missing from the storage.") from None
        return FileResponse(content, as_attachment=True, filename=document.file_name, content_type=document.mime_type)

    @display(description="project", ordering="project__project_name")
    def of_project(self, obj: Document) -> Any:
        """Return a link to the project."""
        address = reverse("admin:registry_project_change", args=[obj.project_id])
        return format_html('<a class="st-link" href="{}">{}</a>', address, obj.project)

    @display(description="seen by", label={"Public": "success", "Internal": "info"}, ordering="visibility")
    def seen_by(self, obj: Document) -> str:
        """Return who may open it."""
        return str(DocumentVisibility(obj.visibility).label)

    @display(description="content")
    def content(self, obj: Document) -> Any:
        """Return a link to the content, with its size."""
        if obj.url:
            return format_html('<a class="st-link" href="{}" rel="noopener noreferrer">Link</a>', obj.url)
        return format_html(
            '<a class="st-link" href="{}">Download</a> <span class="text-subtle">{}</span>',
            reverse("admin:registry_document_download", args=[obj.pk]),
            filesizeformat(obj.size_bytes or 0),
        )
