"""Cercarbono's issuances and retirements from the EcoRegistry API, as CSV."""

from __future__ import annotations

import datetime as dt
import re

from integrations.credit_exports.layout import CreditLayout, check_serial, needed_kilograms
from integrations.credit_exports.records import CreditKind, CreditRecord, OriginSerial
from integrations.registry_exports import values
from integrations.registry_exports.records import RejectCode, RowError, SourceCode
from integrations.registry_exports.source import Row

# `CDC_1_1_1_321_14_1_2008`, `…_BF` for the buffer, `CDC_R_16_…` for a revised issuance: the project's id comes next.
_CODE = re.compile(r"[A-Z]{2,4}_(?:R_)?(?P<project>\d+)(?:_[A-Z0-9]+)+", re.ASCII)


def project_number(code: str) -> str:
    """The project's id in a serial code.

    Raises:
        RowError: not such a code.
    """
    match = _CODE.fullmatch(code)
    if match is None:
        raise RowError(f"{values.shortened(code, 80)!r} is not a Cercarbono serial code", RejectCode.BAD_SERIAL)
    return str(int(match["project"]))


def _issued(row: Row) -> list[CreditRecord]:
    code = row.needed("serial")
    number = project_number(code)
    quantity_kg = needed_kilograms(row, "issued_quantity")
    start, end = _vintage(row)
    if not quantity_kg:
        return []
    return [
        CreditRecord(
            line=row.line,
            source=SourceCode.CERCARBONO,
            kind=CreditKind.ISSUANCE,
            origin_registry="CCB",
            origin_id=f"CCB{number}",
            # Some blocks count from 0 and some from 1, and an issuance does not say which: so no range is stated.
            block_key=code,
            serial=code,
            quantity_kg=quantity_kg,
            buffer_kg=quantity_kg if row.text("is_buffer").casefold() == "true" else 0,
            vintage=row.year("year"),
            period_start=start,
            period_end=end,
            issued_on=row.date("issuance_date"),
        )
    ]


def _vintage(row: Row) -> tuple[dt.date | None, dt.date | None]:
    """`2010-01-01 / 2018-09-30` as two days."""
    first, _, last = row.text("vintage_of_credits").partition(" / ")
    return values.date(first, "month-first"), values.date(last, "month-first")


def _retired(row: Row) -> list[CreditRecord]:
    code = row.needed("serial")
    number = row.needed("project_id").removesuffix(".0")
    quantity_kg = needed_kilograms(row, "quantity")
    first, last = _credit(row, "from"), _credit(row, "to")
    serial = OriginSerial(code, first, last, project_number(code))
    check_serial(serial, quantity_kg=quantity_kg, project_number=number)
    beneficiary = row.text("end_user")
    taxpayer = row.text("passive_subject")
    return [
        CreditRecord(
            line=row.line,
            source=SourceCode.CERCARBONO,
            kind=CreditKind.RETIREMENT,
            origin_registry="CCB",
            origin_id=f"CCB{int(serial.project_number)}",
            block_key=code,
            first=first,
            last=last,
            serial=f"{code} {first}-{last}",
            quantity_kg=quantity_kg,
            vintage=row.year("vintage"),
            ended_on=row.date("date"),
            beneficiary="" if beneficiary.casefold() == "not public" else beneficiary,
            reason=row.text("certificate_destination"),
            note=f"Taxpayer: {taxpayer}" if taxpayer else "",
        )
    ]


def _credit(row: Row, column: str) -> int:
    text = row.needed(column).removesuffix(".0")
    if not re.fullmatch(r"\d{1,15}", text, re.ASCII):
        raise RowError(f"column “{column}”: {values.shortened(text, 40)!r} is not a credit's number")
    return int(text)


LAYOUTS = (
    CreditLayout("retirements", ("project_id", "serial", "vintage", "date", "quantity", "from", "to"), _retired),
    CreditLayout("issuances", ("serial", "issued_quantity", "issuance_date", "year", "is_buffer"), _issued),
)
