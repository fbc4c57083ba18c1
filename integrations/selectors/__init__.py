"""The reads of the integrations app that are more than a filter."""
