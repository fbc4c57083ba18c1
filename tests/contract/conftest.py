"""What the tests of the API share: a client that speaks JSON, people of each group, projects."""

import json

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from accounts.models import User
from accounts.tokens import StaffToken

PASSWORD = "correct-horse-battery"


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
def staff(db):
    """Return a function from the name of a group to a signed-in client of one of its members."""

    def signed_in(role):
        user = User.objects.filter(email=f"{role.lower().replace(' ', '.')}@example.org").first()
        if user is None:
            user = User.objects.create_user(f"{role.replace(' ', '.')}@example.org", PASSWORD, is_staff=True)
            user.groups.add(Group.objects.get(name=role))
        client = Api(str(StaffToken.for_staff(user)))
        client.user = user
        return client

    return signed_in


@pytest.fixture
def officer(staff):
    return staff("Registry Officer")


@pytest.fixture
def super_admin(staff):
    return staff("Super Admin")
