"""The staff pages of outgoing mail: what was sent, what waits, and what failed and can be sent again."""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin import AllValuesFieldListFilter
from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter
from unfold.decorators import action, display

from carboncore.common.admin.base import ReadOnlyAdmin
from carboncore.common.admin.confirm import confirm_page, posted
from carboncore.common.admin.dashboard import WaitingItem, register_waiting
from carboncore.mail.choices import MailState
from carboncore.mail.models import OutgoingMail
from carboncore.mail.services import mail_send_again

SEND_AGAIN = "mail.send_mail_again"


@admin.register(OutgoingMail)
class OutgoingMailAdmin(ReadOnlyAdmin):
    """The list and the page of one mail. What a mail says is shown to nobody but its recipient."""

    list_display = ("recipient_and_template", "state_badge", "created_at", "sent_at", "attempts", "last_error")
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("template", AllValuesFieldListFilter),
        ("created_at", RangeDateFilter),
    )
    search_fields = ("recipient", "message_id")
    ordering = ("-pk",)
    actions: ClassVar[Any] = ["send_chosen_again"]
    actions_detail: ClassVar[list[str]] = ["send_again"]
    list_before_template = "admin/mail/where.html"
    fieldsets = (
        (None, {"fields": ("recipient", "reply_to", "template", "message_id")}),
        ("Delivery", {"fields": ("state", "created_at", "sent_at", "attempts", "next_attempt_at", "last_error")}),
    )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """List, and say where mail goes while there is no mail server."""
        folder = settings.EMAIL_FILE_PATH if settings.IS_MAIL_KEPT_AS_FILES else ""
        return super().changelist_view(request, {"mail_folder": folder, **(extra_context or {})})

    def has_send_again_permission(self, request: HttpRequest, object_id: str | int | None = None) -> bool:
        """Whether the person may, and (on its page) whether this mail has failed."""
        if not request.user.has_perm(SEND_AGAIN):
            return False
        failed = OutgoingMail.objects.filter(state=MailState.FAILED)
        return object_id is None or failed.filter(pk=object_id).exists()

    @admin.action(description="Send the chosen failed mails again", permissions=["send_again"])
    def send_chosen_again(self, request: HttpRequest, queryset: QuerySet[OutgoingMail]) -> None:
        """Put those of the chosen that have failed back into the queue."""
        failed = list(queryset.filter(state=MailState.FAILED).values_list("pk", flat=True))
        for pk in failed:
            mail_send_again(pk=pk)
        if failed:
            messages.success(request, f"Queued again: {len(failed)}.")
        else:
            messages.warning(request, "None of the chosen mails has failed; nothing was queued.")

    @action(description="Send again", url_path="send-again", permissions=["send_again"], icon="outgoing_mail")
    def send_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then put it back into the queue."""
        mail = get_object_or_404(OutgoingMail, pk=object_id)
        back = reverse("admin:mail_outgoingmail_change", args=[mail.pk])

        def run(_data: dict[str, Any]) -> str:
            mail_send_again(pk=mail.pk)
            return "Queued again; it is sent in a few seconds."

        return confirm_page(
            self,
            request,
            obj=mail,
            title=f"Send this mail to {mail.recipient or 'nobody'} again?",
            submit="Send again",
            form=Form(posted(request)),
            run=run,
            back=back,
            context={"facts": [("Template", mail.template), ("What went wrong", mail.last_error)]},
        )

    @display(description="mail", header=True, ordering="recipient")
    def recipient_and_template(self, obj: OutgoingMail) -> list[str]:
        """Return the recipient over the template's name."""
        return [obj.recipient or "nobody", obj.template]

    @display(
        description="state",
        ordering="state",
        label={MailState.QUEUED.label: "info", MailState.SENT.label: "success", MailState.FAILED.label: "danger"},
    )
    def state_badge(self, obj: OutgoingMail) -> str:
        """Return the state as a badge."""
        return obj.get_state_display()


@register_waiting
def failed_mails(user: Any) -> list[WaitingItem]:
    """Count the failed mails, for who may send them again."""
    if not user.has_perm(SEND_AGAIN):
        return []
    link = f"{reverse('admin:mail_outgoingmail_changelist')}?state__exact={MailState.FAILED.value}"
    count = OutgoingMail.objects.filter(state=MailState.FAILED).count()
    return [
        WaitingItem("failed_mails", "Failed mails", "They did not reach anybody", count, link, "mail_off", urgent=True)
    ]
