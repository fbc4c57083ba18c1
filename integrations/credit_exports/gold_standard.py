"""Gold Standard's credit exports: issuances, and retirements with the cancellations among them."""

from __future__ import annotations

import re

from integrations.credit_exports.layout import CreditLayout, check_serial, needed_kilograms
from integrations.credit_exports.records import CreditKind, CreditRecord, OriginSerial
from integrations.registry_exports import values
from integrations.registry_exports.gold_standard import origin_id
from integrations.registry_exports.records import RejectCode, RowError, SourceCode
from integrations.registry_exports.source import Row

# `GS1-1-UG-GS11236-16-2024-30307-1-19149`
_OWN = re.compile(
    r"(?P<key>GS\d+-\d+-[A-Z]{2}-GS(?P<project>\d+)-\d+-\d{4}-\d+)-(?P<first>\d+)-(?P<last>\d+)", re.ASCII
)
# Labelled CERs keep the form of the CDM, its first and last unit: `RW-5-1463953-2-2-0-7014 - RW-5-1467609-2-2-0-7014`.
_CDM_UNIT = re.compile(r"(?P<head>[A-Z]{2}-\d+)-(?P<number>\d+)-(?P<tail>\d+-\d+-\d+-\d+)", re.ASCII)
_KINDS = {
    "issued": CreditKind.ISSUANCE,
    "retired": CreditKind.RETIREMENT,
    "canceled": CreditKind.CANCELLATION,
    "cancelled": CreditKind.CANCELLATION,
}


def parse_serial(text: str) -> OriginSerial:
    """A serial of Gold Standard's own form, counted from 1 within an issuance, or of the CDM's for labelled CERs.

    Raises:
        RowError: it has neither form, or its two CDM units are not of one block.
    """
    if match := _OWN.fullmatch(text):
        return OriginSerial(match["key"], int(match["first"]), int(match["last"]), match["project"])
    ends = [_CDM_UNIT.fullmatch(unit) for unit in text.split(" - ")]
    first, last = (ends[0], ends[-1]) if len(ends) == 2 else (None, None)
    if first is None or last is None or (first["head"], first["tail"]) != (last["head"], last["tail"]):
        raise RowError(f"{values.shortened(text, 120)!r} is not a Gold Standard serial number", RejectCode.BAD_SERIAL)
    # The project in it is the CDM's number, not Gold Standard's.
    return OriginSerial(f"CDM-{first['head']}-{first['tail']}", int(first["number"]), int(last["number"]))


def _credits(row: Row) -> list[CreditRecord]:
    status = row.needed("Credit Status")
    kind = _KINDS.get(status.casefold())
    if kind is None:
        raise RowError(f"{status!r} is no credit status known here", RejectCode.UNKNOWN_STATUS, status)
    text = row.needed("Serial Number")
    serial = parse_serial(text)
    identifier = origin_id(row.needed("GSID"))
    quantity_kg = needed_kilograms(row, "Quantity")
    check_serial(serial, quantity_kg=quantity_kg, project_number=identifier.removeprefix("GS"))
    labels = (row.text("Product Type"), row.text("Label"), _article_six(row.text("Article Six Authorization")))
    return [
        CreditRecord(
            line=row.line,
            source=SourceCode.GOLD_STANDARD,
            kind=kind,
            origin_registry="GLD",
            origin_id=identifier,
            block_key=serial.block_key,
            first=serial.first,
            last=serial.last,
            serial=text,
            quantity_kg=quantity_kg,
            vintage=row.year("Vintage"),
            period_start=row.date("Monitoring Period Start"),
            period_end=row.date("Monitoring Period End"),
            issued_on=row.date("Issuance Date"),
            # Blank for cancellations: the export does not say when.
            ended_on=row.date("Retirement Date"),
            beneficiary=row.text("Using Entity") or row.text("Aeroplane Operator Name"),
            reason=row.text("Use Case"),
            note=row.text("Note"),
            labels=tuple(label for label in labels if label),
        )
    ]


def _article_six(text: str) -> str:
    return "" if text.casefold() == "not applicable" else text


LAYOUTS = (
    CreditLayout(
        title="issuances or retirements",
        required=("Vintage", "Credit Status", "Quantity", "GSID", "Issuance Date", "Serial Number"),
        credits=_credits,
    ),
)
