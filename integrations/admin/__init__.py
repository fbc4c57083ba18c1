"""The staff admin of integrations: imports, the conflict report, background jobs, and their part of the dashboard."""

from integrations.admin.conflicts import ListingConflictAdmin
from integrations.admin.dashboard import waiting_integrations_work
from integrations.admin.import_runs import ImportRunAdmin
from integrations.admin.jobs import JobAdmin

__all__ = ["ImportRunAdmin", "JobAdmin", "ListingConflictAdmin", "waiting_integrations_work"]
