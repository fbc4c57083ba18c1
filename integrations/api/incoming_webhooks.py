"""Where others deliver webhooks, and the address and secret of a data source for them."""

import uuid
from collections.abc import Mapping

from django.conf import settings
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from carboncore.common.api.bodies import json_response
from carboncore.common.api.schema import refusals
from carboncore.common.api.views import ApiView
from integrations.api.upload_shapes import EntriesShapeSerializer
from integrations.api.uploads import SOURCE_ID
from integrations.choices import InboxChannel
from integrations.selectors.uploads import source_changeable_by
from integrations.services.incoming_webhooks import (
    LARGEST_BODY,
    generic_delivery_receive,
    incoming_source_make,
    provider_delivery_receive,
)
from transactions.api.callers import signed_in_caller

_HEADERS = [
    OpenApiParameter(name, OpenApiTypes.STR, "header", required=True, description=words)
    for name, words in (
        ("webhook-id", "Names the delivery; the same one again counts once."),
        ("webhook-timestamp", "When it is sent, in seconds since 1970; at most five minutes off."),
        ("webhook-signature", "`v1,<base64>`, several of them separated by spaces."),
    )
]


class ReceivedSerializer(serializers.Serializer):
    """That the delivery is kept, now or before."""

    received = serializers.BooleanField()


class GenericDeliverySerializer(serializers.Serializer):
    """Readings for the data source of this address."""

    type = serializers.CharField(help_text="`readings.measured`")
    timestamp = serializers.DateTimeField(required=False)
    data = EntriesShapeSerializer()  # type: ignore[assignment]


class HintSerializer(serializers.Serializer):
    """The account at the provider that has something new."""

    account = serializers.CharField()


class HintDeliverySerializer(serializers.Serializer):
    """That an account at the provider has something new."""

    type = serializers.CharField(help_text="`readings.available`")
    timestamp = serializers.DateTimeField(required=False)
    data = HintSerializer()  # type: ignore[assignment]


class AddressSerializer(serializers.Serializer):
    """A data source's address for webhooks, and the secret to sign with, which is shown this once."""

    url = serializers.CharField()
    secret = serializers.CharField()
    previous_secret_valid_until = serializers.DateTimeField(allow_null=True)


class GenericWebhookView(ApiView):
    """Where readings of one data source are sent."""

    authentication_classes = []
    permission_classes = []
    rate_limit = "webhook"
    largest_body = LARGEST_BODY

    @extend_schema(
        operation_id="receive_readings",
        tags=["webhooks"],
        auth=[],
        parameters=[OpenApiParameter("source", OpenApiTypes.UUID, "path"), *_HEADERS],
        request=GenericDeliverySerializer,
        responses={200: ReceivedSerializer, **refusals(401, 404, 413)},
    )
    def post(self, request: Request, source: uuid.UUID) -> HttpResponse:
        """Keep the delivery; it is acted on in the background. The same one again counts once."""
        generic_delivery_receive(public_id=source, headers=_headers(request), body=request.body)
        return json_response({"received": True})


class _ProviderWebhookView(ApiView):
    authentication_classes = []
    permission_classes = []
    rate_limit = "webhook"
    largest_body = LARGEST_BODY
    channel = ""

    def _receive(self, request: Request) -> HttpResponse:
        provider_delivery_receive(channel=self.channel, headers=_headers(request), body=request.body)
        return json_response({"received": True})


class OctopusWebhookView(_ProviderWebhookView):
    """Where the operator's gateway tells that an Octopus Energy account has new readings."""

    channel = InboxChannel.OCTOPUS_ENERGY.value

    @extend_schema(
        operation_id="receive_octopus_hint",
        tags=["webhooks"],
        auth=[],
        parameters=_HEADERS,
        request=HintDeliverySerializer,
        responses={200: ReceivedSerializer, **refusals(401, 413)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Begin a sync of that account. Octopus Energy sends no webhooks; 401 unless the operator set a secret."""
        return self._receive(request)


class BritishGasWebhookView(_ProviderWebhookView):
    """Where the operator's gateway tells that a British Gas account has new readings."""

    channel = InboxChannel.BRITISH_GAS.value

    @extend_schema(
        operation_id="receive_british_gas_hint",
        tags=["webhooks"],
        auth=[],
        parameters=_HEADERS,
        request=HintDeliverySerializer,
        responses={200: ReceivedSerializer, **refusals(401, 413)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Begin a sync of that account. British Gas sends no webhooks; 401 unless the operator set a secret."""
        return self._receive(request)


class AddressView(ApiView):
    """A data source's address for webhooks."""

    permission_classes = []
    key_scopes = {"POST": "data-sources"}

    @extend_schema(
        operation_id="make_webhook_address",
        tags=["data sources"],
        parameters=[SOURCE_ID],
        request=None,
        responses={201: AddressSerializer, **refusals(401, 404)},
    )
    def post(self, request: Request, source: uuid.UUID) -> HttpResponse:
        """Make it, or replace its secret: the one before is valid for another day."""
        user = signed_in_caller(request)
        connection = source_changeable_by(user=user, public_id=source)
        row, secret = incoming_source_make(actor=user, connection=connection)
        url = f"{settings.PUBLIC_URL.rstrip('/')}/api/v1/webhooks/generic/{row.public_id}"
        body = {"url": url, "secret": secret, "previous_secret_valid_until": row.previous_until}
        return json_response(body, status=201)


def _headers(request: Request) -> Mapping[str, str]:
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    return {name: str(request.headers.get(name, "")) for name in names}
