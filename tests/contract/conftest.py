"""The API clients that these tests share."""

from tests.api_clients import api, exact, officer, staff, super_admin

__all__ = ["api", "exact", "officer", "staff", "super_admin"]
