"""What the credit reports of ACR, CAR and ART share: the form of serial numbers, and how a block ended."""

from __future__ import annotations

import re
from dataclasses import dataclass

from integrations.credit_exports.layout import check_serial, needed_kilograms, vintage_year
from integrations.credit_exports.records import CreditKind, CreditRecord, OriginSerial
from integrations.registry_exports import apx, values
from integrations.registry_exports.records import RejectCode, RowError, SourceCode
from integrations.registry_exports.source import Row

_SERIAL = re.compile(
    r"(?P<key>(?P<registry>[A-Z]{3,4})-(?:(?:\d|ROC)-)?[A-Z]{2}-(?P<project>\d+)-[A-Z0-9-]+)"
    r"-(?P<first>\d+) to (?P<last>\d+)",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Platform:
    """One registry on the platform: its code, how its serials begin, and its columns' names."""

    source: SourceCode
    registry: str
    serial_codes: tuple[str, ...]
    project_column: str
    serial_column: str
    quantity_column: str
    ended_column: str


def parse_serial(text: str, codes: tuple[str, ...]) -> OriginSerial:
    """`ACR-US-586-2022-2078-28633 to 28662`, `CAR-ROC-US-2056-…-1 to 260294`, `ART-GY-102-2021-11-1 to 9`.

    The numbers count within everything that stands before them.

    Raises:
        RowError: not of that form, or of another registry.
    """
    match = _SERIAL.fullmatch(text)
    if match is None or match["registry"] not in codes:
        raise RowError(
            f"{values.shortened(text, 120)!r} is not a serial number of {' or '.join(codes)}", RejectCode.BAD_SERIAL
        )
    return OriginSerial(match["key"], int(match["first"]), int(match["last"]), match["project"])


def ended(
    row: Row,
    platform: Platform,
    kind: CreditKind,
    *,
    beneficiary: str = "",
    account_holder: str = "",
    reason: str = "",
    note: str = "",
) -> CreditRecord:
    """A row of a report of retired or cancelled credits; the reports name the columns of its texts differently."""
    text = row.needed(platform.serial_column)
    serial = parse_serial(text, platform.serial_codes)
    identifier = apx.prefixed_id(row.needed(platform.project_column), platform.registry)
    quantity_kg = needed_kilograms(row, platform.quantity_column)
    check_serial(serial, quantity_kg=quantity_kg, project_number=identifier.removeprefix(platform.registry))
    return CreditRecord(
        line=row.line,
        source=platform.source,
        kind=kind,
        origin_registry=platform.registry,
        origin_id=identifier,
        block_key=serial.block_key,
        first=serial.first,
        last=serial.last,
        serial=text,
        quantity_kg=quantity_kg,
        vintage=vintage_year(row, "Vintage"),
        period_start=row.date("Vintage Assignment Period Start Date"),
        period_end=row.date("Vintage Assignment Period End Date"),
        issued_on=row.date("Date Issued (GMT)") or row.date("Date Approved"),
        ended_on=row.date(platform.ended_column),
        beneficiary=beneficiary,
        account_holder=account_holder,
        reason=reason,
        note=note,
        labels=labels(row),
    )


def labels(row: Row) -> tuple[str, ...]:
    """The labels that the reports spread over columns of Yes and No."""
    marks = {
        "Eligible for CORSIA 2021-2023 Compliance Period (Pilot Phase)": "CORSIA 2021-2023",
        "Eligible for CORSIA 2021-2023 Compliance Period": "CORSIA 2021-2023",
        "Eligible for CORSIA 2024-2026 Compliance Period (First Phase)": "CORSIA 2024-2026",
        "Eligible for CORSIA 2024-2026 Compliance Period": "CORSIA 2024-2026",
        "CCP Approved": "CCP",
        "Corresponding Adjustment": "Corresponding adjustment",
        "Verified Removal": "Verified removal",
    }
    found = [label for column, label in marks.items() if row.text(column).casefold() == "yes"]
    return tuple(dict.fromkeys([*found, *values.pieces(row.raw("Additional Certification(s)"))]))
