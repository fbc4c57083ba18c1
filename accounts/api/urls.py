"""Addresses of the accounts app's API."""

from django.urls import path

from accounts.api.views import LoginView, ValidateView

urlpatterns = [
    path("admin/login", LoginView.as_view()),
    path("admin/validate", ValidateView.as_view()),
]
