"""Uploaded files, the inbox and the outbox of webhooks: what came of each, and doing one once more."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from carboncore.common.admin.base import ReadOnlyAdmin, StaffTabularInline
from carboncore.common.admin.confirm import confirm_page, posted
from integrations.admin.narrowing import BroughtByConnectionAdmin
from integrations.choices import EndpointStatus, InboxStatus, OutboxStatus, UploadStatus
from integrations.models import IncomingDelivery, Upload, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from integrations.services.incoming_webhooks import inbox_replay
from integrations.services.outgoing_webhooks import delivery_send_again

_BODY_SHOWN = 20_000


@admin.register(Upload)
class UploadAdmin(BroughtByConnectionAdmin):
    """Files of readings, with what came of each or why it failed."""

    empty_words = "An owner or trader uploads files on a data source's page or by the API, and confirms their columns."
    list_display = ("file_name", "connection", "status_badge", "percent_done", "records_imported", "records_rejected",
                    "created_at")  # fmt: skip
    list_select_related = ("connection",)
    list_filter = (("status", ChoicesDropdownFilter),)
    search_fields = ("file_name", "sha256", "connection__display_name")
    ordering = ("-created_at", "-pk")
    fieldsets = (
        ("File", {"fields": ("connection", "file_name", "mime_type", "size_bytes", "sha256", "uploaded_by")}),
        ("Result", {"fields": ("status", "message", "records_read", "records_imported", "records_created",
                               "records_changed", "records_rejected")}),
        ("When", {"fields": ("created_at", "confirmed_at", "finished_at")}),
    )  # fmt: skip

    @display(
        description="status",
        ordering="status",
        label={
            UploadStatus.UPLOADED.label: "warning",
            UploadStatus.PROCESSING.label: "info",
            UploadStatus.PROCESSED.label: "success",
            UploadStatus.ERROR.label: "danger",
        },
    )
    def status_badge(self, obj: Upload) -> str:
        """Return the status as a badge."""
        return obj.get_status_display()


class _AgainAdmin(ReadOnlyAdmin):
    """Deliveries that can be done once more, after a question."""

    again_title = ""
    again_words = ""

    def get_urls(self) -> list[URLPattern]:
        """Add the page that asks."""
        name = f"integrations_{self.opts.model_name}_again"
        return [path("<int:pk>/again/", self.admin_site.admin_view(self.again_view), name=name), *super().get_urls()]

    def get_list_display(self, request: HttpRequest) -> Any:
        """Leave the way to the page out for those who may not do it."""
        names = super().get_list_display(request)
        return names if self._may(request) else [name for name in names if name != "deed"]

    def _may(self, request: HttpRequest) -> bool:
        return request.user.has_perm(f"integrations.change_{self.opts.model_name}")

    def again_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask, then do it once more."""
        if not self._may(request):
            raise PermissionDenied
        row = self.get_queryset(request).filter(pk=pk).first()
        if row is None:
            raise Http404

        def run(_: dict[str, Any]) -> str:
            self.do_again(request.user, row)
            return "It is queued; its status tells what comes of it."

        return confirm_page(
            self,
            request,
            obj=row,
            title=self.again_title,
            submit="Do it",
            form=forms.Form(posted(request)),
            run=run,
            back=reverse(f"admin:integrations_{self.opts.model_name}_changelist"),
            context={"explanation": self.again_words, "facts": self.facts_of(row)},
        )

    def do_again(self, actor: Any, row: Any) -> None:
        """Have the service do it."""
        raise NotImplementedError

    def facts_of(self, row: Any) -> list[tuple[str, Any]]:
        """Return what the page that asks shows."""
        raise NotImplementedError

    @display(description="")
    def deed(self, obj: Any) -> Any:
        """Lead to the page that asks."""
        address = reverse(f"admin:integrations_{self.opts.model_name}_again", args=[obj.pk])
        return format_html('<a class="st-link" href="{}">Once more</a>', address)


