"""Isometric's projects from its API, flattened to dotted columns."""

from __future__ import annotations

import re
from decimal import Decimal

from carboncore.common.countries import country_code_of
from integrations.registry_exports import values
from integrations.registry_exports.countries import country_codes
from integrations.registry_exports.methodologies import methodology_codes
from integrations.registry_exports.project_types import project_type
from integrations.registry_exports.records import ProjectRecord, RowError, SourceCode
from integrations.registry_exports.source import Row, Source
from integrations.registry_exports.statuses import ISOMETRIC, lifecycle_status


def _credits(row: Row, total: str) -> Decimal | None:
    """A total in tonnes, from its whole kilograms: the tonnes column is a rounded float."""
    kilograms = row.quantity(f"{total}.credit_kgs")
    return None if kilograms is None else kilograms / 1000


def _region(description: str, country: str) -> str:
    """`Rajasthan, India` without the country, which has a column of its own."""
    place, _, last = description.rpartition(",")
    return place.strip() if place and country_code_of(last) == country else description


def _project(row: Row) -> ProjectRecord:
    short_code = row.needed("short_code").upper()
    if not re.fullmatch(r"[0-9A-Z]{4,8}", short_code):
        raise RowError(f"column “short_code”: {short_code!r} is not an Isometric short code")
    status = row.needed("status")
    codes = methodology_codes(row.text("protocol_slug"))
    pathway = row.text("pathway")
    kind = project_type((pathway,), methodologies=codes, name=row.text("name"))
    countries = country_codes(row.text("country_code") or row.text("location.country_code"))
    latitude = values.coordinate(row.raw("location.latitude"), 90)
    longitude = values.coordinate(row.raw("location.longitude"), 180)
    placed = latitude is not None and longitude is not None
    return ProjectRecord(
        line=row.line,
        source=SourceCode.ISOMETRIC,
        origin_registry="ISO",
        origin_id=f"ISO{short_code}",
        origin_status=status,
        status=lifecycle_status(status, ISOMETRIC),
        project_name=row.needed("name"),
        project_initiator=row.text("supplier.organisation.name"),
        country_code=countries[0],
        countries=countries,
        region=_region(row.text("location.description"), countries[0]),
        type_code=kind.code,
        type_is_mapped=kind.mapped,
        origin_type=pathway,
        methodologies=codes,
        crediting_period_start=row.date("crediting_period_start"),
        crediting_period_end=row.date("crediting_period_end"),
        latitude=latitude if placed else None,
        longitude=longitude if placed else None,
        url=values.web_address(row.raw("url")),
        validator_name=row.text("validator_name"),
        description=row.text("supplier.short_description"),
        origin_issued=_credits(row, "issued_credits_total"),
        origin_retired=_credits(row, "retired_credits_total"),
    )


SOURCE = Source(
    code=SourceCode.ISOMETRIC,
    title="Isometric",
    required=("short_code", "name", "status", "pathway", "protocol_slug", "country_code",
              "supplier.organisation.name"),
    optional=("url", "validator_name", "crediting_period_start", "crediting_period_end",
              "supplier.short_description", "location.country_code", "location.latitude", "location.longitude",
              "location.description",
              "issued_credits_total.credit_kgs", "retired_credits_total.credit_kgs"),
    project=_project,
)  # fmt: skip
