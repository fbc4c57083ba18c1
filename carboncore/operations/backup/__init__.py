"""Backups: PostgreSQL's own dump and the uploaded files of one moment, sealed, checked, and brought back whole."""
