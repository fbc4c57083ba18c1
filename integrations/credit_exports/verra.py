"""Verra's list of VCUs (`vcus.csv`): one row a range of serial numbers, still active or retired."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

from integrations.credit_exports.layout import CreditLayout, check_serial, needed_kilograms
from integrations.credit_exports.records import CreditKind, CreditRecord, OriginSerial
from integrations.registry_exports import values
from integrations.registry_exports.records import RejectCode, RowError, SourceCode
from integrations.registry_exports.source import Row
from integrations.registry_exports.verra import origin_id

# `19385-941467007-941467431-VCS-VCU-1507-VER-ET-14-1340-01012020-31122020-1`; before about 2015 without `VCS-`.
_SERIAL = re.compile(
    r"\d+-(?P<first>\d+)-(?P<last>\d+)-(?:VCS-)?VCU-\d+-(?P<operator>[A-Z]{3})-[A-Z]{2}-[\d.]+-(?P<project>\d+)"
    r"-(?P<start>\d{8})-(?P<end>\d{8})-[01]",
    re.ASCII,
)


def parse_serial(text: str) -> OriginSerial:
    """A VCU serial's range. Its numbers count all VCUs of one registry operator, whatever the project.

    Raises:
        RowError: the text has neither the present nor the older form.
    """
    match = _SERIAL.fullmatch(text)
    if match is None:
        raise RowError(f"{values.shortened(text, 120)!r} is not a VCU serial number", RejectCode.BAD_SERIAL)
    return OriginSerial(f"VCU-{match['operator']}", int(match["first"]), int(match["last"]), match["project"])


def _credits(row: Row) -> list[CreditRecord]:
    text = row.needed("Serial Number")
    serial = parse_serial(text)
    identifier = origin_id(row.needed("ID"))
    quantity_kg = needed_kilograms(row, "Quantity Issued")
    check_serial(serial, quantity_kg=quantity_kg, project_number=identifier.removeprefix("VCS"))
    start, end = row.date("Vintage Start"), row.date("Vintage End")
    issued = CreditRecord(
        line=row.line,
        source=SourceCode.VERRA,
        kind=CreditKind.ISSUANCE,
        origin_registry="VCS",
        origin_id=identifier,
        block_key=serial.block_key,
        first=serial.first,
        last=serial.last,
        serial=text,
        quantity_kg=quantity_kg,
        vintage=_year(start, end),
        period_start=start,
        period_end=end,
        issued_on=row.date("Issuance Date"),
        labels=values.pieces(row.raw("Additional Certifications")),
    )
    ended_on = row.date("Retirement/Cancellation Date")
    if ended_on is None:
        return [issued]
    # The list does not tell a cancellation from a retirement.
    ended = replace(
        issued,
        kind=CreditKind.RETIREMENT,
        ended_on=ended_on,
        beneficiary=row.text("Retirement Beneficiary"),
        reason=row.text("Retirement Reason"),
        note=row.text("Retirement Details"),
    )
    return [issued, ended]


def _year(start: dt.date | None, end: dt.date | None) -> int | None:
    """The year a vintage is known by: that of its end."""
    day = end or start
    return day.year if day else None


LAYOUTS = (
    CreditLayout(
        title="VCUs",
        required=("Issuance Date", "Vintage Start", "Vintage End", "ID", "Quantity Issued", "Serial Number",
                  "Retirement/Cancellation Date", "Retirement Beneficiary", "Retirement Reason"),
        credits=_credits,
        date_order="day-first",
    ),
)  # fmt: skip
