"""What the tests of the audit trail share: signed-in clients of the staff admin by role."""

import pytest
from django.core.cache import cache
from django.test import Client

from tests.factories import person


@pytest.fixture
def as_role(db):
    """Return a function that makes a staff member in a group and gives their signed-in client."""
    cache.clear()

    def sign_in(role="", **fields):
        user = person(role, **fields)
        client = Client()
        client.force_login(user)
        client.user = user
        return client

    return sign_in
