"""What tests of keys and outside identities share: API clients, and an identity provider over real HTTP."""

import pytest

from accounts import issuer_keys
from accounts.services import api_keys, identities
from carboncore.common.outside_issuers import OutsideIssuer
from tests.api_clients import api, staff
from tests.doubles.oidc_issuer import OidcIssuer

__all__ = ["api", "staff"]


@pytest.fixture(autouse=True)
def _nothing_told_yet():
    issuer_keys.forget_keys()
    api_keys._refusals_told.forget()
    identities._refusals_told.forget()


@pytest.fixture
def issuer(settings):
    """A provider whose tokens this server takes for the audience `carboncore` from the client `market-web`."""
    with OidcIssuer() as double:
        settings.OUTGOING_ALLOWED_HOSTS = [double.host]
        known = OutsideIssuer(double.url, audiences=("carboncore", "other"), authorized_parties=("market-web",))
        settings.OIDC_ISSUERS = {double.url: known}
        yield double


@pytest.fixture
def clock(monkeypatch):
    """A function that lets time pass for the keys of issuers, by seconds."""
    moment = [1_000.0]
    monkeypatch.setattr(issuer_keys, "_now", lambda: moment[0])

    def pass_by(seconds):
        moment[0] += seconds

    return pass_by
