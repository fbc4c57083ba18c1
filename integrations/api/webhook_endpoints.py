"""Subscribing to what happens here: endpoints, their deliveries, the test, and sending again."""

import uuid
from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from accounts.selectors import organisation_acted_for_by
from carboncore.common.api.bodies import json_response
from carboncore.common.api.schema import refusals
from carboncore.common.api.serializers import StrictSerializer, TextField
from carboncore.common.api.views import ApiView
from integrations.choices import EndpointStatus, OutboxStatus, WebhookEventType
from integrations.models import WebhookDelivery, WebhookEndpoint
from integrations.selectors.webhooks import endpoint_of, endpoints_of
from integrations.services.outgoing_webhooks import (
    delivery_send_again,
    endpoint_create,
    endpoint_delete,
    endpoint_secret_replace,
    endpoint_test,
    endpoint_update,
)
from transactions.api.callers import signed_in_caller

ENDPOINT_ID = OpenApiParameter("endpoint", OpenApiTypes.UUID, "path", description="The subscription's id.")
DELIVERY_ID = OpenApiParameter("delivery", OpenApiTypes.INT, "path", description="The delivery's number.")
_MOST_LISTED = 100
_TYPES = [choice for choice in WebhookEventType.choices if choice[0] != WebhookEventType.TEST]


class WebhookEndpointSerializer(serializers.Serializer):
    """A subscription; `secret` is told when it is made or replaced, and never again."""

    id = serializers.UUIDField()
    url = serializers.CharField()
    description = serializers.CharField()
    event_types = serializers.ListField(child=serializers.ChoiceField(_TYPES))
    organisation = serializers.UUIDField(allow_null=True)
    status = serializers.ChoiceField(EndpointStatus.choices)
    status_reason = serializers.CharField()
    failing_since = serializers.DateTimeField(allow_null=True)
    last_success_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class EndpointListSerializer(serializers.Serializer):
    """Every subscription of the caller and of the organisations that they act for."""

    data = WebhookEndpointSerializer(many=True)  # type: ignore[assignment]
    count = serializers.IntegerField()


class NewEndpointSerializer(WebhookEndpointSerializer):
    """A subscription with its secret."""

    secret = serializers.CharField()


class SecretSerializer(serializers.Serializer):
    """The new secret; for a day deliveries are signed with the one before as well."""

    secret = serializers.CharField()


class EndpointCreateSerializer(StrictSerializer):
    """What to subscribe to, and where."""

    url = TextField(max_length=500)
    description = TextField(max_length=200, required=False, allow_blank=True)
    event_types = serializers.ListField(child=TextField(max_length=40), min_length=1, max_length=20)
    organisation = serializers.UUIDField(required=False, allow_null=True)


class EndpointUpdateSerializer(StrictSerializer):
    """What to change."""

    url = TextField(max_length=500, required=False)
    description = TextField(max_length=200, required=False, allow_blank=True)
    event_types = serializers.ListField(child=TextField(max_length=40), min_length=1, max_length=20, required=False)
    status = serializers.ChoiceField(EndpointStatus.choices, required=False)


class WebhookDeliverySerializer(serializers.Serializer):
    """One event for this subscription."""

    id = serializers.IntegerField()
    event_id = serializers.CharField()
    event_type = serializers.CharField()
    status = serializers.ChoiceField(OutboxStatus.choices)
    attempts = serializers.IntegerField()
    next_attempt_at = serializers.DateTimeField(allow_null=True)
    last_status = serializers.IntegerField(allow_null=True)
    last_error = serializers.CharField()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class DeliveryListSerializer(serializers.Serializer):
    """The latest hundred deliveries."""

    data = WebhookDeliverySerializer(many=True)  # type: ignore[assignment]
    count = serializers.IntegerField()


