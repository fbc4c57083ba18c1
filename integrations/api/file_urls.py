"""Addresses of uploaded files, entered readings, and webhooks in both directions."""

from django.urls import path

from integrations.api import uploads

urlpatterns = [
    path("datasources/<uuid:source>/uploads", uploads.UploadListView.as_view()),
    path("datasources/<uuid:source>/uploads/<uuid:upload>", uploads.UploadView.as_view()),
    path("datasources/<uuid:source>/uploads/<uuid:upload>/confirm", uploads.UploadConfirmView.as_view()),
    path("datasources/<uuid:source>/uploads/<uuid:upload>/rejects", uploads.UploadRejectsView.as_view()),
    path("datasources/<uuid:source>/readings", uploads.EntryView.as_view()),
]
