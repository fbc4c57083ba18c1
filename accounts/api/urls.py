"""Addresses of the accounts app's API."""

from django.urls import path

from accounts.api import organisations
from accounts.api.views import LoginView, ValidateView

urlpatterns = [
    path("admin/login", LoginView.as_view()),
    path("admin/validate", ValidateView.as_view()),
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
