"""Puro.earth's list of issuances: one row an issuance, without serial numbers."""

from __future__ import annotations

import re

from integrations.credit_exports.layout import CreditLayout, needed_kilograms
from integrations.credit_exports.records import CreditKind, CreditRecord
from integrations.registry_exports.records import RowError, SourceCode
from integrations.registry_exports.source import Row


def _issued(row: Row) -> list[CreditRecord]:
    number = row.needed("project_id").removesuffix(".0")
    match = re.fullmatch(r"(?:PUR)?0*(\d{1,9})", number, re.IGNORECASE | re.ASCII)
    if match is None:
        raise RowError(f"column “project_id”: {number!r} is not a Puro project number")
    quantity_kg = needed_kilograms(row, "issued_qty")
    issued_on = row.date("issued_date")
    if not quantity_kg:
        return []
    durability = row.text("durability")
    return [
        CreditRecord(
            line=row.line,
            source=SourceCode.PURO,
            kind=CreditKind.ISSUANCE,
            origin_registry="PUR",
            origin_id=f"PUR{match[1]}",
            block_key=f"PUR{match[1]}/{row.text('methodology')}/{issued_on}"[:150],
            quantity_kg=quantity_kg,
            issued_on=issued_on,
            labels=(f"Durability {durability}",) if durability else (),
        )
    ]


LAYOUTS = (
    CreditLayout(
        "issuances",
        ("issued_date", "issued_qty", "project_name", "supplier", "methodology", "project_id"),
        _issued,
        date_order="day-first",
        repeatable=True,
    ),
)
