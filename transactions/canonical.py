"""The canonical text of a ledger entry and its hash, so that anybody can recompute a batch's chain.

The text is JSON without blanks, keys sorted, UTF-8. Accounts appear by number of row, times in UTC with six
decimals of a second; nothing in it names a person, so that a person can be forgotten and the chain still holds.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, order=True)
class Line:
    """One range of an entry, as it is hashed. `from_account` and `from_state` are None at issuance."""

    first_kg: int
    end_kg: int
    from_account: int | None
    from_state: str | None
    to_account: int
    to_state: str


def entry_hash(
    *,
    previous_hash: bytes,
    serial_root: str,
    position: int,
    kind: str,
    at: datetime,
    reason: str,
    reverses_position: int | None,
    lines: Sequence[Line],
) -> bytes:
    """Return sha256(previous hash ‖ canonical text): 32 bytes."""
    document = entry_document(
        serial_root=serial_root,
        position=position,
        kind=kind,
        at=at,
        reason=reason,
        reverses_position=reverses_position,
        lines=lines,
    )
    return chained_hash(previous_hash, document)


def entry_document(
    *,
    serial_root: str,
    position: int,
    kind: str,
    at: datetime,
    reason: str,
    reverses_position: int | None,
    lines: Sequence[Line],
) -> dict[str, Any]:
    """Return what an entry says, as the JSON object that is hashed."""
    return {
        "batch": serial_root,
        "position": position,
        "kind": str(kind),
        "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
        "reason": reason,
        "reverses": reverses_position,
        "lines": [
            [line.first_kg, line.end_kg, line.from_account, line.from_state, line.to_account, line.to_state]
            for line in sorted(lines, key=lambda line: line.first_kg)
        ],
    }


def chained_hash(previous_hash: bytes, document: Mapping[str, Any]) -> bytes:
    """Return the hash of an entry's document after the entry with `previous_hash`."""
    return hashlib.sha256(previous_hash + canonical_text(document)).digest()


def canonical_text(document: Mapping[str, Any]) -> bytes:
    """Return a JSON object as the one byte string that is hashed or signed."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
