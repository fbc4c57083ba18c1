"""The tables of the audit trail."""

from carboncore.audit.models.event import NO_HASH, STREAMS, Event, EventLink
from carboncore.audit.models.seal import Seal, Verification

__all__ = ["NO_HASH", "STREAMS", "Event", "EventLink", "Seal", "Verification"]
