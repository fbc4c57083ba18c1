"""Encrypting a stream in chunks, so that a part of any size is sealed in little memory and no change goes unseen.

AES-256-GCM, one chunk of 1 MiB after the other. The nonce counts the chunks and marks the last one (the STREAM
construction), so chunks cannot be swapped, left out or cut off at the end. Each part of each backup has a key of its
own, derived from the operator's key and the backup's random salt, so no nonce is used twice under one key.
"""

import hashlib
import hmac
from collections.abc import Iterator
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from carboncore.operations.backup.errors import BackupDamaged

SCHEME = "aes-256-gcm-stream-1"
CHUNK = 1024 * 1024
_TAG = 16


class Keys:
    """The keys of one backup. Deriving the first costs a tenth of a second, which is dear to whoever guesses."""

    def __init__(self, secret: str, salt: bytes) -> None:
        self._salt = salt
        self._master = hashlib.scrypt(secret.encode(), salt=salt, n=2**15, r=8, p=1, maxmem=2**26, dklen=32)

    def of_part(self, name: str) -> bytes:
        """Return the key of one part."""
        return self._derived(f"part:{name}")

    def mark(self, purpose: str, data: bytes) -> str:
        """Return a mark that only the holder of the key can make (HMAC-SHA256, hex)."""
        return hmac.new(self._derived(f"mark:{purpose}"), data, hashlib.sha256).hexdigest()

    def _derived(self, purpose: str) -> bytes:
        return HKDF(hashes.SHA256(), 32, self._salt, f"carboncore-backup-1:{purpose}".encode()).derive(self._master)


class PartWriter:
    """Writes one part: seals it if there is a key, and knows the SHA-256 and the length of what was stored."""

    def __init__(self, target: IO[bytes], key: bytes | None) -> None:
        self._target = target
        self._cipher = AESGCM(key) if key else None
        self._buffer = bytearray()
        self._number = 0
        self._digest = hashlib.sha256()
        self.stored = 0

    def write(self, data: bytes) -> int:
        """Take the next bytes."""
        if self._cipher is None:
            self._store(data)
            return len(data)
        self._buffer += data
        while len(self._buffer) > CHUNK:  # the last chunk, however short or full, is sealed by `finish`
            self._store(self._sealed(bytes(self._buffer[:CHUNK]), is_last=False))
            del self._buffer[:CHUNK]
        return len(data)

    def finish(self) -> str:
        """Write what is left and return the SHA-256 of all that was stored (hex)."""
        if self._cipher is not None:
            self._store(self._sealed(bytes(self._buffer), is_last=True))
        return self._digest.hexdigest()

    def _sealed(self, chunk: bytes, *, is_last: bool) -> bytes:
        assert self._cipher is not None  # noqa: S101 - for the type checker
        sealed = self._cipher.encrypt(_nonce(self._number, is_last=is_last), chunk, None)
        self._number += 1
        return sealed

    def _store(self, data: bytes) -> None:
        self._target.write(data)
        self._digest.update(data)
        self.stored += len(data)


def opened(source: IO[bytes], key: bytes | None, name: str) -> Iterator[bytes]:
    """Yield the plain bytes of a part, chunk by chunk; each chunk is proven before it is handed out.

    Raises:
        BackupDamaged: a chunk is not what was written, or the end is missing.
    """
    if key is None:
        while chunk := source.read(CHUNK):
            yield chunk
        return
    cipher, number = AESGCM(key), 0
    chunk = source.read(CHUNK + _TAG)
    while True:
        following = source.read(CHUNK + _TAG)
        try:
            yield cipher.decrypt(_nonce(number, is_last=not following), chunk, None)
        except InvalidTag:
            raise BackupDamaged(
                f"The part “{name}” is not what was written (chunk {number}): take another copy of this backup."
            ) from None
        if not following:
            return
        chunk, number = following, number + 1


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\x01" if is_last else b"\x00")
