"""Fixtures of data sources: the catalogue, the doubles of Kraken and of its OAuth server, the operator's client."""

import pytest

from integrations.models import Integration
from integrations.services.catalogue import integration_save, integrations_load
from integrations.services.oauth_clients import oauth_client_save
from tests.doubles.kraken_server import KrakenServer
from tests.doubles.oauth_server import CLIENT_ID, CLIENT_SECRET, OAuthServer


@pytest.fixture
def catalogue():
    integrations_load()
    return {row.slug: row for row in Integration.objects.all()}


@pytest.fixture
def kraken(settings, catalogue):
    """Octopus Energy and EDF, by key, password and OAuth, all at the double."""
    with KrakenServer() as double:
        settings.OUTGOING_ALLOWED_HOSTS = [double.host]
        for slug in ("octopus-energy", "octopus-energy-password", "edf-energy", "edf-energy-password"):
            integration_save(pk=catalogue[slug].pk, fields={"base_url": double.url})
        yield double


@pytest.fixture
def provider(settings, kraken, catalogue):
    """EDF's OAuth server, with this server's operator registered there."""
    with OAuthServer(redirect_uri=f"{settings.PUBLIC_URL}/api/v1/oauth/callback") as double:
        settings.OUTGOING_ALLOWED_HOSTS = [kraken.host, double.host]
        double.tokens = kraken.tokens
        oauth_client_save(
            pk=None,
            fields={
                "integration": catalogue["edf-energy"],
                "enabled": True,
                "client_id": CLIENT_ID,
                "discovery_url": f"{double.url}/.well-known/openid-configuration",
                "scopes": "openid view:account-number",
            },
            secret=CLIENT_SECRET,
        )
        yield double