@admin.register(IncomingDelivery)
class IncomingDeliveryAdmin(_AgainAdmin):
    """The inbox: what others sent, as it came."""

    again_title = "Act on this webhook once more?"
    again_words = "Its readings are stored again; those that are there already are not counted again."
    empty_words = (
        "What others send to a data source's own address, or a provider to this server's, is kept here as it came."
        " An owner makes the address on the data source's page or by the API."
    )
    list_display = ("webhook_id", "where", "status_badge", "what_came", "records_imported", "records_rejected",
                    "repeats", "received_at", "deed")  # fmt: skip
    list_select_related = ("source__connection",)
    list_filter = (("status", ChoicesDropdownFilter), ("channel", ChoicesDropdownFilter))
    search_fields = ("webhook_id", "message", "source__connection__display_name")
    ordering = ("-received_at", "-pk")
    readonly_fields = ("content",)
    fieldsets = (
        (None, {"fields": ("webhook_id", "channel", "source", "sent_at", "received_at", "repeats")}),
        ("Result", {"fields": ("status", "message", "attempts", "records_imported", "records_rejected", "rejects",
                               "processed_at")}),
        ("Body", {"fields": ("content",)}),
    )  # fmt: skip

    def do_again(self, actor: Any, row: IncomingDelivery) -> None:
        """Replay it."""
        inbox_replay(actor=actor, pk=row.pk)

    def facts_of(self, row: IncomingDelivery) -> list[tuple[str, Any]]:
        """Name the delivery and what came of it."""
        return [("Delivery", row.webhook_id), ("Status", row.get_status_display()), ("Result", row.message or "–")]

    @display(
        description="status",
        ordering="status",
        label={
            InboxStatus.RECEIVED.label: "info",
            InboxStatus.PROCESSED.label: "success",
            InboxStatus.FAILED.label: "danger",
        },
    )
    def status_badge(self, obj: IncomingDelivery) -> str:
        """Return the status as a badge."""
        return obj.get_status_display()

    @display(description="data source")
    def where(self, obj: IncomingDelivery) -> str:
        """Return whose address it came to."""
        return str(obj.source.connection) if obj.source is not None else obj.get_channel_display()

    @display(description="what came of it")
    def what_came(self, obj: IncomingDelivery) -> str:
        """Return in words what was done with it, or why nothing was."""
        return obj.message or "–"

    @display(description="as it came")
    def content(self, obj: IncomingDelivery) -> str:
        """Return the beginning of the body as text."""
        return bytes(obj.body[:_BODY_SHOWN]).decode(errors="replace")


class AttemptInline(StaffTabularInline):
    """Each attempt, in its order."""

    model = WebhookAttempt
    fields = ("at", "http_status", "milliseconds", "error", "answer")
    readonly_fields = fields
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The worker writes these."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The worker writes these."""
        return False


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(_AgainAdmin):
    """The outbox: what subscribers were told, and what they answered."""

    again_title = "Send this webhook once more?"
    again_words = "The subscriber gets it under the same id, from the beginning of the schedule."
    empty_words = "Events are sent here as soon as somebody subscribes to them by the API: Webhook subscribers."
    list_display = ("event_told", "endpoint", "status_badge", "attempts", "last_answer", "next_attempt_at",
                    "deed")  # fmt: skip
    list_select_related = ("event", "endpoint")
    list_filter = (("status", ChoicesDropdownFilter), ("event__type", ChoicesDropdownFilter))
    search_fields = ("event__public_id", "endpoint__url", "last_error")
    ordering = ("-pk",)
    inlines = (AttemptInline,)

    def do_again(self, actor: Any, row: WebhookDelivery) -> None:
        """Redeliver it."""
        delivery_send_again(actor=actor, endpoint=row.endpoint, pk=row.pk)

    def facts_of(self, row: WebhookDelivery) -> list[tuple[str, Any]]:
        """Name the event and the address."""
        return [("Event", str(row.event)), ("To", row.endpoint.url), ("Status", row.get_status_display())]

    @display(description="event", header=True)
    def event_told(self, obj: WebhookDelivery) -> list[str]:
        """Return what happened over the event's id."""
        return [obj.event.type, obj.event.public_id]

    @display(description="last answer", ordering="last_status")
    def last_answer(self, obj: WebhookDelivery) -> str:
        """Return what the subscriber answered, or why there was no answer."""
        told = (f"HTTP {obj.last_status}" if obj.last_status else "", obj.last_error)
        return ": ".join(part for part in told if part) or "–"

    @display(
        description="status",
        ordering="status",
        label={
            OutboxStatus.WAITING.label: "info",
            OutboxStatus.DELIVERED.label: "success",
            OutboxStatus.FAILED.label: "danger",
        },
    )
    def status_badge(self, obj: WebhookDelivery) -> str:
        """Return the status as a badge."""
        return obj.get_status_display()


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ReadOnlyAdmin):
    """Who subscribed to what, and whether they can be told; never their secrets."""

    empty_words = "Nobody is told of events yet. People and organisations subscribe an address by the API."
    list_display = ("url", "whose", "status_badge", "status_reason", "failing_since", "last_success_at")
    list_select_related = ("owner", "organisation")
    list_filter = (("status", ChoicesDropdownFilter), ("deleted_at", admin.EmptyFieldListFilter))
    search_fields = ("url", "description", "organisation__name")
    ordering = ("-pk",)
    fieldsets = (
        (None, {"fields": ("url", "description", "event_types", "owner", "organisation")}),
        ("State", {"fields": ("status", "status_reason", "failing_since", "last_success_at")}),
        ("When", {"fields": ("created_at", "previous_until", "deleted_at")}),
    )

    @display(description="whose")
    def whose(self, obj: WebhookEndpoint) -> str:
        """Return the person or organisation."""
        return str(obj.organisation or obj.owner)

    @display(
        description="status",
        ordering="status",
        label={EndpointStatus.ACTIVE.label: "success", EndpointStatus.DISABLED.label: "danger"},
    )
    def status_badge(self, obj: WebhookEndpoint) -> str:
        """Return the status as a badge."""
        return obj.get_status_display()
