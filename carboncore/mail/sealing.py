"""Sealing what a mail is filled with, so that whoever reads the database or a back-up of it cannot follow its links."""

import base64
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class SealBroken(Exception):
    """This was sealed under another SECRET_KEY, or was changed."""


def seal(values: Mapping[str, Any]) -> bytes:
    """Return the values (plain JSON: text, numbers, lists, dictionaries) encrypted.

    Raises:
        TypeError: one of them is no plain JSON.
    """
    return _cipher(settings.SECRET_KEY).encrypt(json.dumps(dict(values)).encode())


def unseal(sealed: bytes | memoryview) -> dict[str, Any]:
    """Return what was sealed.

    Raises:
        SealBroken: it cannot be read with the present SECRET_KEY.
    """
    try:
        opened: dict[str, Any] = json.loads(_cipher(settings.SECRET_KEY).decrypt(bytes(sealed)))
    except InvalidToken:
        raise SealBroken from None
    return opened


@lru_cache(maxsize=2)
def _cipher(secret: str) -> Fernet:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"carboncore.mail").derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(key))
