"""Secrets of data sources at rest: AES-256-GCM envelopes that name their key and fit one record only.

`v1.<key id>.<base64 of nonce, ciphertext and tag>`. The keys come from the environment (`CREDENTIAL_KEYS`), the first
of them encrypts, all of them decrypt. What an envelope belongs to is authenticated with it, so that one that was
copied to another row does not open there.
"""

import base64
import binascii
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

_VERSION = "v1"
_NONCE_BYTES = 12


class NoActiveKey(Exception):
    """This server was given no key to encrypt with."""


class EnvelopeUnreadable(Exception):
    """An envelope does not open: its key is not here, or it was altered or moved."""


def encrypt(text: str, *, bound_to: str) -> str:
    """Return the envelope of a text, under the active key, for the record that `bound_to` names.

    Raises:
        NoActiveKey: `CREDENTIAL_KEYS` is empty.
    """
    key_id = active_key_id()
    nonce = os.urandom(_NONCE_BYTES)  # 2^32 of them under one key are safe; rotation comes long before
    sealed = AESGCM(settings.CREDENTIAL_KEYS[key_id]).encrypt(nonce, text.encode(), _bound(key_id, bound_to))
    return f"{_VERSION}.{key_id}.{base64.b64encode(nonce + sealed).decode()}"


def decrypt(envelope: str, *, bound_to: str) -> str:
    """Return the text in an envelope.

    Raises:
        EnvelopeUnreadable: its key is not here, or it is not the envelope that was made for this record.
    """
    version, _, rest = envelope.partition(".")
    key_id, _, body = rest.partition(".")
    key = settings.CREDENTIAL_KEYS.get(key_id)
    if version != _VERSION or key is None:
        raise EnvelopeUnreadable(f"The key {key_id[:40]!r} is not among this server's CREDENTIAL_KEYS.")
    try:
        sealed = base64.b64decode(body, validate=True)
        clear = AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _bound(key_id, bound_to))
        return clear.decode()
    except (InvalidTag, binascii.Error, ValueError) as error:
        raise EnvelopeUnreadable("The envelope was altered, or belongs to another record.") from error


def active_key_id() -> str:
    """Return the id of the key that encrypts.

    Raises:
        NoActiveKey: there is none.
    """
    for key_id in settings.CREDENTIAL_KEYS:
        return str(key_id)
    raise NoActiveKey("CREDENTIAL_KEYS is empty.")


def _bound(key_id: str, bound_to: str) -> bytes:
    return f"{_VERSION}.{key_id}.{bound_to}".encode()


def row_binding(model: str, field: str, row_id: object) -> str:
    """Return what an envelope in a table is bound to: the table, the column, and an id that the row keeps for good."""
    return f"{model}.{field}:{row_id}"
