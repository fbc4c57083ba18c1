"""Which adapter reads which provider: the names that `Integration.adapter` may have."""

from integrations.providers.anthropic import AnthropicAdapter
from integrations.providers.base import Adapter
from integrations.providers.glowmarkt import GlowmarktAdapter
from integrations.providers.kraken import KrakenAdapter
from integrations.providers.n3rgy import N3rgyAdapter
from integrations.providers.openai import OpenAIAdapter

_ALL: tuple[type[Adapter], ...] = (AnthropicAdapter, GlowmarktAdapter, KrakenAdapter, N3rgyAdapter, OpenAIAdapter)
ADAPTERS: dict[str, type[Adapter]] = {each.name: each for each in _ALL}


def adapter_of(*, adapter: str, base_url: str = "") -> Adapter:
    """Return the adapter of that name, set to an address (`Integration.base_url`; empty: the provider's own).

    Raises:
        KeyError: no adapter has this name.
    """
    return ADAPTERS[adapter](base_url)
