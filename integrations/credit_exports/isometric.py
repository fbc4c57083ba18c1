"""Isometric's issuances and retirements from its API, flattened to dotted columns. Quantities are whole kilograms."""

from __future__ import annotations

import ast
import re

from integrations.credit_exports.layout import MAX_KG, CreditLayout
from integrations.credit_exports.records import CreditKind, CreditRecord
from integrations.registry_exports import values
from integrations.registry_exports.records import RowError, SourceCode
from integrations.registry_exports.source import Row

_PROJECT = re.compile(r"prj_[0-9A-Z]{10,30}", re.ASCII)


def project_url(row: Row) -> str:
    """The project's page, which is what its own export and this one both name; the short code is only in the former."""
    text = row.needed("project_id")
    if not _PROJECT.fullmatch(text):
        raise RowError(f"column “project_id”: {values.shortened(text, 60)!r} is not an Isometric project")
    return f"https://to.isometric.com/{text}"


def _issued(row: Row) -> list[CreditRecord]:
    quantity_kg = _kilograms(row, "credit_batch_size_total.credit_kgs")
    if not quantity_kg:
        return []
    return [
        CreditRecord(
            line=row.line,
            source=SourceCode.ISOMETRIC,
            kind=CreditKind.ISSUANCE,
            origin_registry="ISO",
            origin_id="",
            project_url=project_url(row),
            block_key=row.needed("id"),
            quantity_kg=quantity_kg,
            buffer_kg=_kilograms(row, "buffer_pool_credit_batch_size_total.credit_kgs"),
            issued_on=row.date("issued_at"),
        )
    ]


def _retired(row: Row) -> list[CreditRecord]:
    quantity_kg = _kilograms(row, "credit_batch_size_total.credit_kgs")
    sequestered_on = row.date("sequestered_on")
    if not quantity_kg:
        return []
    return [
        CreditRecord(
            line=row.line,
            source=SourceCode.ISOMETRIC,
            kind=CreditKind.RETIREMENT,
            origin_registry="ISO",
            origin_id="",
            project_url=project_url(row),
            # One retirement may take credits of several projects and days, each on a row of its own.
            block_key=f"{row.needed('retirement_id')}/{row.needed('project_id')}/{sequestered_on}",
            quantity_kg=quantity_kg,
            vintage=sequestered_on.year if sequestered_on else None,
            ended_on=row.date("retired_at"),
            beneficiary=row.text("beneficiary.name"),
            account_holder=row.text("owner.name"),
            reason=_purposes(row.raw("purposes")),
            note=row.text("notes"),
        )
    ]


def _kilograms(row: Row, column: str) -> int:
    quantity = row.quantity(column)
    if quantity is None:
        return 0
    if quantity != quantity.to_integral_value() or quantity > MAX_KG:
        raise RowError(f"column “{column}”: {row.raw(column)!r} is not a number of whole kilograms")
    return int(quantity)


def _purposes(text: str) -> str:
    """`['corporate_targets', 'other']` in plain words."""
    try:
        listed = ast.literal_eval(text.strip() or "[]")
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        raise RowError("column “purposes” is not a list") from None
    if not isinstance(listed, list):
        raise RowError("column “purposes” is not a list")
    return "; ".join(str(item).replace("_", " ") for item in listed)


LAYOUTS = (
    CreditLayout(
        "retirements", ("retirement_id", "retired_at", "project_id", "credit_batch_size_total.credit_kgs"), _retired
    ),
    CreditLayout("issuances", ("id", "issued_at", "project_id", "credit_batch_size_total.credit_kgs"), _issued),
)
