"""Finding an address's view among hundreds without trying each: only those that begin with its first word are tried."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

from django.urls import URLPattern, URLResolver
from django.urls.resolvers import ResolverMatch, RoutePattern

_Pattern = URLPattern | URLResolver


def by_first_word(patterns: Sequence[_Pattern]) -> list[_Pattern]:
    """Return addresses that resolve and reverse as `patterns` do, in the same order, only sooner.

    Django tries one pattern after the other: with some three hundred that cost a fifth of a purchase's time.
    """
    return [_ByFirstWord(RoutePattern("", is_endpoint=False), patterns)]


class _ByFirstWord(URLResolver):
    """Asks a resolver of the patterns that an address with this first word can match, all others left out."""

    def resolve(self, path: Any) -> ResolverMatch:
        text = str(path)
        words, rest = self._resolvers
        return words.get(text.partition("/")[0], rest).resolve(text)

    @cached_property
    def _resolvers(self) -> tuple[dict[str, URLResolver], URLResolver]:
        flat = [(_first_word(pattern), pattern) for pattern in _flat(self.url_patterns)]
        possible: dict[str, list[_Pattern]] = defaultdict(list)
        for word in {word for word, _ in flat if word is not None}:
            possible[word] = [pattern for first, pattern in flat if first is None or first == word]
        rest = [pattern for first, pattern in flat if first is None]
        return {word: URLResolver(self.pattern, found) for word, found in possible.items()}, URLResolver(
            self.pattern, rest
        )


def _flat(patterns: Iterable[_Pattern]) -> Iterable[_Pattern]:
    """Yield the patterns with those of plain includes at "" in their places."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver) and _route(pattern) == "" and not _adds_something(pattern):
            yield from _flat(pattern.url_patterns)
        else:
            yield pattern


def _adds_something(resolver: URLResolver) -> bool:
    return bool(resolver.namespace or resolver.app_name or resolver.default_kwargs)


def _first_word(pattern: _Pattern) -> str | None:
    """Return the only first word of addresses that the pattern matches; None where there may be several."""
    route = _route(pattern)
    if route is None:
        return None
    word, slash, _ = route.partition("/")
    whole = bool(slash) or isinstance(pattern, URLPattern)
    return word if whole and "<" not in word else None


def _route(pattern: _Pattern) -> str | None:
    """Return the route as it is written in `path(…)`; None of a regular expression."""
    return str(pattern.pattern) if isinstance(pattern.pattern, RoutePattern) else None
