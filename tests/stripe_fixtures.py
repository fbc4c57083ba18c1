"""Fixtures: payments through the local double of Stripe, or by invoice where no key is set."""

import pytest

from tests.doubles.stripe_server import SECRET_KEY, WEBHOOK_SECRET, StripeDouble


@pytest.fixture
def stripe(settings):
    """Run a double and point the settings at it, as a server with keys has them."""
    double = StripeDouble().start()
    settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET = SECRET_KEY, WEBHOOK_SECRET
    settings.STRIPE_API_BASE, settings.STRIPE_TIMEOUT = double.base, 1
    settings.PAYMENT_MODE = "stripe"
    yield double
    double.stop()


@pytest.fixture
def by_invoice(settings):
    """Have no keys: purchases are paid by invoice."""
    settings.STRIPE_SECRET_KEY = settings.STRIPE_WEBHOOK_SECRET = ""
    settings.PAYMENT_MODE = "invoice"
