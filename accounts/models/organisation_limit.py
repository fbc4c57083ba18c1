"""Requests to let members of an organisation transfer more alone: one owner asks, another agrees."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.choices import ConsentState
from accounts.models.organisation import Organisation


class LimitRequest(models.Model):
    """A higher limit, or none (`limit_kg` empty), that an owner asked for and a second owner has to agree to."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="limit_requests")
    limit_kg = models.BigIntegerField(null=True, blank=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=ConsentState.choices, default=ConsentState.PENDING)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["organisation"],
                condition=Q(state=ConsentState.PENDING),
                name="accounts_limitrequest_pending_once",
            ),
            models.CheckConstraint(
                condition=Q(limit_kg__isnull=True) | Q(limit_kg__gt=0), name="accounts_limitrequest_limit_positive"
            ),
            models.CheckConstraint(
                condition=~Q(state=ConsentState.APPROVED)
                | (Q(decided_by__isnull=False) & ~Q(decided_by=F("asked_by"))),
                name="accounts_limitrequest_second_person",
            ),
        ]

    def __str__(self) -> str:
        return f"limit request {self.pk}"
