"""Which identity providers' tokens this server takes, as its settings name them."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

# Of a key pair each: a published key can check a signature of these and never make one. There is no `none`, no HS*.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_USUAL = ("RS256", "ES256")


@dataclass(frozen=True)
class OutsideIssuer:
    """One provider. `issuer` is what its tokens say in `iss`, to the letter.

    A token has to name one of `audiences` in `aud` and one of `authorized_parties` in `azp` (or `client_id`), where
    these are given; one of the two lists is. `jwks_uri` is where its keys are; empty: what its discovery document says.
    `trust_email`: its word that somebody's e-mail is verified links their account here, or makes one.
    """

    issuer: str
    audiences: tuple[str, ...] = ()
    authorized_parties: tuple[str, ...] = ()
    algorithms: tuple[str, ...] = _USUAL
    jwks_uri: str = ""
    trust_email: bool = True


def issuers_from(text: str) -> dict[str, OutsideIssuer]:
    """Return the providers of a JSON array of objects, by `issuer`.

    Raises:
        ValueError: it is no such array, or one of them is incomplete or unsafe; the message says which and why.
    """
    try:
        entries = json.loads(text or "[]")
    except ValueError:
        raise ValueError("is no JSON: write an array of objects, in one line") from None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ValueError('has to be an array of objects, such as [{"issuer": "https://…", "audiences": ["…"]}]')
    found: dict[str, OutsideIssuer] = {}
    for entry in entries:
        issuer = _issuer(entry)
        if issuer.issuer in found:
            raise ValueError(f"names {issuer.issuer} twice")
        found[issuer.issuer] = issuer
    return found


def _issuer(entry: dict[str, Any]) -> OutsideIssuer:
    name = entry.get("issuer")
    if not isinstance(name, str) or not _is_address(name):
        raise ValueError(f"needs an `issuer` that is a web address, not {name!r}")
    if unknown := sorted(set(entry) - set(OutsideIssuer.__dataclass_fields__)):
        raise ValueError(f"{name}: there is no {', '.join(unknown)}; there are {', '.join(_FIELDS)}")
    lists = {field: tuple(_texts(name, entry, field)) for field in _LISTS if field in entry}
    uri, trust = entry.get("jwks_uri", ""), entry.get("trust_email", True)
    if not isinstance(uri, str) or (uri and not _is_address(uri)):
        raise ValueError(f"{name}: `jwks_uri` has to be a web address")
    if trust not in (True, False):
        raise ValueError(f"{name}: `trust_email` is true or false")
    issuer = OutsideIssuer(name, **lists, jwks_uri=uri, trust_email=trust)
    if unsafe := [algorithm for algorithm in issuer.algorithms if algorithm not in ALGORITHMS]:
        raise ValueError(f"{name}: {', '.join(unsafe)} cannot be allowed; there are {', '.join(ALGORITHMS)}")
    if not issuer.audiences and not issuer.authorized_parties:
        raise ValueError(f"{name}: give `audiences` or `authorized_parties`, or any of its clients could sign in here")
    return issuer


_LISTS = ("audiences", "authorized_parties", "algorithms")
_FIELDS = tuple(OutsideIssuer.__dataclass_fields__)


def _texts(name: str, entry: dict[str, Any], field: str) -> list[str]:
    texts = entry[field]
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) and text for text in texts):
        raise ValueError(f"{name}: `{field}` has to be a list of texts, and not empty")
    return texts


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    plain = text.isascii() and text.isprintable() and " " not in text and not parts.username and not parts.query
    return parts.scheme in {"https", "http"} and bool(parts.hostname) and plain and len(text) <= 255
