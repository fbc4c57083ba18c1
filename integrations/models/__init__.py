"""The models of the integrations app."""

from integrations.models.import_run import ImportRun
from integrations.models.listing_conflict import ListingConflict

__all__ = ["ImportRun", "ListingConflict"]
