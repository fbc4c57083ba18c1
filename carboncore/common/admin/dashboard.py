"""The frame of the dashboard: what waits for the person, and the panels that apps hang into it.

Apps register providers from their `admin` packages; this module knows none of them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest

_BADGE_SECONDS = 30


@dataclass(frozen=True)
class WaitingItem:
    """Something that waits: how many, what for, and the list to open. `key` is stable, for the badges."""

    key: str
    title: str
    hint: str
    count: int
    link: str
    icon: str
    urgent: bool = False


@dataclass(frozen=True)
class Panel:
    """A part of the dashboard: its template and what the template needs."""

    template: str
    context: dict[str, Any]


WaitingProvider = Callable[[Any], list[WaitingItem]]
PanelProvider = Callable[[HttpRequest], Panel | None]

_waiting_providers: list[WaitingProvider] = []
_panel_providers: list[PanelProvider] = []


def register_waiting(provider: WaitingProvider) -> WaitingProvider:
    """Add a provider of items for a given user; it returns only what that user may act on."""
    _waiting_providers.append(provider)
    return provider


def register_panel(provider: PanelProvider) -> PanelProvider:
    """Add a provider of a panel; it returns None where the person may not see it."""
    _panel_providers.append(provider)
    return provider


def waiting_for(user: Any) -> list[WaitingItem]:
    """Return everything that waits for this user, the urgent first."""
    items = [item for provider in _waiting_providers for item in provider(user) if item.count]
    return sorted(items, key=lambda item: not item.urgent)


def badges_for(user: Any) -> dict[str, int]:
    """Return the counts by key for the navigation, up to half a minute old: they stand on every page."""
    key = f"staff-badges-{user.pk}"
    badges: dict[str, int] | None = cache.get(key)
    if badges is None:
        badges = {item.key: item.count for item in waiting_for(user)}
        cache.set(key, badges, _BADGE_SECONDS)
    return badges


def dashboard_context(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Fill the dashboard; unfold calls this for the first page."""
    panels = [panel for provider in _panel_providers if (panel := provider(request)) is not None]
    waiting = waiting_for(request.user)
    cache.set(f"staff-badges-{request.user.pk}", {item.key: item.count for item in waiting}, _BADGE_SECONDS)
    context.update(waiting=waiting, panels=panels, subtitle=None)
    return context
