"""Addresses of offsetting."""

from django.urls import path

from integrations.api import offsets

urlpatterns = [
    path("emissions/offset", offsets.OffsetQuoteView.as_view()),
    path("emissions/offsets", offsets.OffsetListView.as_view()),
    path("emissions/offsets/<uuid:public_id>", offsets.OffsetView.as_view()),
    path("emissions/offsets/<uuid:public_id>/report", offsets.OffsetReportView.as_view()),
]
