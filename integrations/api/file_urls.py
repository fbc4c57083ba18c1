"""Addresses of uploaded files, entered readings, and webhooks in both directions."""

from django.urls import path

from integrations.api import incoming_webhooks, uploads, webhook_endpoints

_ENDPOINT = "webhook-endpoints/<uuid:endpoint>"

urlpatterns = [
    path("datasources/<uuid:source>/uploads", uploads.UploadListView.as_view()),
    path("datasources/<uuid:source>/uploads/<uuid:upload>", uploads.UploadView.as_view()),
    path("datasources/<uuid:source>/uploads/<uuid:upload>/confirm", uploads.UploadConfirmView.as_view()),
    path("datasources/<uuid:source>/uploads/<uuid:upload>/rejects", uploads.UploadRejectsView.as_view()),
    path("datasources/<uuid:source>/readings", uploads.EntryView.as_view()),
    path("datasources/<uuid:source>/webhook-address", incoming_webhooks.AddressView.as_view()),
    path("webhooks/generic/<uuid:source>", incoming_webhooks.GenericWebhookView.as_view()),
    path("webhooks/octopus-energy", incoming_webhooks.OctopusWebhookView.as_view()),
    path("webhooks/british-gas", incoming_webhooks.BritishGasWebhookView.as_view()),
    path("webhook-endpoints", webhook_endpoints.EndpointListView.as_view()),
    path(_ENDPOINT, webhook_endpoints.EndpointView.as_view()),
    path(f"{_ENDPOINT}/secret", webhook_endpoints.EndpointSecretView.as_view()),
    path(f"{_ENDPOINT}/test", webhook_endpoints.EndpointTestView.as_view()),
    path(f"{_ENDPOINT}/deliveries", webhook_endpoints.DeliveryListView.as_view()),
    path(f"{_ENDPOINT}/deliveries/<int:delivery>/redeliver", webhook_endpoints.RedeliverView.as_view()),
]
