"""The canonical text of an event and its hash, worked out here independently of the database, which made them.

The text is what PostgreSQL prints for a `jsonb` array: JSON with a blank after commas and colons, the keys of an object
in order of their length in bytes, then of their bytes. Anybody can recompute it.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any


def chained_hash(previous_hash: bytes, document: Sequence[Any]) -> bytes:
    """Return sha256(hash of the link before ‖ canonical text): 32 bytes."""
    return hashlib.sha256(previous_hash + canonical_text(document)).digest()


def canonical_text(value: Any) -> bytes:
    """Return a document as the one byte string that is hashed or signed."""
    return json.dumps(_ordered(value), ensure_ascii=False).encode()


def canonical_time(at: datetime) -> str:
    """Return a time in UTC with six decimals of a second and no zone, as it stands in the text."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")


def _ordered(value: Any) -> Any:
    if isinstance(value, Mapping):
        keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
        return {key: _ordered(value[key]) for key in keys}
    if isinstance(value, list | tuple):
        return [_ordered(item) for item in value]
    return value
