"""The doubles of data providers, each started for one test on a port that this server may go to."""

import pytest

from tests.doubles.glowmarkt_server import GlowmarktServer
from tests.doubles.language_model_servers import AnthropicServer, OpenAIServer
from tests.doubles.n3rgy_server import N3rgyServer


def _started(kind, settings):
    with kind() as double:
        settings.OUTGOING_ALLOWED_HOSTS = [double.host]
        yield double


@pytest.fixture
def glowmarkt(settings):
    yield from _started(GlowmarktServer, settings)


@pytest.fixture
def n3rgy(settings):
    yield from _started(N3rgyServer, settings)


@pytest.fixture
def openai(settings):
    yield from _started(OpenAIServer, settings)


@pytest.fixture
def anthropic(settings):
    yield from _started(AnthropicServer, settings)
