"""California's table of ARB offset credits: one row an issuance, its retirements in columns, no serial numbers."""

from __future__ import annotations

import re
from dataclasses import replace

from integrations.credit_exports.layout import CreditLayout, kilograms, vintage_year
from integrations.credit_exports.records import CreditKind, CreditRecord
from integrations.registry_exports.records import RowError, SourceCode
from integrations.registry_exports.source import Row

# The voluntary registry that listed the project is named by the beginning of its id there.
_LISTED = re.compile(r"(?P<registry>VCS|ACR|CAR)(?:OPR)?\d{1,6}", re.ASCII)
_ENDINGS = {
    "Retired Voluntarily": CreditKind.RETIREMENT,
    "Retired 1st Compliance Period (CA)": CreditKind.RETIREMENT,
    "Retired 2nd Compliance Period (CA)": CreditKind.RETIREMENT,
    "Retired 3rd Compliance Period (CA)": CreditKind.RETIREMENT,
    "Retired 4th Compliance Period (CA)": CreditKind.RETIREMENT,
    "Retired 5th Compliance Period (CA)": CreditKind.RETIREMENT,
    "Retired for Compliance in Quebec": CreditKind.RETIREMENT,
    "Retired for Intentional Reversal": CreditKind.CANCELLATION,
    "Invalidated or Canceled": CreditKind.CANCELLATION,
}


def _credits(row: Row) -> list[CreditRecord]:
    quantity_kg = kilograms(row, "ARB Offset Credits Issued")
    if not quantity_kg:
        # A reporting period for which nothing was issued (yet).
        return []
    identifier = row.needed("OPR Project ID").upper()
    listed = _LISTED.fullmatch(identifier)
    if listed is None:
        raise RowError(f"column “OPR Project ID”: {identifier[:60]!r} is not the id of an offset project registry")
    issuance = row.needed("CARB Issuance ID")
    issued = CreditRecord(
        line=row.line,
        source=SourceCode.CARB,
        kind=CreditKind.ISSUANCE,
        origin_registry="ARB",
        project_registry=listed["registry"],
        origin_id=identifier,
        block_key=issuance,
        serial=issuance,
        quantity_kg=quantity_kg,
        buffer_kg=kilograms(row, "Forest Buffer Account Contribution"),
        vintage=vintage_year(row, "Vintage"),
        period_start=row.date("Reporting Period Start Date"),
        period_end=row.date("Reporting Period End Date"),
        issued_on=row.date("Issuance Date"),
        note=row.text("Comment"),
    )
    endings = [(column, kind, kilograms(row, column)) for column, kind in _ENDINGS.items()]
    if sum(kg for _, _, kg in endings) > quantity_kg:
        raise RowError("more credits are retired, cancelled or invalidated than were issued")
    return [
        issued,
        *(
            # The table says in which period, not on which day nor by whom.
            replace(
                issued, kind=kind, block_key=f"{issuance}/{column}", quantity_kg=kg, buffer_kg=0, reason=column, note=""
            )
            for column, kind, kg in endings
            if kg
        ),
    ]


LAYOUTS = (
    CreditLayout(
        "ARB offset credit issuance",
        ("OPR Project ID", "Vintage", "ARB Offset Credits Issued", "Issuance Date", "CARB Issuance ID",
         "Retired Voluntarily", "Retired 1st Compliance Period (CA)", "Retired 2nd Compliance Period (CA)"),
        _credits,
    ),
)  # fmt: skip
