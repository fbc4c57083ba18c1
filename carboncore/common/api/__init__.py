"""What every part of the HTTP API shares: errors, strict parsing, permissions, lists, JSON made by PostgreSQL."""
