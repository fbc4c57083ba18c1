"""The Climate Action Reserve's reports of issued, retired and cancelled offset credits."""

from __future__ import annotations

from integrations.credit_exports import apx
from integrations.credit_exports.layout import CreditLayout, kilograms, needed_kilograms, vintage_year
from integrations.credit_exports.records import CreditKind, CreditRecord
from integrations.registry_exports.apx import prefixed_id
from integrations.registry_exports.records import SourceCode
from integrations.registry_exports.source import Row

_CAR = apx.Platform(
    source=SourceCode.CAR,
    registry="CAR",
    serial_codes=("CAR",),
    project_column="Project ID",
    serial_column="Offset Credit Serial Numbers",
    quantity_column="Quantity of Offset Credits",
    ended_column="Status Effective",
)


def _issued(row: Row) -> list[CreditRecord]:
    identifier = prefixed_id(row.needed("Project ID"), "CAR")
    quantity_kg = needed_kilograms(row, "Total Offset Credits Issued")
    issued_on, vintage = row.date("Date Issued"), vintage_year(row, "Vintage")
    if not quantity_kg:
        return []
    return [
        CreditRecord(
            line=row.line,
            source=SourceCode.CAR,
            kind=CreditKind.ISSUANCE,
            origin_registry="CAR",
            origin_id=identifier,
            block_key=f"{identifier}/{vintage}/{issued_on}",
            quantity_kg=quantity_kg,
            buffer_kg=kilograms(row, "Offset Credits Currently in Reserve Buffer Pool"),
            vintage=vintage,
            issued_on=issued_on,
            labels=apx.labels(row),
        )
    ]


def _retired(row: Row) -> list[CreditRecord]:
    # The report has no column for the beneficiary; the details name them in free text.
    return [
        apx.ended(
            row,
            _CAR,
            CreditKind.RETIREMENT,
            account_holder=row.text("Account Holder"),
            reason=row.text("Retirement Reason"),
            note=row.text("Retirement Reason Details"),
        )
    ]


def _cancelled(row: Row) -> list[CreditRecord]:
    return [
        apx.ended(
            row,
            _CAR,
            CreditKind.CANCELLATION,
            # ARB and WA ECO: converted into a compliance credit, which California or Washington counts from then on.
            reason=row.text("Cancellation Reason"),
            note=row.text("Export Notes"),
        )
    ]


_BLOCK = ("Vintage", "Offset Credit Serial Numbers", "Quantity of Offset Credits", "Status Effective", "Project ID")
LAYOUTS = (
    CreditLayout("retired offset credits", (*_BLOCK, "Retirement Reason", "Retirement Reason Details"), _retired),
    CreditLayout("cancelled offset credits", (*_BLOCK, "Cancellation Reason"), _cancelled),
    CreditLayout(
        "issued offset credits",
        ("Date Issued", "Project ID", "Vintage", "Total Offset Credits Issued"),
        _issued,
        repeatable=True,
    ),
)
