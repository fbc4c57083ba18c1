"""What the tests of purchases share: a local double of Stripe, and a server that is told to use it."""

from tests.stripe_fixtures import by_invoice, stripe  # noqa: F401 - fixtures
