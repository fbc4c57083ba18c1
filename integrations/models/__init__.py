"""The models of the integrations app."""

from integrations.models.connection import Connection, ConnectionCredential
from integrations.models.emissions import ActivityMapping, Emission, EmissionRun, UnmatchedActivity
from integrations.models.factors import Factor, FactorSet, GridIntensity
from integrations.models.import_run import ImportRun
from integrations.models.incoming_webhook import IncomingDelivery, IncomingSource
from integrations.models.integration import Integration
from integrations.models.listing_conflict import ListingConflict
from integrations.models.oauth import OAuthClient, OAuthState
from integrations.models.offset import EmissionsOffset
from integrations.models.outgoing_webhook import (
    RelayPosition,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEvent,
)
from integrations.models.reading import Reading
from integrations.models.sync import ProviderOutage, SyncReject, SyncRun
from integrations.models.upload import ColumnMapping, Upload

__all__ = [
    "ActivityMapping",
    "ColumnMapping",
    "Connection",
    "ConnectionCredential",
    "Emission",
    "EmissionRun",
    "EmissionsOffset",
    "Factor",
    "FactorSet",
    "GridIntensity",
    "ImportRun",
    "IncomingDelivery",
    "IncomingSource",
    "Integration",
    "ListingConflict",
    "OAuthClient",
    "OAuthState",
    "ProviderOutage",
    "Reading",
    "RelayPosition",
    "SyncReject",
    "SyncRun",
    "UnmatchedActivity",
    "Upload",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookEvent",
]
