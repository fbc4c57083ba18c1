"""OAuth with a real authorisation server: once, in time, for who asked; renewed by one, and over when it is over."""

from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.utils import timezone

from integrations.choices import ConnectionProblem, ConnectionStatus
from integrations.models import Connection, ConnectionCredential, OAuthClient, OAuthState
from integrations.providers.base import ProviderUnavailable, ReauthorisationNeeded
from integrations.services.credentials import credentials_open
from integrations.services.oauth_tokens import credentials_for_call
from tests.api_clients import Api, buyer_client
from tests.doubles.kraken_server import ACCOUNT
from tests.doubles.oauth_server import CLIENT_ID, CLIENT_SECRET, callback
from tests.doubles.provider_server import OUT_OF_ORDER, TRUNCATED, WAIT, WEB_PAGE

pytest_plugins = ("tests.integrations.source_fixtures",)
pytestmark = pytest.mark.django_db

SOURCES = "/api/v1/datasources"
EDF = {"integration_id": "edf-energy"}


def asked(client):
    return client.post(SOURCES, EDF).json()


def connected(client, provider):
    answer = Api().get(callback(provider.consent(asked(client)["auth_url"])))
    assert answer.status_code == 200, answer.content
    return Connection.objects.select_related("integration").get()


def expire(connection):
    ConnectionCredential.objects.filter(connection=connection).update(expires_at=timezone.now())


def refreshes(provider):
    return [each for each in provider.asked if (each.body or {}).get("grant_type") == "refresh_token"]


def test_the_permission_is_asked_for_with_pkce_and_the_exact_redirect_address(provider, settings):
    body = asked(buyer_client())

    assert set(body) == {"message", "auth_url", "integration_id", "id"}
    parts = urlsplit(body["auth_url"])
    query = dict(parse_qsl(parts.query))
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{provider.url}/authorize/"
    assert query["redirect_uri"] == f"{settings.PUBLIC_URL}/api/v1/oauth/callback"
    assert (query["client_id"], query["code_challenge_method"]) == (CLIENT_ID, "S256")
    assert (len(query["state"]), len(query["code_challenge"])) == (43, 43)
    assert Connection.objects.get().status == ConnectionStatus.PENDING
    assert query["state"] not in str(OAuthState.objects.values())


def test_a_permission_that_is_given_connects(provider):
    client = buyer_client()

    connection = connected(client, provider)

    assert (connection.status, connection.account_reference) == (ConnectionStatus.ACTIVE, ACCOUNT)
    assert credentials_open(connection=connection).keys() == {"access_token", "refresh_token"}
    assert client.get(SOURCES).json()["data"][0]["status"] == "active"


def test_the_browser_goes_back_to_the_client_where_one_is_set(provider, settings):
    settings.OAUTH_RETURN_URL = "https://app.example.org/sources?tab=1"
    query = provider.consent(asked(buyer_client())["auth_url"])

    done, again = Api().get(callback(query)), Api().get(callback(query))

    source = Connection.objects.get().public_id
    assert done.headers["Location"] == f"https://app.example.org/sources?tab=1&status=connected&source={source}"
    assert again.headers["Location"] == "https://app.example.org/sources?tab=1&status=failed&reason=oauth_refused"
    assert done.headers["Referrer-Policy"] == "no-referrer"


def test_a_state_is_good_once(provider):
    query = provider.consent(asked(buyer_client())["auth_url"])
    Api().get(callback(query))
    before = credentials_open(connection=Connection.objects.get())

    again = Api().get(callback(query))

    assert again.status_code == 400
    assert "used already" in again.content.decode()
    assert credentials_open(connection=Connection.objects.get()) == before


def test_somebody_else_does_not_take_up_a_permission_and_its_owner_still_can(provider):
    owner, other = buyer_client(), buyer_client()
    query = provider.consent(asked(owner)["auth_url"])

    refused = other.get(callback(query))
    taken = owner.get(callback(query))

    assert refused.status_code == 400
    assert "somebody else" in refused.content.decode()
    assert taken.status_code == 200


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"state": "guessed"}, "no permission that was asked for here"),
        ({"state": ""}, "no permission that was asked for here"),
        ({"code": ""}, "no code"),
        ({"code": "another"}, "asks for your permission again"),
        ({"iss": "https://attacker.example/"}, "another provider"),
        ({"error": "access_denied"}, "did not give the permission"),
        ({"error": "<script>"}, "gave no permission"),
    ],
)
def test_an_answer_that_is_not_right_connects_nothing(provider, change, words):
    query = {**provider.consent(asked(buyer_client())["auth_url"]), **change}

    answer = Api().get(callback(query))

    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert "<script>" not in answer.content.decode().partition("<main")[2]
    assert not ConnectionCredential.objects.exists()
    assert Connection.objects.get().status == ConnectionStatus.PENDING


