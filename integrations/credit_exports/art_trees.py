"""ART's reports of issued, retired and cancelled credits, those of the FCPF programmes among them."""

from __future__ import annotations

from integrations.credit_exports import apx
from integrations.credit_exports.layout import CreditLayout, kilograms, needed_kilograms, vintage_year
from integrations.credit_exports.records import CreditKind, CreditRecord
from integrations.registry_exports.apx import prefixed_id
from integrations.registry_exports.records import SourceCode
from integrations.registry_exports.source import Row

_ART = apx.Platform(
    source=SourceCode.ART_TREES,
    registry="ART",
    serial_codes=("ART", "FCPF"),
    project_column="Program ID",
    serial_column="Credit Serial Numbers",
    quantity_column="Quantity of Credits",
    ended_column="Status Effective",
)


def _issued(row: Row) -> list[CreditRecord]:
    identifier = prefixed_id(row.needed("Program ID"), "ART")
    # Verified credits can be traded; those in the buffer were issued as well.
    buffer_kg = kilograms(row, "Credits Deposited in Buffer")
    quantity_kg = needed_kilograms(row, "Credits Verified") + buffer_kg
    issued_on, vintage = row.date("Date Approved"), vintage_year(row, "Vintage")
    if not quantity_kg:
        return []
    return [
        CreditRecord(
            line=row.line,
            source=SourceCode.ART_TREES,
            kind=CreditKind.ISSUANCE,
            origin_registry="ART",
            origin_id=identifier,
            block_key=f"{identifier}/{vintage}/{issued_on}",
            quantity_kg=quantity_kg,
            buffer_kg=buffer_kg,
            vintage=vintage,
            issued_on=issued_on,
            labels=apx.labels(row),
        )
    ]


def _retired(row: Row) -> list[CreditRecord]:
    return [
        apx.ended(
            row,
            _ART,
            CreditKind.RETIREMENT,
            beneficiary=row.text("Retired on Behalf of"),
            account_holder=row.text("Account Holder"),
            reason=row.text("Retirement Reason"),
            # The column was called otherwise in older reports.
            note=row.text("Purpose of Retirement") or row.text("Retirement Reason Details"),
        )
    ]


def _cancelled(row: Row) -> list[CreditRecord]:
    return [
        apx.ended(
            row,
            _ART,
            CreditKind.CANCELLATION,
            account_holder=row.text("Account Holder"),
            reason=row.text("Cancellation Reason"),
            # For CORSIA this names the airline.
            note=row.text("Cancellation Details"),
        )
    ]


_BLOCK = ("Vintage", "Credit Serial Numbers", "Quantity of Credits", "Status Effective", "Program ID")
LAYOUTS = (
    CreditLayout("retired credits", (*_BLOCK, "Retirement Reason"), _retired),
    CreditLayout("cancelled credits", (*_BLOCK, "Cancellation Reason"), _cancelled),
    CreditLayout(
        "issued credits",
        ("Date Approved", "Program ID", "Vintage", "Credits Deposited in Buffer", "Credits Verified"),
        _issued,
        repeatable=True,
    ),
)
