"""What the tests of purchases share: a local double of Stripe, clients of the API, and a body that is in order."""

import uuid

import pytest

from tests.api_clients import Api, api, staff
from tests.factories import person, staff_token
from tests.stripe_fixtures import by_invoice, stripe

__all__ = ["api", "by_invoice", "staff", "stripe"]


class Client(Api):
    """An API client that sends a new Idempotency-Key with each request, unless one is given."""

    def post(self, path, body=None, *, key=None, **options):
        headers = {"Idempotency-Key": str(uuid.uuid4()) if key is None else key}
        return super().post(path, body, **options, **headers)


def client_of(user):
    client = Client(str(staff_token(user)))
    client.user = user
    return client


@pytest.fixture
def guest():
    return Client()


@pytest.fixture
def trader():
    """A signed-in person without any permission: the buyer of these tests."""
    return client_of(person())


@pytest.fixture
def other():
    """Another one."""
    return client_of(person())


@pytest.fixture
def desk():
    """Somebody of staff who works transactions."""
    return client_of(person("Transactions Officer"))


def order_of(batch, quantity="10", **fields):
    """Return the body of a purchase that lacks nothing."""
    order = {
        "project_id": batch.project_id,
        "quantity": quantity,
        "price_per_credit": "12.5000",
        "currency": "EUR",
        **fields,
    }
    return {name: value for name, value in order.items() if value is not ...}