class EndpointListView(ApiView):
    """The caller's subscriptions."""

    permission_classes = []
    key_scopes = {"GET": "data-sources", "POST": "data-sources"}

    @extend_schema(
        operation_id="list_webhook_endpoints",
        tags=["webhooks"],
        responses={200: EndpointListSerializer, **refusals(401)},
    )
    def get(self, request: Request) -> HttpResponse:
        """List them."""
        rows = [_body(endpoint) for endpoint in endpoints_of(signed_in_caller(request))]
        return json_response({"data": rows, "count": len(rows)})

    @extend_schema(
        operation_id="create_webhook_endpoint",
        tags=["webhooks"],
        request=EndpointCreateSerializer,
        responses={201: NewEndpointSerializer, **refusals(400, 401, 403, 404, 409, 413, 415)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Subscribe; the answer has the secret, which is not shown again."""
        user = signed_in_caller(request)
        body = EndpointCreateSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        fields = dict(body.validated_data)
        wanted = fields.pop("organisation", None)
        organisation = organisation_acted_for_by(user=user, public_id=wanted) if wanted else None
        endpoint, secret = endpoint_create(actor=user, organisation=organisation, **fields)
        return json_response({**_body(endpoint), "secret": secret}, status=201)


class EndpointView(ApiView):
    """One subscription."""

    permission_classes = []
    key_scopes = {"GET": "data-sources", "PATCH": "data-sources", "DELETE": "data-sources"}

    @extend_schema(
        operation_id="read_webhook_endpoint",
        tags=["webhooks"],
        parameters=[ENDPOINT_ID],
        responses={200: WebhookEndpointSerializer, **refusals(401, 404)},
    )
    def get(self, request: Request, endpoint: uuid.UUID) -> HttpResponse:
        """Read it."""
        return json_response(_body(_endpoint(request, endpoint)))

    @extend_schema(
        operation_id="change_webhook_endpoint",
        tags=["webhooks"],
        parameters=[ENDPOINT_ID],
        request=EndpointUpdateSerializer,
        responses={200: WebhookEndpointSerializer, **refusals(400, 401, 404, 413, 415)},
    )
    def patch(self, request: Request, endpoint: uuid.UUID) -> HttpResponse:
        """Change it; making it active again forgets its failures."""
        found = _endpoint(request, endpoint)
        body = EndpointUpdateSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        changed = endpoint_update(actor=signed_in_caller(request), endpoint=found, fields=body.validated_data)
        return json_response(_body(changed))

    @extend_schema(
        operation_id="delete_webhook_endpoint",
        tags=["webhooks"],
        parameters=[ENDPOINT_ID],
        responses={204: None, **refusals(401, 404)},
    )
    def delete(self, request: Request, endpoint: uuid.UUID) -> HttpResponse:
        """End it; its secret is destroyed."""
        endpoint_delete(actor=signed_in_caller(request), endpoint=_endpoint(request, endpoint))
        return HttpResponse(status=204)


class EndpointSecretView(ApiView):
    """A subscription's secret."""

    permission_classes = []
    key_scopes = {"POST": "data-sources"}

    @extend_schema(
        operation_id="replace_webhook_secret",
        tags=["webhooks"],
        parameters=[ENDPOINT_ID],
        request=None,
        responses={201: SecretSerializer, **refusals(401, 404)},
    )
    def post(self, request: Request, endpoint: uuid.UUID) -> HttpResponse:
        """Replace it."""
        found = _endpoint(request, endpoint)
        secret = endpoint_secret_replace(actor=signed_in_caller(request), endpoint=found)
        return json_response({"secret": secret}, status=201)


class EndpointTestView(ApiView):
    """The test button."""

    permission_classes = []
    key_scopes = {"POST": "data-sources"}

    @extend_schema(
        operation_id="test_webhook_endpoint",
        tags=["webhooks"],
        parameters=[ENDPOINT_ID],
        request=None,
        responses={202: WebhookDeliverySerializer, **refusals(401, 404, 409)},
    )
    def post(self, request: Request, endpoint: uuid.UUID) -> HttpResponse:
        """Send a `webhook.test` event; the deliveries show what came of it."""
        found = _endpoint(request, endpoint)
        return json_response(_delivery(endpoint_test(actor=signed_in_caller(request), endpoint=found)), status=202)


class DeliveryListView(ApiView):
    """The delivery log of a subscription."""

    permission_classes = []
    key_scopes = {"GET": "data-sources"}

    @extend_schema(
        operation_id="list_webhook_deliveries",
        tags=["webhooks"],
        parameters=[ENDPOINT_ID],
        responses={200: DeliveryListSerializer, **refusals(401, 404)},
    )
    def get(self, request: Request, endpoint: uuid.UUID) -> HttpResponse:
        """List the latest hundred."""
        deliveries = _endpoint(request, endpoint).deliveries.select_related("event")[:_MOST_LISTED]
        rows = [_delivery(delivery) for delivery in deliveries]
        return json_response({"data": rows, "count": len(rows)})


class RedeliverView(ApiView):
    """One delivery once more."""

    permission_classes = []
    key_scopes = {"POST": "data-sources"}

    @extend_schema(
        operation_id="redeliver_webhook",
        tags=["webhooks"],
        parameters=[ENDPOINT_ID, DELIVERY_ID],
        request=None,
        responses={202: WebhookDeliverySerializer, **refusals(401, 404, 409)},
    )
    def post(self, request: Request, endpoint: uuid.UUID, delivery: int) -> HttpResponse:
        """Send it again, under the same id."""
        found = _endpoint(request, endpoint)
        again = delivery_send_again(actor=signed_in_caller(request), endpoint=found, pk=delivery)
        return json_response(_delivery(again), status=202)


def _endpoint(request: Request, public_id: uuid.UUID) -> WebhookEndpoint:
    return endpoint_of(user=signed_in_caller(request), public_id=public_id)


def _body(endpoint: WebhookEndpoint) -> dict[str, Any]:
    return {
        "id": endpoint.public_id,
        "url": endpoint.url,
        "description": endpoint.description,
        "event_types": endpoint.event_types,
        "organisation": endpoint.organisation.public_id if endpoint.organisation else None,
        "status": endpoint.status,
        "status_reason": endpoint.status_reason,
        "failing_since": endpoint.failing_since,
        "last_success_at": endpoint.last_success_at,
        "created_at": endpoint.created_at,
    }


def _delivery(delivery: WebhookDelivery) -> dict[str, Any]:
    return {
        "id": delivery.pk,
        "event_id": delivery.event.public_id,
        "event_type": delivery.event.type,
        "status": delivery.status,
        "attempts": delivery.attempts,
        "next_attempt_at": delivery.next_attempt_at,
        "last_status": delivery.last_status,
        "last_error": delivery.last_error,
        "created_at": delivery.created_at,
        "finished_at": delivery.finished_at,
    }
