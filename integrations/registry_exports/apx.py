"""What ACR, CAR and ART share: the APX platform's ids, its two status columns, and its place columns."""

from __future__ import annotations

import re

from integrations.registry_exports import values
from integrations.registry_exports.records import RowError
from integrations.registry_exports.source import Row
from integrations.registry_exports.statuses import APX_COMPLIANCE, APX_VOLUNTARY, lifecycle_status


def prefixed_id(text: str, prefix: str) -> str:
    """An APX id in its one form: `ACR 586`, `acr0586` and `586` become `ACR586`."""
    match = re.fullmatch(rf"(?:{prefix})?[\s-]*0*(\d{{1,6}})(?:\.0)?", text, re.IGNORECASE | re.ASCII)
    if match is None:
        raise RowError(f"{text!r} is not a {prefix} project number")
    return f"{prefix}{match[1]}"


def status_of(voluntary: str, compliance: str) -> tuple[str, str]:
    """The raw status that counts and ours for it: the voluntary one, else the compliance programme's.

    A compliance status that only says the project is not eligible there (`Not ARB or Ecology Eligible`) is
    none.
    """
    if voluntary:
        return voluntary, lifecycle_status(voluntary, APX_VOLUNTARY)
    counts = "" if re.fullmatch(r"not .*eligible", compliance, re.IGNORECASE) else compliance
    return counts, lifecycle_status(counts, APX_COMPLIANCE)


def states(row: Row, column: str) -> str:
    """The states or provinces of a project, in ordinary case, `Ohio; Texas`."""
    return "; ".join(values.titled(state) for state in values.pieces(row.raw(column)))
