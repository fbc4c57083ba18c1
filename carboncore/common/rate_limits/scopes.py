"""What is counted apart from what, for whom, and how much of it there is unless the server is told otherwise."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_RATE = re.compile(r"([1-9][0-9]{0,8})/([1-9][0-9]{0,3})?([smhd])", re.ASCII)
_LONGEST = 7 * 86_400


@dataclass(frozen=True)
class Rate:
    """At most `most` requests in any `seconds`."""

    most: int
    seconds: int

    def __str__(self) -> str:
        unit = next(name for name in ("d", "h", "m", "s") if self.seconds % _UNITS[name] == 0)
        length = self.seconds // _UNITS[unit]
        return f"{self.most}/{length if length > 1 else ''}{unit}"


@dataclass(frozen=True)
class Scope:
    """One kind of request that has a limit of its own.

    `by` says whose requests are counted together: an address's (an IPv6 address with the whole of its /64, which is
    what one household gets), the caller's (the signed-in user or API key, else the address), or a guest's (the address,
    and nobody who is signed in). `leased`: a process draws several at a time, so that most requests cost no statement.
    `alone`: the general limit for reads or writes does not count these as well.
    """

    by: Literal["address", "caller", "guest"]
    default: str
    leased: bool = False
    alone: bool = False


SCOPES: dict[str, Scope] = {
    # The general ones: exactly one of these counts a request, whatever it asks for.
    "public-read": Scope("address", "3000/m", leased=True),
    "anonymous-write": Scope("address", "100/h"),
    "user-read": Scope("caller", "36000/h", leased=True),
    "user-write": Scope("caller", "3600/h", leased=True),
    "api-key-read": Scope("caller", "36000/h", leased=True),
    "api-key-write": Scope("caller", "3600/h", leased=True),
    # What a view names (`carboncore.common.rate_limits.declare`) comes on top of it.
    "sign-in": Scope("address", "100/h"),
    "register": Scope("address", "20/h"),
    "password-forgotten": Scope("address", "20/h"),
    "guest-purchase": Scope("guest", "30/h"),
    "invite": Scope("caller", "100/h"),
    # Balancers and Prometheus, whom neither strangers' reads from the same address nor their own may starve.
    "probe": Scope("address", "600/m", leased=True, alone=True),
    "export": Scope("caller", "30/h"),
    # Each asks a provider, who would count wrong keys against this server.
    "connect": Scope("caller", "60/h"),
    # Its secret cannot be guessed, and everybody behind one address comes by twice an hour.
    "refresh": Scope("address", "2000/h", alone=True),
    "webhook": Scope("address", "6000/m", leased=True, alone=True),
}


def limits_from(texts: Iterable[str]) -> dict[str, Rate | None]:
    """Return every scope's rate: the default's, or what the texts (`anonymous-write=100/h`, `public-read=off`) say.

    `off` alone, without a scope, takes all limits away.

    Raises:
        ValueError: a text names no scope or no rate; the message says which and what to write.
    """
    limits: dict[str, Rate | None] = {name: _rate(scope.default) for name, scope in SCOPES.items()}
    for text in (text.strip() for text in texts):
        if text == "off":
            limits = dict.fromkeys(limits)
            continue
        name, _, rate = (part.strip() for part in text.partition("="))
        if name not in SCOPES:
            raise ValueError(f"lists {text!r}, but there is no scope {name!r}; there are: {', '.join(SCOPES)}")
        limits[name] = None if rate == "off" else _rate(rate, text)
    return limits


def _rate(text: str, within: str = "") -> Rate:
    found = _RATE.fullmatch(text)
    seconds = int(found[2] or 1) * _UNITS[found[3]] if found else 0
    if not found or seconds > _LONGEST:
        raise ValueError(f"lists {within or text!r}: write a rate of up to seven days, such as 100/h, 10/15m, or off")
    return Rate(int(found[1]), seconds)
