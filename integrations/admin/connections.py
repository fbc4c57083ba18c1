"""Data sources in the staff admin: by health, with the reason in words; to pause and to retry. Never a credential."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import action, display

from carboncore.common.admin.base import ReadOnlyAdmin, StaffTabularInline
from carboncore.common.errors import RegistryError
from integrations.choices import ConnectionProblem, ConnectionStatus
from integrations.models import Connection, SyncRun
from integrations.selectors.connections import open_outages
from integrations.services.connections import connection_pause, connection_retry

# What each problem asks for, and of whom.
_NEXT = {
    ConnectionProblem.CREDENTIALS_REFUSED: "Its owner has to enter new credentials.",
    ConnectionProblem.CREDENTIALS_UNREADABLE: "Put the missing key back into CREDENTIAL_KEYS, or let its owner enter"
    " the credentials again.",
    ConnectionProblem.REAUTHORISATION_NEEDED: "Its owner has to give the permission at the provider again.",
    ConnectionProblem.PROVIDER_UNAVAILABLE: "Nothing to do: it is tried again by itself.",
    ConnectionProblem.ANSWER_UNREADABLE: "Look whether the provider changed its interface.",
    ConnectionProblem.NOTHING_FOUND: "Its owner has to look whether this is the account that they mean.",
    ConnectionProblem.ERROR_BUDGET_SPENT: "Look at its last syncs; retry once the cause is gone.",
}
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
            ConnectionStatus.DISABLED.label: "default",
        },
    )
    def health(self, obj: Connection) -> str:
        """Return how it does, as a badge."""
        return obj.get_status_display()

    @display(description="reason")
    def reason(self, obj: Connection) -> str:
        """Return in words why it does not work, or nothing."""
        if obj.disconnected_at:
            return "Disconnected by its owner"
        if obj.status == ConnectionStatus.PENDING and not obj.problem:
            return "Waits for its owner's permission at the provider"
        if not obj.problem:
            return "Paused" if obj.status == ConnectionStatus.DISABLED else "–"
        return obj.error_message or obj.get_problem_display()

    @display(description="what to do")
    def next_step(self, obj: Connection) -> str:
        """Return what helps, and who can do it."""
        return _NEXT.get(ConnectionProblem(obj.problem), "–")

    @display(description="belongs to")
    def belongs_to(self, obj: Connection) -> str:
        """Return whose it is; of a person only that it is one."""
        return str(obj.organisation) if obj.organisation else "A person"
