"""Invitations to become a member of an organisation, by e-mail: the invited person may have no account yet."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.choices import InvitationState, MembershipRole
from accounts.models.organisation import Organisation


class OrganisationInvitation(models.Model):
    """An invitation that somebody's mail holds the link of; the link's token is kept as its sha256.

    Only who has proved that `email` is theirs may accept, whoever knows the link.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="invitations")
    email = models.EmailField("e-mail", max_length=254, blank=True, help_text="Empty once its owner was erased.")
    role = models.CharField(max_length=10, choices=MembershipRole.choices)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=InvitationState.choices, default=InvitationState.OPEN)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        default_permissions = ()
        indexes = [
            models.Index(fields=["email"], name="accounts_invitation_email_idx"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "email"],
                condition=Q(state=InvitationState.OPEN),
                name="accounts_invitation_open_once",
            ),
            models.CheckConstraint(condition=Q(role__in=MembershipRole.values), name="accounts_invitation_role_known"),
            models.CheckConstraint(
                condition=Q(state=InvitationState.OPEN, decided_by__isnull=True, decided_at__isnull=True)
                | (~Q(state=InvitationState.OPEN) & Q(decided_by__isnull=False, decided_at__isnull=False)),
                name="accounts_invitation_state_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"invitation {self.public_id}"

    @property
    def is_over(self) -> bool:
        """Whether it was answered or revoked, or its time is over."""
        return self.state != InvitationState.OPEN or self.expires_at <= timezone.now()
