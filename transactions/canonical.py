"""The canonical text of a ledger entry and its hash, so that anybody can recompute a batch's chain.

The text is JSON without blanks, keys sorted, UTF-8. Accounts appear by number of row, times in UTC with six
decimals of a second; nothing in it names a person, so that a person can be forgotten and the chain still holds.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime


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
    document = {
        "batch": serial_root,
        "position": position,
        "kind": kind,
        "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
        "reason": reason,
        "reverses": reverses_position,
        "lines": [
            [line.first_kg, line.end_kg, line.from_account, line.from_state, line.to_account, line.to_state]
            for line in sorted(lines, key=lambda line: line.first_kg)
        ],
    }
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(previous_hash + text.encode()).digest()
