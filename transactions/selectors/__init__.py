"""The reads of the transactions app."""
