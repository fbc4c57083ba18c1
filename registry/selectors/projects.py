"""Finding one project by what an address names it."""

import re
import uuid
from typing import Any

LARGEST_ID = 2**63 - 1


def project_key(text: str) -> tuple[str, Any] | None:
    """Return (condition on the alias `row`, value) for an id, a public UUID or a slug; None for anything else."""
    if re.fullmatch(r"[0-9]{1,19}", text):
        number = int(text)
        return ('"row"."id" = %s', number) if number <= LARGEST_ID else None
    if re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", text):
        return '"row"."public_id" = %s', uuid.UUID(text)
    if re.fullmatch(r"[-a-zA-Z0-9_]{1,100}", text):
        return '"row"."slug" = %s', text
    return None
