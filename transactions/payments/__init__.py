"""Talking to the payment provider: typed questions and answers, no database. Only `stripe_client` imports Stripe."""

from functools import lru_cache

from django.conf import settings

from transactions.errors import PaymentsNotConfigured
from transactions.payments.records import IntentSnapshot, PaymentProvider, RefundSnapshot
from transactions.payments.stripe_client import StripePayments
from transactions.payments.webhooks import WebhookEvent, event_verified

__all__ = [
    "IntentSnapshot",
    "PaymentProvider",
    "RefundSnapshot",
    "WebhookEvent",
    "event_verified",
    "payment_provider",
]


def payment_provider() -> PaymentProvider:
    """Return the provider that the settings name.

    Raises:
        PaymentsNotConfigured: there is none; purchases are paid by invoice.
    """
    if not settings.STRIPE_SECRET_KEY:
        raise PaymentsNotConfigured
    return _stripe(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE, settings.STRIPE_TIMEOUT)


@lru_cache(maxsize=4)
def _stripe(key: str, base: str, timeout: int) -> StripePayments:
    return StripePayments(key=key, base=base, timeout=timeout)
