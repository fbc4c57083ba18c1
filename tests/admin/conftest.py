"""What the tests of the staff admin share: signed-in clients by role."""

import pytest
from django.core.cache import cache
from django.test import Client

from tests.factories import person


@pytest.fixture(autouse=True)
def _no_remembered_badges():
    cache.clear()


@pytest.fixture
def rows_saved_one_by_one(settings):
    """Allow what a page with several rows to save does: each row's service locks the project for itself."""
    settings.ZEAL_ALLOWLIST = [{"model": "registry.Project", "field": "get()"}]


@pytest.fixture
def as_role(db):
    """Return a function that makes a staff member in a group and gives their signed-in client."""

    def sign_in(role="", **fields):
        user = person(role, **fields)
        client = Client()
        client.force_login(user)
        client.user = user
        return client

    return sign_in
