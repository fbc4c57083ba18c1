"""The reads of the registry app."""
