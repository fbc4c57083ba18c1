"""The public keys of outside issuers: fetched once, kept a while, and asked for again when a token names another.

Each process keeps its own. One thread fetches at a time. While an issuer is down, the keys that are there go on being
used for a day; and however many tokens name keys that do not exist, the issuer is asked every half minute at most.
"""

import json
import threading
import time
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import jwt
import structlog

from accounts.entry_errors import IssuerUnreachable
from accounts.errors import TokenRefused
from carboncore.common.outgoing import AddressRefused, RemoteFailed, fetch
from carboncore.common.outside_issuers import OutsideIssuer

FRESH_SECONDS = 600
STALE_SECONDS = 86_400
AGAIN_SECONDS = 30
_PATIENCE_SECONDS = 2
_MOST_BYTES = 256_000
_MOST_KEYS = 100
_SHORTEST_RSA = 2_048
_RSA = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
_OF_CURVE = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512", "Ed25519": "EdDSA"}

logger = structlog.get_logger(__name__)


class _Unusable(Exception):
    """The issuer answered something that holds no keys."""


@dataclass(frozen=True)
class IssuerKey:
    """One public key, and the algorithms whose signatures it may check."""

    kid: str | None
    algorithms: frozenset[str]
    public: Any


def issuer_key(issuer: OutsideIssuer, *, kid: str | None, algorithm: str) -> Any:
    """Return the public key with which a token of that issuer has to be checked.

    Raises:
        TokenRefused: the issuer has no such key for that algorithm.
        IssuerUnreachable: its keys were never had, or too long ago.
    """
    return _keys_of(issuer).find(kid, algorithm)


def forget_keys() -> None:
    """Forget all keys, as a new process would."""
    _keys_of.cache_clear()


class _Keys:
    """What this process knows of one issuer's keys, and when it asked."""

    def __init__(self, issuer: OutsideIssuer) -> None:
        self._issuer = issuer
        self._lock = threading.Lock()
        self._keys: tuple[IssuerKey, ...] = ()
        self._fetched_at: float | None = None
        self._asked_at: float | None = None

    def find(self, kid: str | None, algorithm: str) -> Any:
        age = self._age(self._fetched_at)
        if age > FRESH_SECONDS:
            # Old keys are good enough for everybody but the one who fetches the new ones.
            self._ask(wait=age > STALE_SECONDS)
        found = self._match(kid, algorithm)
        if found is None:
            self._ask(wait=True)
            found = self._match(kid, algorithm)
        if found is not None:
            return found.public
        if self._age(self._fetched_at) > STALE_SECONDS:
            raise IssuerUnreachable(retry_after=AGAIN_SECONDS)
        raise TokenRefused("Invalid token")

    def _match(self, kid: str | None, algorithm: str) -> IssuerKey | None:
        if self._age(self._fetched_at) > STALE_SECONDS:
            return None
        fitting = [key for key in self._keys if algorithm in key.algorithms and (kid is None or key.kid == kid)]
        # A token that names no key can mean one only where there is one.
        return fitting[0] if fitting and (kid is not None or len(fitting) == 1) else None

    def _ask(self, *, wait: bool) -> None:
        if self._age(self._asked_at) < AGAIN_SECONDS:
            # Somebody has asked a moment ago, or is asking now; then the answer is worth a little patience.
            if wait and self._lock.acquire(timeout=_PATIENCE_SECONDS):
                self._lock.release()
            return
        if not self._lock.acquire(timeout=_PATIENCE_SECONDS if wait else 0):
            return
        try:
            if self._age(self._asked_at) < AGAIN_SECONDS:
                return  # another thread asked while this one waited
            self._asked_at = _now()
            self._keys = _fetched(self._issuer)
            self._fetched_at = _now()
        except (AddressRefused, RemoteFailed, _Unusable) as error:
            logger.warning("issuer_keys_not_had", issuer=self._issuer.issuer, reason=str(error))
        finally:
            self._lock.release()

    @staticmethod
    def _age(moment: float | None) -> float:
        return float("inf") if moment is None else _now() - moment


@cache
def _keys_of(issuer: OutsideIssuer) -> _Keys:
    return _Keys(issuer)


def _now() -> float:
    return time.monotonic()


def _fetched(issuer: OutsideIssuer) -> tuple[IssuerKey, ...]:
    if issuer.jwks_uri:
        found = _read(issuer.jwks_uri, operator=True)
    else:
        about = _read(f"{issuer.issuer.removesuffix('/')}/.well-known/openid-configuration", operator=True)
        uri = about.get("jwks_uri")
        if about.get("issuer") != issuer.issuer or not isinstance(uri, str):
            raise _Unusable("its discovery document is another's, or names no keys")
        # Only where the settings name its host may it be one of our own network.
        found = _read(uri, operator=urlsplit(uri).netloc == urlsplit(issuer.issuer).netloc)
    entries = found.get("keys")
    if not isinstance(entries, list):
        raise _Unusable("it sent no list of keys")
    keys = tuple(key for entry in entries[:_MOST_KEYS] if (key := _key(entry)) is not None)
    if not keys:
        raise _Unusable("none of its keys can be used")
    return keys


def _read(url: str, *, operator: bool) -> dict[str, Any]:
    answer = fetch(
        url, headers={"Accept": "application/json"}, seconds=5, most_bytes=_MOST_BYTES, redirects=0, operator=operator
    )
    if answer.status != 200:
        raise _Unusable(f"it answered {answer.status}")
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        raise _Unusable("its answer is no JSON") from None
    if not isinstance(found, dict):
        raise _Unusable("its answer is no JSON object")
    return found


def _key(entry: Any) -> IssuerKey | None:
    """Return a published key; None for what is no public key to check signatures with."""
    if not isinstance(entry, dict) or entry.get("use", "sig") != "sig" or "d" in entry:
        return None
    operations = entry.get("key_ops", ["verify"])
    algorithms = _algorithms(entry)
    if not algorithms or not isinstance(operations, list) or "verify" not in operations:
        return None
    try:
        public = jwt.PyJWK(entry, algorithm=min(algorithms)).key
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    if entry["kty"] == "RSA" and public.key_size < _SHORTEST_RSA:
        return None
    kid = entry.get("kid")
    return IssuerKey(kid if isinstance(kid, str) else None, algorithms, public)


def _algorithms(entry: dict[str, Any]) -> frozenset[str]:
    """Return what a key of this kind can check; never anything by a shared secret (`oct`)."""
    kind, curve, named = entry.get("kty"), entry.get("crv"), entry.get("alg")
    if kind == "RSA":
        fitting = _RSA
    elif kind in {"EC", "OKP"} and isinstance(curve, str) and curve in _OF_CURVE:
        fitting = frozenset({_OF_CURVE[curve]})
    else:
        return frozenset()
    return fitting if named is None else frozenset(name for name in fitting if name == named)
