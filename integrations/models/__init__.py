"""The models of the integrations app."""

from integrations.models.connection import Connection, ConnectionCredential
from integrations.models.emissions import ActivityMapping, Emission, EmissionRun, UnmatchedActivity
from integrations.models.factors import Factor, FactorSet, GridIntensity
from integrations.models.import_run import ImportRun
from integrations.models.integration import Integration
from integrations.models.listing_conflict import ListingConflict
from integrations.models.reading import Reading
from integrations.models.sync import SyncRun

__all__ = [
    "ActivityMapping",
    "Connection",
    "ConnectionCredential",
    "Emission",
    "EmissionRun",
    "Factor",
    "FactorSet",
    "GridIntensity",
    "ImportRun",
    "Integration",
    "ListingConflict",
    "Reading",
    "SyncRun",
    "UnmatchedActivity",
]
