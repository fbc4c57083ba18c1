"""Events and the links that chain them. Both are written once: the database refuses any change of either."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from carboncore.audit.actions import ACTIONS
from carboncore.audit.choices import Outcome
from carboncore.common.context import Entrance

# Chains that grow side by side, so that one commit need not wait for another. The trigger of 0002 knows the number.
STREAMS = 16
NO_HASH = bytes(32)


class Event(models.Model):
    """One thing that was done, or refused.

    `changes` maps a field to [before, after], or to "changed" where the values are nobody's business. Persons are named
    by number only, so that somebody can be forgotten and the chain still holds.
    """

    at = models.DateTimeField(db_default=Now())
    action = models.CharField(max_length=60)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.DONE)
    # No foreign key in the database: the trail depends on no other table, and costs no look-up there.
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    entrance = models.CharField(max_length=10, choices=Entrance.choices)
    ip_address = models.GenericIPAddressField("IP address", null=True)
    user_agent = models.CharField(max_length=200)
    request_id = models.CharField("request", max_length=64)
    on_behalf_of = models.CharField(max_length=100)
    object_type = models.CharField(max_length=60)
    object_id = models.CharField(max_length=40)
    note = models.CharField(max_length=1000)
    changes = models.JSONField(default=dict)

    class Meta:
        ordering = ["-pk"]
        default_permissions = ("view",)
        permissions = [("export_event", "Can take the audit trail along as a file")]
        indexes = [
            models.Index(fields=["object_type", "object_id", "id"], name="audit_event_object_idx"),
            models.Index(fields=["actor", "id"], name="audit_event_actor_idx", condition=models.Q(actor__isnull=False)),
            models.Index(fields=["action", "id"], name="audit_event_action_idx"),
            models.Index(fields=["at", "id"], name="audit_event_at_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.pk}: {self.action}"

    @property
    def label(self) -> str:
        """What was done, in words."""
        action = ACTIONS.get(self.action)
        return action.label if action else self.action

    @property
    def is_security(self) -> bool:
        """Whether it concerns access rather than the registry's own matters."""
        action = ACTIONS.get(self.action)
        return action is not None and action.security


class EventLink(models.Model):
    """The place of one event in its stream: `hash` is sha256(hash of the link before ‖ canonical text of the event).

    The database makes it at commit. Positions of a stream are 1, 2, 3, … without a gap.
    """

    event = models.OneToOneField(
        Event, on_delete=models.PROTECT, primary_key=True, related_name="link", db_constraint=False
    )
    stream = models.PositiveSmallIntegerField()
    position = models.BigIntegerField()
    previous_hash = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["stream", "position"], name="audit_eventlink_position_once"),
        ]

    def __str__(self) -> str:
        return f"stream {self.stream}, position {self.position}"
