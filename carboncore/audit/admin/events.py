"""The list of events, one event, one object's timeline, and taking events along."""

import tempfile
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from carboncore.audit.admin.filters import (
    ActionFilter,
    ActorFilter,
    ConcernFilter,
    DaysFilter,
    ObjectIdFilter,
    ObjectTypeFilter,
    RequestFilter,
)
from carboncore.audit.models import Event
from carboncore.audit.selectors.timeline import actor_name, changes_told, object_name, object_timeline
from carboncore.audit.services.exporting import (
    FORMATS,
    MOST_XLSX_ROWS,
    audit_export_record,
    csv_lines,
    json_pieces,
    xlsx_write,
)
from carboncore.common.admin.base import ReadOnlyAdmin

EXPORT = "audit.export_event"
TIMELINE_PAGE_SIZE = 50
_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """What was done, newest first."""

    list_display = ("when", "what", "who", "about", "entrance", "ip_address")
    list_filter = (
        ConcernFilter,
        ActionFilter,
        ("outcome", ChoicesDropdownFilter),
        ("entrance", ChoicesDropdownFilter),
        ActorFilter,
        ObjectTypeFilter,
        ObjectIdFilter,
        RequestFilter,
        ("at", DaysFilter),
    )
    list_select_related = ("actor",)
    list_before_template = "audit/export_links.html"
    # Counting years of events would take longer than reading a page of them.
    paginator = InfinitePaginator
    ordering = ("-pk",)
    sortable_by = ()
    fieldsets = (
        (None, {"fields": ("when", "what", "outcome", "who", "on_behalf_of", "about", "note")}),
        ("Before and after", {"fields": ("told",)}),
        ("From where", {"fields": ("entrance", "ip_address", "user_agent", "request_id")}),
        ("Place in the chain", {"fields": ("place", "fingerprint")}),
    )
    readonly_fields = ("when", "what", "who", "about", "told", "place", "fingerprint")

    def get_urls(self) -> list[URLPattern]:
        """Add an object's timeline and the exports."""
        wrap = self.admin_site.admin_view
        return [
            path("of/<str:object_type>/<str:object_id>/", wrap(self.timeline_view), name="audit_event_timeline"),
            path("export/<str:file_format>/", wrap(self.export_view), name="audit_event_export"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """List, with the ways to take along what is listed."""
        links = []
        if request.user.has_perm(EXPORT):
            chosen = f"?{request.GET.urlencode()}" if request.GET else ""
            links = [(name.upper(), reverse("admin:audit_event_export", args=[name]) + chosen) for name in FORMATS]
        return super().changelist_view(request, {"export_links": links, **(extra_context or {})})

    def history_view(self, *args: Any, **kwargs: Any) -> Any:
        """An event has no history: it never changes."""
        raise Http404

    def timeline_view(self, request: HttpRequest, object_type: str, object_id: str) -> HttpResponse:
        """Show all that happened to one object."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        page = object_timeline(
            object_type=object_type, object_id=object_id, page=request.GET.get("page", "1"), size=TIMELINE_PAGE_SIZE
        )
        query = urlencode({"object_type": object_type, "object_id": object_id})
        name = object_name(object_type, object_id)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Audit trail of {name}",
            "opts": self.opts,
            "history": page,
            "object_link": _page_of(object_type, object_id),
            "object_name": name,
            "list_link": f"{reverse('admin:audit_event_changelist')}?{query}",
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "audit/timeline.html", context)

    def export_view(self, request: HttpRequest, file_format: str) -> HttpResponseBase:
        """Hand the listed events out as a file, and record that."""
        if not (self.has_view_permission(request) and request.user.has_perm(EXPORT)):
            raise PermissionDenied
        if file_format not in FORMATS:
            raise Http404
        events = self.get_changelist_instance(request).get_queryset(request)
        if file_format == "xlsx" and events[MOST_XLSX_ROWS : MOST_XLSX_ROWS + 1].exists():
            messages.error(
                request, f"A sheet takes up to {MOST_XLSX_ROWS:,} events. Narrow the list first, or take CSV or JSON."
            )
            return HttpResponseRedirect(f"{reverse('admin:audit_event_changelist')}?{request.GET.urlencode()}")
        actor: Any = request.user
        audit_export_record(format=file_format, filters=request.GET.urlencode(), actor=actor)
        name = f"audit-trail-{timezone.now():%Y%m%d-%H%M}.{file_format}"
        if file_format == "xlsx":
            file = tempfile.TemporaryFile()  # noqa: SIM115 - FileResponse closes it
            xlsx_write(events, file)
            file.seek(0)
            return FileResponse(file, as_attachment=True, filename=name, content_type=_TYPES[file_format])
        pieces = csv_lines(events) if file_format == "csv" else json_pieces(events)
        return StreamingHttpResponse(
            pieces,
            content_type=_TYPES[file_format],
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    @display(description="time (UTC)", ordering="-pk")
    def when(self, obj: Event) -> str:
        """Return the time to the second."""
        return f"{obj.at:%Y-%m-%d %H:%M:%S}"

    @display(description="what")
    def what(self, obj: Event) -> str:
        """Return what was done, and what came of it where that is not plain."""
        if obj.outcome == "done":
            return obj.label
        return format_html('{} <span class="st-status st-warning">{}</span>', obj.label, obj.get_outcome_display())

    @display(description="who")
    def who(self, obj: Event) -> str:
        """Return the actor."""
        return actor_name(obj)

    @display(description="object")
    def about(self, obj: Event) -> str:
        """Return the object, linked to all that happened to it."""
        if not obj.object_type:
            return "–"
        link = reverse("admin:audit_event_timeline", args=[obj.object_type, obj.object_id or "0"])
        return format_html('<a class="st-link" href="{}">{}</a>', link, object_name(obj.object_type, obj.object_id))

    @display(description="changes")
    def told(self, obj: Event) -> str:
        """Return before and after, field by field."""
        return render_to_string("audit/changes.html", {"changes": changes_told(obj)})

    @display(description="stream and position")
    def place(self, obj: Event) -> str:
        """Return where the event stands in its chain."""
        return str(obj.link).capitalize() if hasattr(obj, "link") else "Not chained: run manage.py verify_audit"

    @display(description="hash")
    def fingerprint(self, obj: Event) -> str:
        """Return the link's hash."""
        return bytes(obj.link.hash).hex() if hasattr(obj, "link") else "–"


def _page_of(object_type: str, object_id: str) -> str:
    """Return the address of the object's own page; empty where there is none."""
    try:
        return reverse(f"admin:{object_type.replace('.', '_')}_change", args=[object_id])
    except NoReverseMatch:
        return ""
