"""What tests of people's accounts share: API clients, and somebody who has just registered."""

import pytest

from tests.api_clients import Api, api, staff

__all__ = ["api", "staff"]

ANNA = {"email": "anna@example.org", "username": "anna_1", "password": "nine quiet herons 9"}


@pytest.fixture
def anna(api):
    """Anna's registration as the API answered it, not yet confirmed."""
    answer = api.post("/users/register", ANNA)
    assert answer.status_code == 201
    return answer.json()


def signed_in(email=ANNA["email"], password=ANNA["password"], **headers):
    """Return a client signed in as a person, with the `tokens` of the answer."""
    answer = Api().post("/users/login", {"email": email, "password": password}, **headers)
    assert answer.status_code == 200, answer.content
    client = Api(answer.json()["access_token"])
    client.tokens = answer.json()
    client.headers |= headers
    return client
