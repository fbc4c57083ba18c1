"""Where Stripe delivers its events: nobody is signed in, the signature is what counts."""

import structlog
from django.conf import settings
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request

from carboncore.audit.services import refusal_record
from carboncore.common.api.bodies import json_response
from carboncore.common.api.schema import refusals
from carboncore.common.api.views import ApiView
from carboncore.common.client_address import client_address
from carboncore.common.errors import RegistryError
from transactions.errors import PaymentsNotConfigured, WebhookRefused
from transactions.payments import event_verified
from transactions.services.purchases import event_process, event_receive

logger = structlog.get_logger(__name__)


class StripeWebhookView(ApiView):
    """Events of payments and refunds."""

    authentication_classes = []
    rate_limit = "webhook"
    permission_classes = []
    largest_body = 256 * 1024

    @extend_schema(
        operation_id="receive_stripe_event",
        tags=["webhooks"],
        auth=[],
        parameters=[OpenApiParameter("Stripe-Signature", OpenApiTypes.STR, "header", required=True)],
        request=OpenApiTypes.OBJECT,
        responses={
            200: inline_serializer("WebhookReceived", {"received": serializers.BooleanField()}),
            **refusals(400, 409, 413),
        },
    )
    def post(self, request: Request) -> HttpResponse:
        """Keep the event, then look at the payment that it names. The same delivery twice counts once."""
        if not settings.STRIPE_WEBHOOK_SECRET or not settings.STRIPE_SECRET_KEY:
            raise PaymentsNotConfigured
        try:
            event = event_verified(
                payload=request.body,
                signature=str(request.META.get("HTTP_STRIPE_SIGNATURE", "")),
                secret=settings.STRIPE_WEBHOOK_SECRET,
            )
        except WebhookRefused as error:
            logger.warning("webhook_refused", signed=error.signed, ip_address=client_address(request))
            refusal_record(action="webhook.refused", note=f"stripe: {error.message}")
            raise
        kept, _ = event_receive(event=event)
        if kept.processed_at is None:
            try:
                event_process(event=kept)
            except RegistryError as error:
                # It is kept, and the minute's round goes on with it: delivering it again would change nothing.
                logger.warning("webhook_waits", stripe_event=event.id, code=error.code)
        return json_response({"received": True})
