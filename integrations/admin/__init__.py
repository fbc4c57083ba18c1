"""The staff admin of integrations: imports, the conflict report, background jobs, and their part of the dashboard."""

from integrations.admin.conflicts import ListingConflictAdmin
from integrations.admin.dashboard import waiting_integrations_work
from integrations.admin.emissions import (
    ActivityMappingAdmin,
    EmissionAdmin,
    EmissionRunAdmin,
    UnmatchedActivityAdmin,
)
from integrations.admin.factors import FactorAdmin, FactorSetAdmin
from integrations.admin.import_runs import ImportRunAdmin
from integrations.admin.jobs import JobAdmin

__all__ = [
    "ActivityMappingAdmin",
    "EmissionAdmin",
    "EmissionRunAdmin",
    "FactorAdmin",
    "FactorSetAdmin",
    "ImportRunAdmin",
    "JobAdmin",
    "ListingConflictAdmin",
    "UnmatchedActivityAdmin",
    "waiting_integrations_work",
]
