"""Which adapter reads which provider: the names that `Integration.adapter` may have."""

from integrations.providers.base import Adapter
from integrations.providers.kraken import KrakenAdapter

ADAPTERS: dict[str, type[Adapter]] = {each.name: each for each in (KrakenAdapter,)}


def adapter_of(*, adapter: str, base_url: str = "") -> Adapter:
    """Return the adapter of that name, set to an address (`Integration.base_url`; empty: the provider's own).

    Raises:
        KeyError: no adapter has this name.
    """
    return ADAPTERS[adapter](base_url)
