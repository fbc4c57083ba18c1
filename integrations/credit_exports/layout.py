"""How one credit export is declared, and the checks that every registry's records get."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from integrations.credit_exports.records import CreditRecord, OriginSerial
from integrations.registry_exports import values
from integrations.registry_exports.records import RejectCode, RowError
from integrations.registry_exports.source import Row

# No registry has issued so much in one row; such a figure is grams, or a slipped separator.
MAX_KG = 10**12
TEXT_LIMIT = 500
NOTE_LIMIT = 4_000


@dataclass(frozen=True, slots=True)
class CreditLayout:
    """One credit export of a registry: its columns, and the way from a row to what it states.

    A row may state several things (an issuance and a retirement), or nothing (zero credits). `repeatable`: two rows
    that agree in everything that names them are two statements, for the export gives them no name of their own.
    """

    title: str
    required: tuple[str, ...]
    credits: Callable[[Row], Sequence[CreditRecord]]
    date_order: values.DateOrder = "month-first"
    sheets: tuple[str, ...] = ()
    repeatable: bool = False


def kilograms(row: Row, column: str) -> int:
    """A cell of tonnes in whole kilograms; 0 for a blank."""
    tonnes = row.quantity(column)
    if tonnes is None:
        return 0
    kg = tonnes * 1000
    if kg != kg.to_integral_value():
        raise RowError(f"column “{column}”: {row.raw(column)!r} is finer than a kilogram")
    if kg > MAX_KG:
        raise RowError(f"column “{column}”: {row.raw(column)!r} is more than a thousand million tonnes")
    return int(kg)


def needed_kilograms(row: Row, column: str) -> int:
    """A cell of tonnes in whole kilograms, which must not be blank."""
    row.needed(column)
    return kilograms(row, column)


def vintage_year(row: Row, column: str) -> int | None:
    """A vintage, which some registries write as a year and some as a day."""
    text = row.text(column)
    if not text:
        return None
    if len(text.removesuffix(".0")) == 4:
        return row.year(column)
    day = row.date(column)
    return day.year if day else None


def check_serial(serial: OriginSerial, *, quantity_kg: int, project_number: str) -> None:
    """Refuse a serial whose length is not the quantity, or which names another project than its row.

    Raises:
        RowError: with both figures; which of them is right is for the origin registry to say.
    """
    if serial.last < serial.first:
        raise RowError("the serial number's last credit comes before its first", RejectCode.BAD_SERIAL)
    if serial.count * 1000 != quantity_kg:
        raise RowError(
            f"the serial number names {serial.count:,} credits, the quantity is {quantity_kg / 1000:,.15g}",
            RejectCode.BAD_SERIAL,
        )
    if serial.project_number and serial.project_number.lstrip("0") != project_number:
        raise RowError(
            f"the serial number names project {serial.project_number}, the row project {project_number}",
            RejectCode.BAD_SERIAL,
        )


def finished(record: CreditRecord) -> CreditRecord:
    """The checks and shortenings every record gets: the order of its dates, the buffer's share, lengths of texts."""
    if record.buffer_kg > record.quantity_kg:
        raise RowError("more went to the buffer pool than was issued")
    if record.period_start and record.period_end and record.period_end < record.period_start:
        raise RowError(f"the period ends ({record.period_end}) before it starts ({record.period_start})")
    if record.issued_on and record.ended_on and record.ended_on < record.issued_on:
        raise RowError(f"the credits ended ({record.ended_on}) before they were issued ({record.issued_on})")
    return replace(
        record,
        beneficiary=values.shortened(record.beneficiary, TEXT_LIMIT),
        account_holder=values.shortened(record.account_holder, TEXT_LIMIT),
        reason=values.shortened(record.reason, TEXT_LIMIT),
        note=values.shortened(record.note, NOTE_LIMIT),
        labels=tuple(values.shortened(label, 100) for label in record.labels),
    )
