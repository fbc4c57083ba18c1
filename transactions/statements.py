"""What a retirement says, as two digests, so that its text can be proved, withheld or erased while the chain holds.

The statement (certificate, purpose, period, the inventory if one is named, and a digest of the rest) names no person;
its sha256 is part of the hashed text of the retirement's ledger entries. The rest (beneficiary, location, note) is
hashed after a random salt: who is not told the salt cannot try names until one fits, and once salt and text are erased
nobody can.
"""

import hashlib
from datetime import date
from typing import Any
from uuid import UUID

from transactions.canonical import canonical_text

SALT_BYTES = 32

# What stands in a beneficiary's place: whoever retired does not want it told, or it was erased for good.
NOT_DISCLOSED = "Not disclosed"
ERASED = "Name erased"


def beneficiary_digest(*, salt: bytes, beneficiary: str, location: str, note: str) -> bytes:
    """Return sha256(salt ‖ canonical JSON of {beneficiary, location, note}): 32 bytes."""
    text = canonical_text({"beneficiary": beneficiary, "location": location, "note": note})
    return hashlib.sha256(salt + text).digest()


def statement_document(
    *,
    certificate: UUID,
    purpose: str,
    period_start: date | None,
    period_end: date | None,
    beneficiary: bytes,
    inventory: str = "",
) -> dict[str, Any]:
    """Return what a retirement says, as the JSON object that is hashed; `beneficiary` is the other digest.

    Without an inventory the object is what it was before there were any, and so is its digest.
    """
    return {
        "beneficiary": beneficiary.hex(),
        "certificate": str(certificate),
        "period": [day.isoformat() if day else None for day in (period_start, period_end)],
        "purpose": str(purpose),
        **({"inventory": inventory} if inventory else {}),
    }


def statement_digest(document: dict[str, Any]) -> bytes:
    """Return the sha256 of a statement's canonical JSON, which stands in the text of its entries: 32 bytes."""
    return hashlib.sha256(canonical_text(document)).digest()
