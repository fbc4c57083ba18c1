"""The canonical text of a ledger entry and its hash, so that anybody can recompute a batch's chain.

The text is JSON without blanks, keys sorted, UTF-8. Accounts and the actor appear by number of row, times in UTC
with six decimals of a second; nothing in it names a person, so that a person can be forgotten and the chain still
holds. What a retirement says stands in it as a digest, see `transactions.statements`.

A text has a format, kept with its entry: 1 holds neither actor nor statement, 2 holds both. An entry keeps the format
that it was written in, so that an upgrade changes no hash.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypedDict, Unpack

FIRST_FORMAT = 1
FORMAT = 2


@dataclass(frozen=True, order=True)
class Line:
    """One range of an entry, as it is hashed. `from_account` and `from_state` are None at issuance."""

    first_kg: int
    end_kg: int
    from_account: int | None
    from_state: str | None
    to_account: int
    to_state: str


class EntryContent(TypedDict):
    """What an entry says. `actor` and `statement` (32 bytes, of retirements) are not part of a text of format 1."""

    format: int
    serial_root: str
    position: int
    kind: str
    at: datetime
    actor: int | None
    reason: str
    reverses_position: int | None
    statement: bytes | None
    lines: Sequence[Line]


def entry_hash(*, previous_hash: bytes, **content: Unpack[EntryContent]) -> bytes:
    """Return sha256(previous hash ‖ canonical text): 32 bytes."""
    return chained_hash(previous_hash, entry_document(**content))


def entry_document(**content: Unpack[EntryContent]) -> dict[str, Any]:
    """Return what an entry says, as the JSON object that is hashed.

    Raises:
        ValueError: its format is none that we know.
    """
    document: dict[str, Any] = {
        "batch": content["serial_root"],
        "position": content["position"],
        "kind": str(content["kind"]),
        "at": content["at"].astimezone(UTC).isoformat(timespec="microseconds"),
        "reason": content["reason"],
        "reverses": content["reverses_position"],
        "lines": [
            [line.first_kg, line.end_kg, line.from_account, line.from_state, line.to_account, line.to_state]
            for line in sorted(content["lines"], key=lambda line: line.first_kg)
        ],
    }
    if content["format"] == FIRST_FORMAT:
        return document
    if content["format"] != FORMAT:
        raise ValueError(f"There is no format {content['format']} of ledger entries.")
    statement = content["statement"]
    return {
        **document,
        "format": FORMAT,
        "actor": content["actor"],
        "statement": None if statement is None else statement.hex(),
    }


def chained_hash(previous_hash: bytes, document: Mapping[str, Any]) -> bytes:
    """Return the hash of an entry's document after the entry with `previous_hash`."""
    return hashlib.sha256(previous_hash + canonical_text(document)).digest()


def canonical_text(document: Mapping[str, Any]) -> bytes:
    """Return a JSON object as the one byte string that is hashed or signed."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
