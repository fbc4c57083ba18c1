"""Addresses of these pages, under the staff admin's own path; what the gate lets through says `accounts.staff_gate`."""

from django.urls import path

from accounts.staff_pages import entering, factors, security

urlpatterns = [
    path("second-factor/", entering.second_factor, name="staff-second-factor"),
    path("passkey/", entering.passkey, name="staff-passkey"),
    path("invitation/<str:token>", entering.invitation, name="staff-invitation"),
    path("security/", security.overview, name="staff-security"),
    path("security/again/", security.again, name="staff-again"),
    path("security/sessions/", security.end_other_sessions, name="staff-other-sessions"),
    path("security/authenticator/", factors.authenticator, name="staff-authenticator"),
    path("security/passkey/", factors.new_passkey, name="staff-new-passkey"),
    path("security/recovery-codes/", factors.recovery_codes, name="staff-recovery-codes"),
    path("security/factors/<int:pk>/remove/", factors.remove, name="staff-factor-remove"),
    path("password_change/", security.password, name="staff-password"),
]
