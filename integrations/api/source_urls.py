"""Addresses of the catalogue, of data sources and of OAuth's way back."""

from django.urls import path

from integrations.api import oauth, sources, syncs

urlpatterns = [
    path("integrations", sources.IntegrationListView.as_view()),
    path("integrations/<slug:slug>", sources.IntegrationView.as_view()),
    path("datasources", sources.SourceListView.as_view()),
    path("datasources/<uuid:public_id>", sources.SourceView.as_view()),
    path("datasources/<uuid:public_id>/sync", syncs.SyncView.as_view()),
    path("datasources/<uuid:public_id>/sync-logs", syncs.SyncListView.as_view()),
    path("datasources/<uuid:public_id>/sync-logs/<uuid:sync_id>", syncs.SyncDetailView.as_view()),
    path("datasources/<uuid:public_id>/sync-logs/<uuid:sync_id>/rejects", syncs.SyncRejectsView.as_view()),
    path("datasources/<uuid:public_id>/gaps", syncs.GapListView.as_view()),
    path("oauth/callback", oauth.OAuthCallbackView.as_view()),
]
