"""The writes of the accounts app."""

from accounts.services.sign_in import sign_in, sign_in_lock_lift, sign_in_lock_seconds
from accounts.services.users import super_admin_create

__all__ = ["sign_in", "sign_in_lock_lift", "sign_in_lock_seconds", "super_admin_create"]
