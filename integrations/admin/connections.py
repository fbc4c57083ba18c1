"""Data sources in the staff admin: by health, with the reason in words; to pause and to retry. Never a credential."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import action, display

from carboncore.common.admin.base import ReadOnlyAdmin, StaffTabularInline
from carboncore.common.context import current_actor
from carboncore.common.errors import RegistryError
from integrations.admin.health import health_of, next_step_of, reason_of
from integrations.choices import ConnectionStatus
from integrations.models import Connection, SyncRun
from integrations.selectors.connections import open_outages
from integrations.services.connections import connection_pause, connection_retry
from transactions.admin.pages import linked

SEES_ORGANISATIONS = "accounts.view_organisation"
_TIMELINE = 20


class SyncInline(StaffTabularInline):
    """The last syncs, the newest first."""

    model = SyncRun
    verbose_name_plural = "syncs"
    fields = (
        *("queued_at", "sync_type", "status", "range_start", "range_end", "records_created", "records_changed"),
        *("records_failed", "error_message"),
    )
    readonly_fields = fields
    ordering = ("-queued_at",)
    max_num = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Show the last of this page's source only."""
        rows = super().get_queryset(request)
        source = request.resolver_match.kwargs.get("object_id") if request.resolver_match else None
        if source is None or not str(source).isdigit():
            return rows.none()
        newest = rows.filter(connection=int(source)).order_by("-queued_at").values("pk")[:_TIMELINE]
        return rows.filter(pk__in=list(newest.values_list("pk", flat=True)))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Syncs are written by the worker."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Syncs are written by the worker."""
        return False


@admin.register(Connection)
class ConnectionAdmin(ReadOnlyAdmin):
    """The page of a data source."""

    empty_words = "People and organisations connect data sources on their pages or by the API. Which: Integrations."
    list_display = ("display_name", "integration", "belongs_to", "health", "reason", "last_synced_at", "next_sync_at")
    list_select_related = ("integration", "organisation")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("problem", ChoicesDropdownFilter),
        ("integration", RelatedDropdownFilter),
    )
    search_fields = ("display_name", "account_reference", "organisation__name", "integration__name")
    ordering = ("-error_count", "-pk")
    actions = ("pause", "retry")
    inlines = (SyncInline,)
    list_before_template = "integrations/outages.html"
    readonly_fields = ("health", "reason", "belongs_to", "next_step")
    fieldsets = (
        (None, {"fields": ("display_name", "integration", "belongs_to", "account_reference", "site", "country_code")}),
        ("Health", {"fields": ("health", "reason", "next_step", "error_count")}),
        ("Sync", {"fields": ("sync_frequency", "last_synced_at", "next_sync_at", "settings")}),
        ("Dates", {"fields": ("created_at", "disconnected_at")}),
    )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show providers' outages above the list, each as one thing, and how many sources are in which health."""
        counts = dict(Connection.objects.connected().values_list("status").annotate(Count("pk")).order_by())
        health = [(status.label, counts.get(status.value, 0)) for status in ConnectionStatus]
        return super().changelist_view(
            request, {**(extra_context or {}), "outages": open_outages(), "health_counts": health}
        )

    def has_switch_permission(self, request: HttpRequest) -> bool:
        """Who may pause and retry."""
        return request.user.has_perm("integrations.change_connection")

    @action(description="Pause: read them no more until they are retried", permissions=["switch"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Connection]) -> None:
        """Pause the chosen sources."""
        self._each(request, queryset, connection_pause, "paused")

    @action(description="Retry: read them again soon, with a clean slate", permissions=["switch"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Connection]) -> None:
        """Let the chosen sources be read again."""
        self._each(request, queryset, connection_retry, "will be read again soon")

    def _each(
        self, request: HttpRequest, queryset: QuerySet[Connection], run: Callable[..., Connection], done: str
    ) -> None:
        count = 0
        for row in queryset:
            try:
                run(actor=request.user, pk=row.pk)
                count += 1
            except RegistryError as error:
                messages.warning(request, f"{row}: {error.message}")
        if count:
            messages.success(request, f"{count:,} {'data source' if count == 1 else 'data sources'} {done}.")

    @display(
        description="health",
        ordering="status",
        label={
            ConnectionStatus.ACTIVE.label: "success",
            ConnectionStatus.PENDING.label: "info",
            ConnectionStatus.ERROR.label: "danger",
            ConnectionStatus.DISABLED.label: "warning",
            "Disconnected": "default",
        },
    )
    def health(self, obj: Connection) -> str:
        """Return how it does, as a badge."""
        return health_of(obj)

    @display(description="reason")
    def reason(self, obj: Connection) -> str:
        """Return in words why it does not work, or nothing."""
        return reason_of(obj)

    @display(description="what to do")
    def next_step(self, obj: Connection) -> str:
        """Return what helps, and who can do it."""
        return next_step_of(obj)

    @display(description="belongs to")
    def belongs_to(self, obj: Connection) -> Any:
        """Return whose it is, with a way there for who may see organisations; of a person only that it is one."""
        if obj.organisation is None:
            return "A person"
        actor: Any = current_actor().user
        return linked(obj.organisation) if actor and actor.has_perm(SEES_ORGANISATIONS) else str(obj.organisation)
