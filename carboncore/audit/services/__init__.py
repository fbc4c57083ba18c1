"""The writes of the audit trail; every service that changes something calls `event_record` once."""

from carboncore.audit.services.changes import changes_since, state_of
from carboncore.audit.services.recording import event_record

__all__ = ["changes_since", "event_record", "state_of"]
