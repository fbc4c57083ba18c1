"""Addresses of the registry app's API."""

from django.urls import path

from registry.api import public_views as public

urlpatterns = [
    path("projects", public.ProjectListView.as_view()),
    path("projects/<str:key>", public.ProjectView.as_view()),
    path("project-types", public.ProjectTypeListView.as_view()),
    path("standards", public.StandardListView.as_view()),
    path("countries", public.CountryListView.as_view()),
]
