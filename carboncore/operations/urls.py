"""Addresses for whoever watches the server; they stand at the root only and are no part of the API."""

from django.urls import path

from carboncore.operations import views

urlpatterns = [
    path("health", views.live, name="health"),
    path("health/ready", views.ready, name="health-ready"),
    path("metrics", views.metrics, name="metrics"),
]
