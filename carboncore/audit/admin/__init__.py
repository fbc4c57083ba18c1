"""The staff pages of the audit trail."""

from carboncore.audit.admin import checks, dashboard, events

__all__ = ["checks", "dashboard", "events"]
