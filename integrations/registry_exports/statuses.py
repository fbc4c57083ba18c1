"""Each registry's statuses in our lifecycle: one explicit table, nothing guessed.

Our statuses: draft, submitted, under_validation, registered, suspended, completed, returned, rejected,
withdrawn. A public export holds no drafts: a project on a registry's pipeline list has been submitted. A
denied request for *registration* can be made again (returned); a denied *verification* leaves the
registration standing. `Inactive`, `Terminated` and `Canceled` end a project before its course (withdrawn);
leaving for another programme ends it here (completed). A status that is not in its table is reported and the
row rejected.
"""

from __future__ import annotations

import re

from integrations.registry_exports.records import RejectCode, RowError

VERRA = {
    "under development": "submitted",
    "under validation": "under_validation",
    "registration requested": "under_validation",
    "registration and verification approval requested": "under_validation",
    "registered": "registered",
    "verification approval requested": "registered",
    "verification approval request denied": "registered",
    "crediting period renewal requested": "registered",
    "crediting period renewal and verification approval requested": "registered",
    "crediting period renewal request denied": "suspended",
    "crediting period renewal and verification approval request denied": "suspended",
    "late to verify": "suspended",
    "on hold": "suspended",
    "on hold - see notification letter": "suspended",
    "registration request denied": "returned",
    "registration and verification approval request denied": "returned",
    "rejected by administrator": "rejected",
    "withdrawn": "withdrawn",
    "inactive": "withdrawn",
    "units transferred from approved ghg program": "completed",
    "transfer to another ghg program": "completed",
}
GOLD_STANDARD = {
    "listed": "submitted",
    "gold standard certified design": "registered",
    "gold standard certified project": "registered",
}
# ACR and CAR: the voluntary status, and where that is N/A the compliance programme's.
APX_VOLUNTARY = {
    "submitted": "submitted",
    "listed": "submitted",
    "registered": "registered",
    "completed": "completed",
    "transitioned": "completed",
    "inactive": "withdrawn",
    "canceled": "withdrawn",
    "cancelled": "withdrawn",
    "terminated": "withdrawn",
}
APX_COMPLIANCE = {
    "submitted": "submitted",
    "proposed project": "submitted",
    "proposed early action": "submitted",
    "active registry project": "submitted",
    "active arb project": "registered",
    "active ecology project": "registered",
    "arb project": "registered",
    "arb early action project": "registered",
    "completed": "completed",
    "arb completed": "completed",
    "ecology completed": "completed",
    "transferred": "completed",
    "inactive": "withdrawn",
    "arb inactive": "withdrawn",
    "ecology inactive": "withdrawn",
    "terminated": "withdrawn",
    "arb terminated": "withdrawn",
    "ecology terminated": "withdrawn",
}
ART = {"submitted": "submitted", "listed": "submitted", "registered": "registered", "completed": "completed"}
CERCARBONO = {
    "not assigned": "submitted",
    "validation": "under_validation",
    "verification": "under_validation",
    "certified": "registered",
    "finished": "completed",
    "retired": "withdrawn",
    "cancelled": "withdrawn",
}
ISOMETRIC = {
    "under validation": "under_validation",
    "validated": "registered",
    "validation unsuccessful": "rejected",
    "cancelled": "withdrawn",
}


def lifecycle_status(raw: str, table: dict[str, str]) -> str:
    """Our status for a registry's, spelt for people or as an API does (`GOLD_STANDARD_CERTIFIED_DESIGN`).

    Raises:
        RowError: with the code UNKNOWN_STATUS and the raw text as its value, when the table has no such
        status.
    """
    plain = re.sub(r"[\s_]+", " ", raw).strip().casefold()
    plain = plain.removeprefix("listed - ") if table is APX_COMPLIANCE else plain
    status = table.get(plain)
    if status is None and not plain:
        raise RowError("the registry states no status", RejectCode.UNKNOWN_STATUS, "(none)")
    if status is None:
        raise RowError(f"the status {raw!r} is not known; nothing is guessed", RejectCode.UNKNOWN_STATUS, raw)
    return status
