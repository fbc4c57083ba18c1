"""The address that a request comes from: the peer's own, or what a trusted proxy says of the client behind it."""

import ipaddress
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Protocol

from django.conf import settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# A chain of more proxies than this is not one that anybody runs.
_MOST_HOPS = 20
_WITH_PORT = re.compile(r"\[(?P<v6>[^\]]+)\](?::\d{1,5})?|(?P<v4>\d[\d.]+):\d{1,5}", re.ASCII)


class HasMeta(Protocol):
    """Django's requests and REST framework's."""

    META: Any


def client_address(request: HasMeta) -> str | None:
    """Return the client's address as text (`192.0.2.7`, `2001:db8::1`); None where the server does not know it.

    `X-Forwarded-For` is read only when the peer is one of `TRUSTED_PROXIES`, and from its right end: each proxy
    appends whom it heard, so the first entry that is no trusted proxy is the last one that nobody could invent.
    """
    meta: Mapping[str, Any] = request.META
    peer = _parsed(str(meta.get("REMOTE_ADDR") or ""))
    if peer is None:
        return None
    if settings.TRUSTED_PROXIES and _is_trusted(peer):
        peer = _behind_proxies(str(meta.get("HTTP_X_FORWARDED_FOR") or ""), peer)
    return str(peer)


def _behind_proxies(forwarded: str, proxy: Address) -> Address:
    """Return the right-most address that is no trusted proxy; the last proxy known where an entry is no address."""
    nearest = proxy
    for entry in reversed(forwarded.rsplit(",", _MOST_HOPS)[-_MOST_HOPS:]):
        address = _parsed(entry.strip())
        if address is None:
            return nearest
        nearest = address
        if not _is_trusted(address):
            return nearest
    return nearest


def _is_trusted(address: Address) -> bool:
    return any(address in network for network in settings.TRUSTED_PROXIES)


@lru_cache(maxsize=10_000)
def _parsed(text: str) -> Address | None:
    """Return the address without zone and port; IPv4 carried in IPv6 as IPv4, so that one client has one address."""
    if found := _WITH_PORT.fullmatch(text):
        text = found["v6"] or found["v4"]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
