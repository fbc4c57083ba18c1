"""Addresses of the account pages."""

from django.urls import path

from accounts.pages import account, entering, keys, organisation_rules, organisations

urlpatterns = [
    path("account", account.overview, name="account"),
    path("account/register", entering.register, name="account-register"),
    path("account/sign-in", entering.sign_in, name="account-sign-in"),
    path("account/sign-out", entering.sign_out, name="account-sign-out"),
    path("account/forgotten", entering.forgotten, name="account-forgotten"),
    path("account/confirm-again", entering.confirm_again, name="account-confirm-again"),
    path("account/confirm-email/<str:token>", entering.confirm_email, name="account-confirm-email"),
    path("account/reset-password/<str:token>", entering.reset_password, name="account-reset-password"),
    path("account/confirm-new-email/<str:token>", entering.confirm_new_email, name="account-confirm-new-email"),
    path("account/reclaim/<str:token>", entering.reclaim, name="account-reclaim"),
    path("account/invitation/<str:token>", organisations.invitation, name="account-invitation"),
    path("account/organisations", organisations.organisations, name="account-organisations"),
    path("account/organisations/<uuid:public_id>", organisations.organisation, name="account-organisation"),
    path(
        "account/organisations/<uuid:public_id>/invitations/<uuid:invitation_id>/<slug:what>",
        organisations.invitation_deed,
        name="account-invitation-deed",
    ),
    path("account/organisations/<uuid:public_id>/limit", organisation_rules.limit, name="account-limit-set"),
    path("account/organisations/<uuid:public_id>/limit/<slug:what>", organisations.limit_deed, name="account-limit"),
    path(
        "account/organisations/<uuid:public_id>/documents",
        organisation_rules.document_add,
        name="account-documents",
    ),
    path(
        "account/organisations/<uuid:public_id>/documents/<uuid:document_id>",
        organisation_rules.document,
        name="account-document",
    ),
    path(
        "account/organisations/<uuid:public_id>/documents/<uuid:document_id>/remove",
        organisation_rules.document_remove,
        name="account-document-remove",
    ),
    path("account/organisations/<uuid:public_id>/hand-over", organisation_rules.hand_over, name="account-hand-over"),
    path("account/invitations/<uuid:public_id>/<slug:what>", organisations.answer, name="account-invitation-answer"),
    path("account/profile", account.profile, name="account-profile"),
    path("account/password", account.password, name="account-password"),
    path("account/email", account.email, name="account-email"),
    path("account/sessions", account.sessions, name="account-sessions"),
    path("account/sessions/<uuid:public_id>", account.session_revoke, name="account-session"),
    path("account/sessions/others", account.sessions_revoke, name="account-other-sessions"),
    path("account/keys", keys.keys, name="account-keys"),
    path("account/keys/<uuid:public_id>", keys.key_revoke, name="account-key"),
    path("account/identities/<uuid:public_id>", keys.identity_revoke, name="account-identity"),
    path("account/export", account.export, name="account-export"),
    path("account/erase", account.erase, name="account-erase"),
]
