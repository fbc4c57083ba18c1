"""A notice above every page of the staff admin, until what it asks for is done. Apps register who says it."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest


@dataclass(frozen=True)
class Notice:
    """What is said, and the link to where it is done."""

    words: str
    label: str
    link: str


_providers: list[Callable[[HttpRequest], Notice | None]] = []


def register_notice(provider: Callable[[HttpRequest], Notice | None]) -> None:
    """Ask `provider` on every page; it must cost no query."""
    if provider not in _providers:
        _providers.append(provider)


def notice_for(request: HttpRequest) -> Notice | None:
    """Return the first notice that concerns whoever asks."""
    return next((notice for provider in _providers if (notice := provider(request)) is not None), None)
