"""Addresses of the accounts app's API."""

from django.urls import path

from accounts.api import administrators, machines, me, organisations, people, person_sessions
from accounts.api.views import LoginView, ValidateView

urlpatterns = [
    path("admin/login", LoginView.as_view()),
    path("admin/validate", ValidateView.as_view()),
    path("admin/administrators", administrators.AdministratorListView.as_view()),
    path("admin/administrators/<uuid:public_id>", administrators.AdministratorView.as_view()),
    path("admin/administrators/<uuid:public_id>/invite", administrators.InviteAgainView.as_view()),
    path("admin/administrators/<uuid:public_id>/reset-factors", administrators.ResetFactorsView.as_view()),
    path("users/register", people.RegisterView.as_view()),
    path("users/confirm-email", people.ConfirmView.as_view()),
    path("users/confirm-email/resend", people.ConfirmAgainView.as_view()),
    path("users/confirm-new-email", people.NewEmailView.as_view()),
    path("users/password/forgotten", people.ForgottenView.as_view()),
    path("users/password/reset", people.ResetView.as_view()),
    path("users/reclaim", people.ReclaimView.as_view()),
    path("users/login", person_sessions.PersonLoginView.as_view()),
    path("users/token/refresh", person_sessions.RefreshView.as_view()),
    path("users/logout", person_sessions.LogoutView.as_view()),
    path("users/logout-everywhere", person_sessions.LogoutEverywhereView.as_view()),
    path("users/me", me.MeView.as_view()),
    path("users/me/export", me.ExportView.as_view()),
    path("users/me/password", me.MyPasswordView.as_view()),
    path("users/me/email", me.MyEmailView.as_view()),
    path("users/me/sessions", person_sessions.SessionListView.as_view()),
    path("users/me/sessions/<uuid:public_id>", person_sessions.SessionView.as_view()),
    path("users/me/api-keys", machines.ApiKeyListView.as_view()),
    path("users/me/api-keys/<uuid:public_id>", machines.ApiKeyView.as_view()),
    path("users/me/identities", machines.IdentityListView.as_view()),
    path("users/me/identities/<uuid:public_id>", machines.IdentityView.as_view()),
    path("users/<uuid:public_id>", me.PersonView.as_view()),
    path("organisations", organisations.OrganisationListView.as_view()),
    path("organisations/<uuid:public_id>", organisations.OrganisationView.as_view()),
    path("organisations/<uuid:public_id>/members", organisations.MemberListView.as_view()),
    path("organisations/<uuid:public_id>/members/<uuid:user>", organisations.MemberView.as_view()),
    path("admin/organisations", organisations.StaffOrganisationListView.as_view()),
    path("admin/organisations/<uuid:public_id>/approve", organisations.ApproveView.as_view()),
    path("admin/organisations/<uuid:public_id>/reject", organisations.RejectView.as_view()),
    path("admin/organisations/<uuid:public_id>/suspend", organisations.SuspendView.as_view()),
    path("admin/organisations/<uuid:public_id>/reinstate", organisations.ReinstateView.as_view()),
]
