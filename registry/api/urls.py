"""Addresses of the registry app's API."""

from django.urls import path

from registry.api import catalogue_views as catalogue
from registry.api import document_views as documents
from registry.api import lifecycle_views as lifecycle
from registry.api import monitoring_views as monitoring
from registry.api import project_views as staff
from registry.api import public_views as public

urlpatterns = [
    path("projects", public.ProjectListView.as_view()),
    path("projects/<str:key>", public.ProjectView.as_view()),
    path("project-types", public.ProjectTypeListView.as_view()),
    path("standards", public.StandardListView.as_view()),
    path("countries", public.CountryListView.as_view()),
    path("documents/<uuid:document>", documents.DocumentFileView.as_view()),
    path("admin/projects", staff.ProjectListView.as_view()),
    path("admin/projects/boundaries", staff.BoundaryListView.as_view()),
    path("admin/projects/<str:key>", staff.ProjectView.as_view()),
    path("admin/projects/<str:key>/moves", lifecycle.MoveListView.as_view()),
    path("admin/projects/<str:key>/publish", lifecycle.PublishView.as_view()),
    path("admin/projects/<str:key>/documents", documents.DocumentListView.as_view()),
    path("admin/projects/<str:key>/documents/<uuid:document>", documents.DocumentView.as_view()),
    path("admin/projects/<str:key>/overlaps", lifecycle.OverlapListView.as_view()),
    path("admin/projects/<str:key>/overlaps/<int:overlap>/justify", lifecycle.OverlapJustifyView.as_view()),
    path("admin/projects/<str:key>/history", lifecycle.HistoryView.as_view()),
    path("admin/projects/<str:key>/monitoring-periods", monitoring.PeriodListView.as_view()),
    path("admin/projects/<str:key>/monitoring-periods/<int:period>", monitoring.PeriodView.as_view()),
    path("admin/projects/<str:key>/monitoring-periods/<int:period>/submit", monitoring.PeriodSubmitView.as_view()),
    path("admin/projects/<str:key>/monitoring-periods/<int:period>/verify", monitoring.PeriodVerifyView.as_view()),
    path("admin/projects/<str:key>/monitoring-periods/<int:period>/reject", monitoring.PeriodRejectView.as_view()),
    path("admin/project-types", catalogue.ProjectTypeListView.as_view()),
    path("admin/project-types/<int:pk>", catalogue.ProjectTypeView.as_view()),
    path("admin/standards", catalogue.StandardListView.as_view()),
    path("admin/standards/<int:pk>", catalogue.StandardView.as_view()),
    path("admin/standard-validators", catalogue.ValidatorListView.as_view()),
    path("admin/standard-validators/<int:pk>", catalogue.ValidatorView.as_view()),
    path("admin/methodologies", catalogue.MethodologyListView.as_view()),
    path("admin/methodologies/<int:pk>", catalogue.MethodologyView.as_view()),
]
