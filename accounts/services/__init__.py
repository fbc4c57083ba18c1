"""The writes of the accounts app."""

from accounts.services.administrators import administrator_change, administrator_deactivate, administrator_invite
from accounts.services.api_keys import api_key_create, api_key_revoke, api_key_sign_in, api_keys_end
from accounts.services.email_changes import account_reclaim, email_change_ask, email_change_confirm
from accounts.services.erasure import person_erase, personal_data_export
from accounts.services.identities import (
    identities_unlink_foreign,
    identity_link,
    identity_sign_in,
    identity_unlink,
)
from accounts.services.invitations import (
    staff_invitation_accept,
    staff_invitation_open,
    staff_invite,
    staff_invite_again,
)
from accounts.services.member_invitations import (
    member_invitation_accept,
    member_invitation_decline,
    member_invitation_revoke,
    member_invite,
    member_invite_again,
)
from accounts.services.memberships import membership_remove, membership_set, ownership_transfer
from accounts.services.organisation_documents import organisation_document_add, organisation_document_delete
from accounts.services.organisation_limits import (
    organisation_limit_approve,
    organisation_limit_reject,
    organisation_limit_set,
)
from accounts.services.organisations import (
    organisation_approve,
    organisation_create,
    organisation_reinstate,
    organisation_reject,
    organisation_suspend,
)
from accounts.services.passwords import password_change, password_forgotten, password_reset
from accounts.services.people import person_roles_set, person_update
from accounts.services.registration import registration_confirm, registration_create, registration_mail_again
from accounts.services.second_factors import (
    factor_remove,
    factors_reset,
    passkey_add,
    passkey_prove,
    recovery_codes_renew,
    second_factor_prove,
    totp_add,
)
from accounts.services.sessions import (
    person_sign_in,
    person_sign_in_by_page,
    session_end,
    session_refresh,
    session_seen,
    sessions_end,
    staff_session_start,
)
from accounts.services.sign_in import sign_in, sign_in_lock_lift, sign_in_lock_seconds
from accounts.services.staff import staff_create, staff_limits_set, staff_password_set, staff_update
from accounts.services.staff_groups import group_save, groups_givable_by
from accounts.services.staff_sign_in import (
    session_proven,
    staff_api_sign_in,
    staff_by_passkey,
    staff_password_change,
    staff_prove_again,
)
from accounts.services.tidying import accounts_tidy
from accounts.services.users import super_admin_create

__all__ = [
    "account_reclaim",
    "accounts_tidy",
    "administrator_change",
    "administrator_deactivate",
    "administrator_invite",
    "api_key_create",
    "api_key_revoke",
    "api_key_sign_in",
    "api_keys_end",
    "email_change_ask",
    "email_change_confirm",
    "factor_remove",
    "factors_reset",
    "group_save",
    "groups_givable_by",
    "identities_unlink_foreign",
    "identity_link",
    "identity_sign_in",
    "identity_unlink",
    "member_invitation_accept",
    "member_invitation_decline",
    "member_invitation_revoke",
    "member_invite",
    "member_invite_again",
    "membership_remove",
    "membership_set",
    "organisation_approve",
    "organisation_create",
    "organisation_document_add",
    "organisation_document_delete",
    "organisation_limit_approve",
    "organisation_limit_reject",
    "organisation_limit_set",
    "organisation_reinstate",
    "organisation_reject",
    "organisation_suspend",
    "ownership_transfer",
    "passkey_add",
    "passkey_prove",
    "password_change",
    "password_forgotten",
    "password_reset",
    "person_erase",
    "person_roles_set",
    "person_sign_in",
    "person_sign_in_by_page",
    "person_update",
    "personal_data_export",
    "recovery_codes_renew",
    "registration_confirm",
    "registration_create",
    "registration_mail_again",
    "second_factor_prove",
    "session_end",
    "session_proven",
    "session_refresh",
    "session_seen",
    "sessions_end",
    "sign_in",
    "sign_in_lock_lift",
    "sign_in_lock_seconds",
    "staff_api_sign_in",
    "staff_by_passkey",
    "staff_create",
    "staff_invitation_accept",
    "staff_invitation_open",
    "staff_invite",
    "staff_invite_again",
    "staff_limits_set",
    "staff_password_change",
    "staff_password_set",
    "staff_prove_again",
    "staff_session_start",
    "staff_update",
    "super_admin_create",
    "totp_add",
]
