"""Puro.earth's issuances: the only list it publishes, folded into one record a project."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

from integrations.registry_exports import values
from integrations.registry_exports.countries import country_codes
from integrations.registry_exports.project_types import project_type
from integrations.registry_exports.records import ProjectRecord, RejectCode, RowError, SourceCode
from integrations.registry_exports.source import Row, Source


def _project(row: Row) -> ProjectRecord:
    number = row.needed("project_id").removesuffix(".0")
    match = re.fullmatch(r"(?:PUR)?0*(\d{1,9})", number, re.IGNORECASE | re.ASCII)
    if match is None:
        raise RowError(f"column “project_id”: {number!r} is not a Puro project number")
    methodology = row.needed("methodology")
    if len(methodology) > 80:
        raise RowError("column “methodology” is longer than any methodology's name")
    name, edition = _methodology(methodology)
    kind = project_type((name,), name=row.text("project_name"))
    issued_on = row.date("issued_date")
    countries = _countries(row)
    durability = row.text("durability")
    return ProjectRecord(
        line=row.line,
        source=SourceCode.PURO,
        origin_registry="PUR",
        origin_id=f"PUR{match[1]}",
        # The list holds issuances, and only a registered facility is issued credits.
        origin_status="issued",
        status="registered",
        project_name=row.needed("project_name"),
        project_initiator=row.text("supplier"),
        country_code=countries[0],
        countries=countries,
        region="",
        type_code=kind.code,
        type_is_mapped=kind.mapped,
        origin_type=methodology,
        methodologies=(f"PURO-{re.sub(r'[^A-Z0-9]+', '-', name.upper()).strip('-')}{edition}",),
        vintage_year=issued_on.year if issued_on else None,
        labels=(f"Durability {durability}",) if durability else (),
        url=values.web_address(row.raw("project_url")),
        origin_issued=row.quantity("issued_qty"),
    )


def _countries(row: Row) -> tuple[str, ...]:
    if not row.text("country"):
        raise RowError(
            "Puro's list does not say where the facility stands; add a column “country” and fill it in",
            RejectCode.MISSING_VALUE,
        )
    return country_codes(row.raw("country"))


def _methodology(text: str) -> tuple[str, str]:
    """`Biochar, 2022` is the methodology Biochar in its edition 2022."""
    match = re.fullmatch(r"(.+?),?\s*(?:edition\s*)?(20\d{2})(?:\s*v?\d*)?", text, re.IGNORECASE)
    return (match[1].strip(" ,"), f"-{match[2]}") if match else (text, "")


def _together(earlier: ProjectRecord, later: ProjectRecord) -> ProjectRecord:
    """Two issuances of one project: their sum, and the earliest year."""
    years = [year for year in (earlier.vintage_year, later.vintage_year) if year is not None]
    issued = (earlier.origin_issued or Decimal(0)) + (later.origin_issued or Decimal(0))
    return replace(earlier, vintage_year=min(years, default=None), origin_issued=issued)


SOURCE = Source(
    code=SourceCode.PURO,
    title="Puro.earth",
    required=("issued_date", "issued_qty", "project_name", "supplier", "methodology", "project_id"),
    optional=("country", "durability", "project_url"),
    project=_project,
    date_order="day-first",
    merge=_together,
)
