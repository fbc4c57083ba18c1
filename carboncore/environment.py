"""Reads the environment (and `.env`), and refuses to go on where a production server would be unsafe or incomplete.

Nothing here starts a server: `manage.py` and the scripts do that and hand over its address in `DATABASE_URL`.
"""

import base64
import binascii
import hashlib
import ipaddress
import os
import re
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from carboncore import local_secrets

BASE_DIR = Path(__file__).resolve().parent.parent
SHORTEST_SECRET = 50
# What people paste from tutorials and leave there; compared in lower case.
DEFAULT_SECRET_MARKS = ("django-insecure", "changeme", "change-me", "change_me", "secret-key", "your-", "example")


class _Environment(environ.Env):
    """Takes an empty variable for one that is not set, as whoever copies `.env.example` means it."""

    def get_value(self, var: str, *args: Any, default: Any = environ.Env.NOTSET, **kwargs: Any) -> Any:
        if default is not environ.Env.NOTSET and not os.environ.get(var):
            return default
        return super().get_value(var, *args, default=default, **kwargs)


env = _Environment()
env.read_env(BASE_DIR / ".env")

VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var"))).resolve()
# Once somebody has begun to configure a server, this is no laptop any more: there DEBUG has to be asked for.
DEBUG: bool = env.bool("DEBUG", default=not any(os.environ.get(n) for n in ("DATABASE_URL", "SECRET_KEY")))


def secret(name: str) -> str:
    """Return the secret of that name: the environment's, or on a laptop the one kept in `var/secrets.json`."""
    given = env.str(name, default="")
    return local_secrets.ensure(VAR_DIR)[name] if DEBUG and not given else given


def local_credential_key(secret_key: str) -> str:
    """Return the entry of `CREDENTIAL_KEYS` for a laptop that was given none: it follows from its own `SECRET_KEY`."""
    key = hashlib.sha256(b"credentials of data sources" + secret_key.encode()).digest()
    return f"local:{base64.b64encode(key).decode()}"


def credential_keys() -> dict[str, bytes]:
    """Return the keys that data sources' credentials are encrypted with, by their ids; the first is the active one.

    On a laptop without any, one that follows from its own `SECRET_KEY`.

    Raises:
        ImproperlyConfigured: an entry of `CREDENTIAL_KEYS` is not `id:base64 of 32 bytes`, or an id comes twice.
    """
    entries = [entry.strip() for entry in env.str("CREDENTIAL_KEYS", default="").split(",") if entry.strip()]
    if not entries and DEBUG:
        entries = [local_credential_key(secret("SECRET_KEY"))]
    keys: dict[str, bytes] = {}
    for entry in entries:
        key_id, _, text = entry.partition(":")
        try:
            key = base64.b64decode(text, validate=True)
        except binascii.Error:
            key = b""
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", key_id) or len(key) != 32 or key_id in keys:
            raise ImproperlyConfigured(
                "CREDENTIAL_KEYS has to list id:key with commas, each id once, each key made by"
                " python -c 'import base64, os; print(base64.b64encode(os.urandom(32)).decode())'"
            )
        keys[key_id] = key
    return keys


def networks(name: str, texts: list[str]) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    """Return the addresses and networks (`10.0.0.0/8`, `::1`) that the variable of that name lists.

    Raises:
        ImproperlyConfigured: an entry is neither.
    """
    found = []
    for text in texts:
        try:
            found.append(ipaddress.ip_network(text.strip(), strict=False))
        except ValueError:
            raise ImproperlyConfigured(
                f"{name} lists {text!r}, which is no address and no network: write 10.0.0.0/8 or 192.0.2.7, with commas"
            ) from None
    return tuple(found)


def refuse_when_incomplete() -> None:
    """Check everything a server with `DEBUG` off cannot do without.

    Raises:
        ImproperlyConfigured: names all that is missing at once, each with what to do about it.
    """
    if DEBUG:
        return
    wrong = [*_secret_complaints(), *_database_complaints(), *_host_complaints()]
    if wrong:
        lines = "\n".join(f"  - {complaint}" for complaint in wrong)
        raise ImproperlyConfigured(
            f"CarbonCore does not start with DEBUG off until this is set:\n{lines}\n"
            "Every variable is described in .env.example. On a laptop, `scripts/run` sets all of them for you."
        )


def _secret_complaints() -> list[str]:
    recipe = "python -c 'import secrets; print(secrets.token_urlsafe(64))'"
    complaints = []
    for name in local_secrets.NAMES:
        value = env.str(name, default="")
        if not value:
            complaints.append(f"{name} is missing: put the output of {recipe} there")
        elif len(value) < SHORTEST_SECRET or len(set(value)) < 10:
            complaints.append(f"{name} is too short or too simple: put the output of {recipe} there")
        elif any(mark in value.lower() for mark in DEFAULT_SECRET_MARKS):
            complaints.append(f"{name} is a default or an example: put the output of {recipe} there")
    given = [(name, env.str(name, default="")) for name in local_secrets.NAMES]
    for index, (name, value) in enumerate(given):
        twins = [other for other, same in given[:index] if value and same == value]
        complaints += [f"{name} equals {other}: give it a value of its own" for other in twins]
    return complaints


def _database_complaints() -> list[str]:
    url = env.str("DATABASE_URL", default="")
    if not url:
        return ["DATABASE_URL is missing: postgresql://USER:PASSWORD@HOST:5432/NAME of a PostgreSQL 15 or newer"]
    if not url.startswith(("postgresql://", "postgres://")):
        return ["DATABASE_URL does not begin with postgresql:// and no other database keeps this ledger's promises"]
    return []


def _host_complaints() -> list[str]:
    hosts = env.list("ALLOWED_HOSTS", default=[])
    if not hosts:
        return ["ALLOWED_HOSTS is missing: the host names this server answers to, separated by commas"]
    if "*" in hosts:
        return ["ALLOWED_HOSTS is *: name the hosts, or a forged Host header can steer links in e-mails"]
    return []
