"""The writes of the accounts app."""

from accounts.services.memberships import membership_remove, membership_set
from accounts.services.organisations import (
    organisation_approve,
    organisation_create,
    organisation_reinstate,
    organisation_reject,
    organisation_suspend,
)
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
    "membership_remove",
    "membership_set",
    "organisation_approve",
    "organisation_create",
    "organisation_reinstate",
    "organisation_reject",
    "organisation_suspend",
    "sign_in",
    "sign_in_lock_lift",
    "sign_in_lock_seconds",
    "staff_create",
    "staff_password_set",
    "staff_update",
    "super_admin_create",
]
