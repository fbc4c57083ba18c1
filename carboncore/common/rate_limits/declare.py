"""How a view says that it has a limit of its own, and what counts a given request."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from ipaddress import ip_network
from typing import Any, TypeVar

from carboncore.common.client_address import client_address
from carboncore.common.errors import TryLater
from carboncore.common.rate_limits.limiter import Verdict, limiter
from carboncore.common.rate_limits.scopes import SCOPES

# A view (class or function) names its scope in this attribute. A text counts every method that changes something; a
# mapping names the scope of each method.
Declared = str | Mapping[str, str] | None
_View = TypeVar("_View", bound=Callable[..., Any])
_READS = {"GET", "HEAD", "OPTIONS"}


class RateLimited(TryLater):
    """The caller has used up its limit."""

    def __init__(self, verdict: Verdict) -> None:
        wait = _in_words(verdict.reset)
        super().__init__(f"Too many requests from you. Wait {wait} and try again.", retry_after=verdict.reset)
        self.verdict = verdict


def rate_limited(scope: str | Mapping[str, str]) -> Callable[[_View], _View]:
    """Count what a page's function (or a page's view class) does under `scope`, one of `SCOPES`, as well.

    Views of the API set the attribute: `rate_limit = "register"`.
    """

    def declare(view: _View) -> _View:
        view.rate_limit = scope  # type: ignore[attr-defined]
        return view

    return declare


def judge_request(request: Any, declared: Declared, *, user: Any = None, api_key: str | None = None) -> Verdict | None:
    """Count the request and return the verdict for its answer's headers; None where there is no limit.

    `api_key` tells one API key from another; `user` is who is signed in.

    Raises:
        RateLimited: a limit is used up.
    """
    address = address_group(client_address(request))
    if api_key:
        kind, caller = "api-key", f"key:{api_key}"
    elif user is not None and user.is_authenticated:
        kind, caller = "user", f"user:{user.pk}"
    else:
        kind, caller = "", address
    asked = []
    method = str(request.method)
    named = _scope_of(declared, method)
    if named is None or not SCOPES[named].alone:
        asked.append((_general(kind, method), caller))
    if named is not None and not (kind and SCOPES[named].by == "guest"):
        asked.append((named, caller if SCOPES[named].by == "caller" else address))
    verdict = limiter().judge(asked)
    if verdict is not None and not verdict.allowed:
        raise RateLimited(verdict)
    return verdict


def judge_public_read(request: Any) -> Verdict | None:
    """Count a public read, in as little time as can be.

    Raises:
        RateLimited: the limit is used up.
    """
    verdict = limiter().judge((("public-read", address_group(client_address(request))),))
    if verdict is not None and not verdict.allowed:
        raise RateLimited(verdict)
    return verdict


@lru_cache(maxsize=10_000)
def address_group(address: str | None) -> str:
    """Return under what name an address is counted: with IPv6 its /64, of which one customer has all addresses."""
    if address is None:
        return "address:unknown"
    return f"address:{ip_network(f'{address}/64', strict=False) if ':' in address else address}"


def _general(kind: str, method: str) -> str:
    if not kind:
        return "public-read" if method in _READS else "anonymous-write"
    return f"{kind}-{'read' if method in _READS else 'write'}"


def _scope_of(declared: Declared, method: str) -> str | None:
    if isinstance(declared, str):
        return None if method in _READS else declared
    return declared.get(method) if declared else None


def _in_words(seconds: int) -> str:
    if seconds < 120:
        return "a second" if seconds == 1 else f"{seconds} seconds"
    return f"{-(-seconds // 60)} minutes"
