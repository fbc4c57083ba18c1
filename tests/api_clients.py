"""A client that speaks JSON to the API, and fixtures that sign it in as a member of each staff group."""

import json
from decimal import Decimal

import pytest
from django.test import Client

from tests.factories import buyer, person, person_token, staff_token


class Api:
    """Sends JSON over Django's handler, with a bearer token or without."""

    def __init__(self, token=None):
        self.client = Client(raise_request_exception=False)
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def request(self, method, path, body=None, *, raw=None, content_type="application/json", **headers):
        data = raw if raw is not None else (b"" if body is None else json.dumps(body).encode())
        return self.client.generic(method, path, data, content_type=content_type, headers={**self.headers, **headers})

    def get(self, path, **headers):
        return self.request("GET", path, **headers)

    def post(self, path, body=None, **options):
        return self.request("POST", path, body, **options)

    def put(self, path, body=None, **options):
        return self.request("PUT", path, body, **options)

    def patch(self, path, body=None, **options):
        return self.request("PATCH", path, body, **options)

    def delete(self, path, **options):
        return self.request("DELETE", path, **options)


@pytest.fixture
def api():
    return Api()


@pytest.fixture
def staff():
    """Return a function from the name of a group to a signed-in client of one of its members."""

    clients = {}

    def signed_in(role):
        if role not in clients:
            user = person(role)
            clients[role] = Api(str(staff_token(user)))
            clients[role].user = user
        return clients[role]

    return signed_in


def buyer_client(**fields):
    """Return a client signed in as a new person; `.user` is who."""
    user = buyer(**fields)
    client = Api(person_token(user))
    client.user = user
    return client


@pytest.fixture
def officer(staff):
    return staff("Registry Officer")


@pytest.fixture
def super_admin(staff):
    return staff("Super Admin")


@pytest.fixture
def exact():
    """Return a function that reads a body with its numbers as Decimals, so that a digit more or less shows."""
    return lambda answer: json.loads(answer.content, parse_float=Decimal)
