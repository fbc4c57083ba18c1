"""Measurements of this server against others, on the machine at hand."""
