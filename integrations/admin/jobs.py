"""The background jobs in the staff admin, to look at: what is queued, what failed, and when it is tried again."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from carboncore.common.admin.base import ReadOnlyAdmin, StaffTabularInline

admin.site.unregister(ProcrastinateJob)


class EventInline(StaffTabularInline):
    """What happened to the job, in its order."""

    model = ProcrastinateEvent
    fields = ("type", "at")
    readonly_fields = ("type", "at")
    ordering = ("at",)
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The queue writes these."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The queue writes these."""
        return False


@admin.register(ProcrastinateJob)
class JobAdmin(ReadOnlyAdmin):
    """The page of a job."""

    list_display = ("id", "task_name", "state", "queue_name", "attempts", "scheduled_at")
    list_filter = (("status", ChoicesDropdownFilter), "queue_name")
    search_fields = ("task_name",)
    ordering = ("-id",)
    inlines = (EventInline,)
    fieldsets = ((None, {"fields": ("task_name", "state", "args", "queue_name", "attempts", "scheduled_at", "lock")}),)
    readonly_fields = ("state",)

    @display(
        description="state",
        ordering="status",
        label={"Todo": "default", "Doing": "info", "Succeeded": "success", "Failed": "danger", "Cancelled": "warning"},
    )
    def state(self, obj: Any) -> str:
        """Return the state as a badge."""
        return str(obj.status).capitalize()

    def history_view(self, *args: Any, **kwargs: Any) -> Any:
        """Jobs keep no history of ours: their events are on the page itself."""
        return self.response_post_save_change(args[0], None)
