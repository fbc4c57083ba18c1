"""ACR's reports of issued, retired and cancelled credits."""

from __future__ import annotations

from integrations.credit_exports import apx
from integrations.credit_exports.layout import CreditLayout, kilograms, needed_kilograms, vintage_year
from integrations.credit_exports.records import CreditKind, CreditRecord
from integrations.registry_exports.apx import prefixed_id
from integrations.registry_exports.records import SourceCode
from integrations.registry_exports.source import Row

_ACR = apx.Platform(
    source=SourceCode.ACR,
    registry="ACR",
    serial_codes=("ACR",),
    project_column="Project ID",
    serial_column="Credit Serial Numbers",
    quantity_column="Quantity of Credits",
    ended_column="Status Effective (GMT)",
)


def _issued(row: Row) -> list[CreditRecord]:
    identifier = prefixed_id(row.needed("Project ID"), "ACR")
    quantity_kg = needed_kilograms(row, "Total Credits Issued")
    issued_on, vintage = row.date("Date Issued (GMT)"), vintage_year(row, "Vintage")
    start, end = row.date("ReportingPeriodBegin"), row.date("ReportingPeriodEnd")
    if not quantity_kg:
        return []
    return [
        CreditRecord(
            line=row.line,
            source=SourceCode.ACR,
            kind=CreditKind.ISSUANCE,
            origin_registry="ACR",
            origin_id=identifier,
            block_key=f"{identifier}/{vintage}/{start}..{end}/{issued_on}",
            quantity_kg=quantity_kg,
            buffer_kg=kilograms(row, "Credits Issued to Buffer Pool"),
            vintage=vintage,
            period_start=start,
            period_end=end,
            issued_on=issued_on,
            labels=apx.labels(row),
        )
    ]


def _retired(row: Row) -> list[CreditRecord]:
    return [
        apx.ended(
            row,
            _ACR,
            CreditKind.RETIREMENT,
            beneficiary=row.text("Retired on Behalf of"),
            account_holder=row.text("Account Holder"),
            reason=row.text("Retirement Reason"),
            # Older rows name the beneficiary only in here; what is not told apart is not guessed.
            note=row.text("Purpose of Retirement"),
        )
    ]


def _cancelled(row: Row) -> list[CreditRecord]:
    return [
        apx.ended(
            row,
            _ACR,
            CreditKind.CANCELLATION,
            account_holder=row.text("Account Holder"),
            reason=row.text("Cancellation Type"),
            note=row.text("Cancellation Details"),
        )
    ]


_BLOCK = ("Credit Serial Numbers", "Vintage", "Quantity of Credits", "Status Effective (GMT)", "Project ID")
LAYOUTS = (
    CreditLayout("retired credits", (*_BLOCK, "Retirement Reason", "Purpose of Retirement"), _retired),
    CreditLayout("cancelled credits", (*_BLOCK, "Cancellation Type"), _cancelled),
    CreditLayout(
        "issued credits",
        ("Date Issued (GMT)", "Vintage", "Total Credits Issued", "Credits Issued to Buffer Pool", "Project ID"),
        _issued,
        repeatable=True,
    ),
)
