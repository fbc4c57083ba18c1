"""The mails that were asked for: to whom, from which template, how far they came. Never what they say."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from carboncore.mail.choices import MailState


class OutgoingMail(models.Model):
    """One mail to one address; its row is the job, written in the transaction that causes it.

    `sealed` is what the template is filled with, encrypted under a key that is not in the database, and emptied
    once the mail is sent: a link with a token in it can be read neither here nor in a back-up. `message_id` stays the
    same at every attempt, so that a mail which arrives twice is recognised as one.
    """

    message_id = models.CharField("message ID", max_length=255, unique=True, editable=False)
    recipient = models.CharField(max_length=254, blank=True)
    reply_to = models.CharField("replies to", max_length=254, blank=True)
    template = models.CharField(max_length=100)
    sealed = models.BinaryField(editable=False)
    state = models.CharField(max_length=10, choices=MailState.choices, default=MailState.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField("next attempt", default=timezone.now)
    last_error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField("queued at", default=timezone.now, editable=False)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "mail"
        default_permissions = ["view"]
        permissions = [("send_mail_again", "Can send a failed mail again")]
        indexes = [
            models.Index(
                fields=["next_attempt_at", "id"], condition=Q(state=MailState.QUEUED), name="mail_outgoingmail_due_idx"
            ),
            models.Index(fields=["created_at"], name="mail_outgoingmail_created_idx"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=MailState.values), name="mail_outgoingmail_state_known"),
            models.CheckConstraint(
                condition=Q(state=MailState.SENT, sent_at__isnull=False, sealed=b"")
                | (~Q(state=MailState.SENT) & Q(sent_at__isnull=True)),
                name="mail_outgoingmail_sent_is_emptied",
            ),
        ]

    def __str__(self) -> str:
        return f"mail {self.pk} ({self.template})"
