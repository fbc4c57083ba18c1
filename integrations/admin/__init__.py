"""The staff admin of integrations: imports, the conflict report, background jobs, and their part of the dashboard."""

from integrations.admin.catalogue import IntegrationAdmin, OAuthClientAdmin
from integrations.admin.conflicts import ListingConflictAdmin
from integrations.admin.connections import ConnectionAdmin
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
from integrations.admin.offsets import EmissionsOffsetAdmin
from integrations.admin.organisation_page import measuring_tables
from integrations.admin.webhooks import (
    IncomingDeliveryAdmin,
    UploadAdmin,
    WebhookDeliveryAdmin,
    WebhookEndpointAdmin,
)

__all__ = [
    "ActivityMappingAdmin",
    "ConnectionAdmin",
    "EmissionAdmin",
    "EmissionRunAdmin",
    "EmissionsOffsetAdmin",
    "FactorAdmin",
    "FactorSetAdmin",
    "ImportRunAdmin",
    "IncomingDeliveryAdmin",
    "IntegrationAdmin",
    "JobAdmin",
    "ListingConflictAdmin",
    "OAuthClientAdmin",
    "UnmatchedActivityAdmin",
    "UploadAdmin",
    "WebhookDeliveryAdmin",
    "WebhookEndpointAdmin",
    "measuring_tables",
    "waiting_integrations_work",
]
