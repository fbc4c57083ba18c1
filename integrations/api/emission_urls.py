"""Addresses of emissions and of the factors that they are computed with."""

from django.urls import path

from integrations.api import emissions

urlpatterns = [
    path("emissions", emissions.EmissionListView.as_view()),
    path("emissions/summary", emissions.EmissionSummaryView.as_view()),
    path("emissions/report", emissions.EmissionReportView.as_view()),
    path("emissions/recalculate", emissions.EmissionRecalculateView.as_view()),
    path("emissions/<uuid:public_id>/explain", emissions.EmissionExplainView.as_view()),
    path("emission-factors", emissions.FactorListView.as_view()),
]
