"""What stands on a project's page beside its own fields: its standards and its documents."""

from typing import Any, ClassVar

from django import forms
from django.forms.renderers import BaseRenderer
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from unfold.decorators import display
from unfold.widgets import UnfoldAdminFileFieldWidget

from carboncore.common.admin.base import StaffTabularInline
from carboncore.common.admin.refusals import RefusableForm
from carboncore.common.file_types import ALLOWED_ENDINGS
from registry.admin.row_choices import RowChoicesForm, RowChoicesInline
from registry.models import Document, ProjectStandard

PLAIN_INLINE = "registry/project_inline.html"


class CertificationForm(RowChoicesForm):
    """One standard of the project."""

    class Meta:
        model = ProjectStandard
        fields = ("standard", "validator", "certificate_number", "valid_from", "valid_to")


class CertificationInline(RowChoicesInline, StaffTabularInline):
    """The standards under which the project is certified, and by whom."""

    model = ProjectStandard
    form = CertificationForm
    template = PLAIN_INLINE
    panel = "certification"
    fields = ("standard", "validator", "certificate_number", "valid_from", "valid_to")
    row_choices: ClassVar[tuple[str, ...]] = ("standard", "validator")
    verbose_name = "standard"
    verbose_name_plural = "Standards and certificates"


class _Nothing(forms.Widget):
    """Shows nothing: the content of a document stays as it was uploaded."""

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: BaseRenderer | None = None
    ) -> SafeString:
        return mark_safe("–")

    def value_from_datadict(self, *_: Any) -> None:
        return None


class DocumentForm(RefusableForm):
    """One document: a new one brings a file or a link, a known one keeps its own."""

    upload = forms.FileField(
        required=False,
        label="File",
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ",".join(ALLOWED_ENDINGS)}),
    )
    refusal_field_names = {"file": "upload"}

    class Meta:
        model = Document
        fields = ("kind", "title", "visibility", "version", "language", "url")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            for name in ("upload", "url"):
                if name in self.fields:
                    self.fields[name].disabled = True
                    self.fields[name].widget = _Nothing()


class DocumentInline(StaffTabularInline):
    """The project's documents, with upload."""

    model = Document
    form = DocumentForm
    template = PLAIN_INLINE
    panel = "documents"
    fields = ("title", "kind", "visibility", "content", "upload", "url", "version", "language")
    readonly_fields = ("content",)
    verbose_name_plural = "Documents"

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave the upload out for people who may only read."""
        fields = super().get_fields(request, obj)
        if self.has_add_permission(request, obj) or self.has_change_permission(request, obj):
            return fields
        return tuple(name for name in fields if name not in ("upload", "url"))

    @display(description="content")
    def content(self, obj: Document) -> Any:
        """Return a link to the content, with its size."""
        if not obj.file and not obj.url:
            return "–"
        if obj.url:
            return format_html('<a class="st-link" href="{}" rel="noopener noreferrer">Open link</a>', obj.url)
        return format_html(
            '<a class="st-link" href="{}">{}</a> <span class="text-subtle">{}</span>',
            reverse("admin:registry_document_download", args=[obj.pk]),
            obj.file_name or "file",
            filesizeformat(obj.size_bytes or 0),
        )
