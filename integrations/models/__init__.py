"""The models of the integrations app."""

from integrations.models.connection import Connection, ConnectionCredential
from integrations.models.import_run import ImportRun
from integrations.models.integration import Integration
from integrations.models.listing_conflict import ListingConflict
from integrations.models.reading import Reading
from integrations.models.sync import SyncRun

__all__ = [
    "Connection",
    "ConnectionCredential",
    "ImportRun",
    "Integration",
    "ListingConflict",
    "Reading",
    "SyncRun",
]