def test_an_answer_that_comes_too_late_is_refused(provider):
    query = provider.consent(asked(buyer_client())["auth_url"])
    long_ago = timezone.now() - timedelta(hours=1)
    OAuthState.objects.update(created_at=long_ago, expires_at=long_ago + timedelta(minutes=15))

    answer = Api().get(callback(query))

    assert (answer.status_code, "took too long" in answer.content.decode()) == (400, True)


def test_an_answer_for_a_source_that_is_gone_is_refused(provider):
    client = buyer_client()
    body = asked(client)
    query = provider.consent(body["auth_url"])
    client.delete(f"{SOURCES}/{body['id']}")

    answer = Api().get(callback(query))

    assert answer.status_code == 400
    assert not ConnectionCredential.objects.exists()


@pytest.mark.parametrize(("fault", "status"), [(OUT_OF_ORDER, 503), (WAIT, 503), (TRUNCATED, 400), (WEB_PAGE, 400)])
def test_a_provider_that_fails_at_the_exchange_leaves_the_source_pending(provider, fault, status):
    query = provider.consent(asked(buyer_client())["auth_url"])
    provider.faults.append(fault)

    assert Api().get(callback(query)).status_code == status
    assert not ConnectionCredential.objects.exists()


def test_a_client_that_the_provider_refuses_is_the_operators_matter(provider):
    query = provider.consent(asked(buyer_client())["auth_url"])
    OAuthClient.objects.update(token_auth_method="none")

    answer = Api().get(callback(query))

    assert answer.status_code == 400
    assert "Its operator has to look at it" in answer.content.decode()
    assert CLIENT_SECRET not in answer.content.decode()


def test_a_token_that_is_good_is_not_renewed(provider):
    connection = connected(buyer_client(), provider)

    secrets = credentials_for_call(connection=connection)

    assert secrets["access_token"] in provider.tokens
    assert refreshes(provider) == []


@pytest.mark.parametrize("rotates", [True, False])
def test_a_token_that_ends_is_renewed_and_its_successor_kept(provider, rotates):
    provider.rotates = rotates
    connection = connected(buyer_client(), provider)
    first = credentials_open(connection=connection)
    expire(connection)

    second = credentials_for_call(connection=connection)

    assert second["access_token"] != first["access_token"]
    assert (second["refresh_token"] != first["refresh_token"]) is rotates
    assert credentials_open(connection=connection) == second
    assert len(refreshes(provider)) == 1


def test_a_token_that_was_refused_before_its_time_is_renewed(provider):
    connection = connected(buyer_client(), provider)
    first = credentials_open(connection=connection)["access_token"]

    assert credentials_for_call(connection=connection, rejected=first)["access_token"] != first


def test_a_permission_that_is_over_is_not_tried_again_and_its_owner_can_give_it_anew(provider):
    client = buyer_client()
    connection = connected(client, provider)
    expire(connection)
    provider.over = True

    with pytest.raises(ReauthorisationNeeded):
        credentials_for_call(connection=connection)

    connection.refresh_from_db()
    assert (connection.status, connection.problem) == (
        ConnectionStatus.ERROR, ConnectionProblem.REAUTHORISATION_NEEDED,
    )  # fmt: skip
    assert connection.next_sync_at is None
    assert len(refreshes(provider)) == 1

    provider.over = False
    again = client.put(f"{SOURCES}/{connection.public_id}", {"status": "active"}).json()
    assert Api().get(callback(provider.consent(again["auth_url"]))).status_code == 200
    connection.refresh_from_db()
    assert (connection.status, connection.problem) == (ConnectionStatus.ACTIVE, "")


def test_a_provider_that_is_down_at_renewal_costs_nothing(provider):
    connection = connected(buyer_client(), provider)
    before = credentials_open(connection=connection)
    expire(connection)
    provider.faults.append(WAIT)

    with pytest.raises(ProviderUnavailable) as told:
        credentials_for_call(connection=connection)

    assert told.value.retry_after == 120
    assert credentials_open(connection=connection) == before
    assert credentials_for_call(connection=connection) != before


def test_disconnecting_revokes_at_the_provider(provider):
    client = buyer_client()
    connection = connected(client, provider)
    refresh = credentials_open(connection=connection)["refresh_token"]

    assert client.delete(f"{SOURCES}/{connection.public_id}").status_code == 200

    assert provider.revoked == [refresh]
    assert not ConnectionCredential.objects.exists()


def test_disconnecting_works_while_the_provider_is_down(provider):
    client = buyer_client()
    connection = connected(client, provider)
    provider.faults.append(OUT_OF_ORDER)

    assert client.delete(f"{SOURCES}/{connection.public_id}").status_code == 200
    assert not ConnectionCredential.objects.exists()


def test_asking_again_goes_on_with_the_source_that_waits(provider):
    client = buyer_client()

    first, second = asked(client), asked(client)

    assert first["id"] == second["id"]
    assert first["auth_url"] != second["auth_url"]
    Api().get(callback(provider.consent(second["auth_url"])))
    # The same account once more: the new source waits, and its permission is refused as a twin.
    third = asked(client)
    assert "connected already" in Api().get(callback(provider.consent(third["auth_url"]))).content.decode()
