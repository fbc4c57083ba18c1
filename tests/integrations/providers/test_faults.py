"""What every adapter makes of a provider that fails: the problem that its owner, or the sync, can act on."""

from datetime import UTC, datetime

import pytest

from integrations.providers.anthropic import AnthropicAdapter
from integrations.providers.base import AnswerUnreadable, CredentialsRefused, ProviderUnavailable
from integrations.providers.glowmarkt import GlowmarktAdapter
from integrations.providers.n3rgy import N3rgyAdapter
from integrations.providers.openai import OpenAIAdapter
from tests.doubles.glowmarkt_server import PASSWORD
from tests.doubles.provider_server import BLOCKED, JSON, OUT_OF_ORDER, TRUNCATED, WAIT, WEB_PAGE

SINCE, UNTIL = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC)
KEYS = {
    "glowmarkt": (GlowmarktAdapter, {"username": "a@example.org", "password": PASSWORD}),
    "n3rgy": (N3rgyAdapter, {"apiKey": "n3rgy-key", "mpxn": "1234567891000"}),
    "openai": (OpenAIAdapter, {"apiKey": "admin-key"}),
    "anthropic": (AnthropicAdapter, {"apiKey": "admin-key"}),
}


@pytest.fixture(params=sorted(KEYS))
def provider(request):
    """A double, its adapter and credentials that it takes."""
    double = request.getfixturevalue(request.param)
    adapter, credentials = KEYS[request.param]
    return double, adapter(double.url), credentials


@pytest.mark.parametrize(
    ("fault", "problem", "words"),
    [
        ((401, JSON, b'{"error": "no"}'), CredentialsRefused, "refused the credentials"),
        ((403, JSON, b'{"error": "no"}'), CredentialsRefused, "refused the credentials"),
        (BLOCKED, ProviderUnavailable, "asks to wait at the moment (HTTP 403)"),
        (WAIT, ProviderUnavailable, "asks to wait at the moment (HTTP 429)"),
        (OUT_OF_ORDER, ProviderUnavailable, "is out of order at the moment (HTTP 500)"),
        (TRUNCATED, AnswerUnreadable, "something that is no JSON"),
        (WEB_PAGE, AnswerUnreadable, "a web page instead of data"),
        ((200, JSON, b"[]"), AnswerUnreadable, ""),
        ((200, JSON, b"{}"), AnswerUnreadable, ""),
        ((200, JSON, b"null"), AnswerUnreadable, ""),
        ((418, JSON, b"{}"), AnswerUnreadable, "HTTP 418"),
    ],
)
def test_a_fault_is_told_as_what_it_is(provider, fault, problem, words):
    double, adapter, credentials = provider
    double.faults.append(fault)

    with pytest.raises(problem) as told:
        list(adapter.read(credentials, {}, SINCE, UNTIL))

    assert words in told.value.message
    assert all(secret not in told.value.message for secret in credentials.values())


def test_a_wait_that_is_asked_for_is_handed_on(provider):
    double, adapter, credentials = provider
    double.faults.append(WAIT)

    with pytest.raises(ProviderUnavailable) as told:
        adapter.check(credentials, {})

    assert told.value.retry_after == 120


def test_wrong_credentials_are_refused(provider):
    _, adapter, credentials = provider
    wrong = {name: value if name == "mpxn" else "wrong" for name, value in credentials.items()}

    with pytest.raises(CredentialsRefused):
        adapter.check(wrong, {})


def test_a_provider_that_is_not_there_is_unavailable(provider):
    _, adapter, credentials = provider
    nowhere = type(adapter)("http://127.0.0.1:9")

    with pytest.raises(ProviderUnavailable):
        nowhere.check(credentials, {})
