"""The writes of the audit trail; every service that changes something calls `event_record` once."""

from carboncore.audit.services.changes import changes_of_deletion, changes_since, state_of
from carboncore.audit.services.recording import event_record, personal_data_read_record
from carboncore.audit.services.refusals import refusal_record
from carboncore.audit.services.sealing import audit_seal
from carboncore.audit.services.verifying import audit_verify

__all__ = [
    "audit_seal",
    "audit_verify",
    "changes_of_deletion",
    "changes_since",
    "event_record",
    "personal_data_read_record",
    "refusal_record",
    "state_of",
]
