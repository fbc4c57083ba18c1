"""Two workers that find a token at its end: one renews it, the other takes what that one brought."""

import pytest
from django.utils import timezone

from integrations.models import Connection, ConnectionCredential
from integrations.providers.oauth2 import tokens_refresh
from integrations.services import oauth_tokens
from integrations.services.credentials import credentials_open, credentials_store
from integrations.services.oauth_tokens import credentials_for_call
from tests.doubles.kraken_server import ACCOUNT
from tests.integrations.source_factories import source
from tests.races import at_once, meeting

pytest_plugins = ("tests.integrations.source_fixtures",)
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def connection(provider, catalogue):
    made = source(catalogue["edf-energy"])
    provider.refresh_tokens["refresh-token-0"] = True
    credentials_store(
        connection=made,
        secrets={"access_token": "old", "refresh_token": "refresh-token-0"},
        expires_at=timezone.now(),
    )
    return Connection.objects.select_related("integration").get(pk=made.pk)


def renewals(provider):
    return [each for each in provider.asked if (each.body or {}).get("grant_type") == "refresh_token"]


def test_four_workers_renew_once(provider, connection):
    found = at_once(*[lambda: credentials_for_call(connection=connection)] * 4)

    assert found == [credentials_open(connection=connection)] * 4
    assert len(renewals(provider)) == 1
    assert provider.over is False


def test_four_workers_renew_a_sign_in_by_password_once(kraken, catalogue):
    made = source(catalogue["octopus-energy-password"], settings={"account_number": ACCOUNT})
    kraken.refresh_tokens.add("refresh-token-0")
    secrets = {"access_token": "old", "refresh_token": "refresh-token-0"}
    credentials_store(connection=made, secrets=secrets, expires_at=timezone.now())
    connection = Connection.objects.select_related("integration").get(pk=made.pk)

    found = at_once(*[lambda: credentials_for_call(connection=connection)] * 4)

    assert found == [credentials_open(connection=connection)] * 4
    assert len(kraken.asked) == 1


def test_without_the_lock_the_token_is_used_twice_and_the_permission_is_lost(provider, connection, monkeypatch):
    """The control: two workers who do not wait for each other."""
    monkeypatch.setattr(ConnectionCredential.objects, "select_for_update", ConnectionCredential.objects.all)
    monkeypatch.setattr(oauth_tokens, "tokens_refresh", meeting(tokens_refresh, 2))

    found = at_once(*[lambda: credentials_for_call(connection=connection)] * 2)

    assert len(renewals(provider)) == 2
    assert provider.over is True
    assert sorted(type(each).__name__ for each in found) == ["ReauthorisationNeeded", "dict"]
