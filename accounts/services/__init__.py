"""The writes of the accounts app."""

from accounts.services.sign_in import sign_in, sign_in_lock_lift, sign_in_lock_seconds
from accounts.services.staff import (
    group_save,
    groups_givable_by,
    staff_create,
    staff_password_set,
    staff_update,
)
from accounts.services.users import super_admin_create

__all__ = [
    "group_save",
    "groups_givable_by",
    "sign_in",
    "sign_in_lock_lift",
    "sign_in_lock_seconds",
    "staff_create",
    "staff_password_set",
    "staff_update",
    "super_admin_create",
]
