"""Cercarbono's projects from the EcoRegistry API, flattened to CSV with lists kept as Python literals."""

from __future__ import annotations

import ast
import re
from decimal import Decimal
from typing import Any

from integrations.registry_exports import values
from integrations.registry_exports.countries import country_code
from integrations.registry_exports.methodologies import methodology_codes
from integrations.registry_exports.project_types import project_type
from integrations.registry_exports.records import ProjectRecord, RejectCode, RowError, SourceCode
from integrations.registry_exports.source import Row, Source
from integrations.registry_exports.statuses import CERCARBONO, lifecycle_status


def _items(row: Row, column: str) -> list[dict[str, Any]]:
    """A cell such as `[{'city': 'Altamira', 'country': 'Colombia'}]` as the list it spells."""
    text = row.raw(column).strip()
    if not text:
        return []
    try:
        found = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        raise RowError(f"column “{column}” is not a list of items") from None
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise RowError(f"column “{column}” is not a list of items")
    return found


def _project(row: Row) -> ProjectRecord:
    number = row.needed("id").removesuffix(".0")
    if not re.fullmatch(r"[0-9]{1,9}", number):
        raise RowError(f"column “id”: {values.shortened(number, 40)!r} is not a project number")
    stage = row.needed("stage")
    name = row.needed("name")
    codes = methodology_codes(row.text("quantification_method"))
    sectors = dict.fromkeys(values.clean(str(item.get("description", ""))) for item in _items(row, "sector"))
    kind = project_type(sectors, methodologies=codes, name=name)
    places = _items(row, "locations")
    countries = _countries(places)
    serials = _items(row, "serials")
    latitude, longitude = _position(places)
    issued = sum((_tonnes(item) for item in serials), Decimal(0))
    return ProjectRecord(
        line=row.line,
        source=SourceCode.CERCARBONO,
        origin_registry="CCB",
        # The number in `code` (CDC-1, CP-1 …) is shared between prefixes; `id` is the key.
        origin_id=f"CCB{int(number)}",
        origin_status=stage,
        status=lifecycle_status(stage, CERCARBONO),
        project_name=name,
        project_initiator=row.text("owner") or row.text("developer"),
        country_code=countries[0],
        countries=countries,
        region=_region(places),
        type_code=kind.code,
        type_is_mapped=kind.mapped,
        origin_type="; ".join(sector for sector in sectors if sector),
        methodologies=codes,
        vintage_year=_first_vintage(serials),
        estimated_annual_reductions=row.annual_tonnes("annualEstimated"),
        latitude=latitude,
        longitude=longitude,
        sdg_goals=_goals(serials),
        validator_name=row.text("validator"),
        description=row.text("description"),
        origin_issued=issued or None,
    )


def _countries(places: list[dict[str, Any]]) -> tuple[str, ...]:
    named = dict.fromkeys(values.clean(str(place.get("country", ""))) for place in places)
    codes = tuple(dict.fromkeys(country_code(name) for name in named if name))
    if not codes:
        raise RowError("column “locations” names no country", RejectCode.MISSING_VALUE)
    return codes


def _region(places: list[dict[str, Any]]) -> str:
    """The regions of a project's places in the order given, without the platform's `Worldwide` filler."""
    regions = dict.fromkeys(values.clean(str(place.get("region", ""))) for place in places)
    return "; ".join(region for region in regions if region and region != "Worldwide")


def _position(places: list[dict[str, Any]]) -> tuple[float | None, float | None]:
    spot = places[0].get("data_map") if places else None
    if not isinstance(spot, dict):
        return None, None
    latitude = values.coordinate(str(spot.get("latitude") or ""), 90)
    longitude = values.coordinate(str(spot.get("longitude") or ""), 180)
    return (None, None) if latitude is None or longitude is None else (latitude, longitude)


def _tonnes(item: dict[str, Any]) -> Decimal:
    return values.quantity(str(item.get("issued_quantity", ""))) or Decimal(0)


def _first_vintage(serials: list[dict[str, Any]]) -> int | None:
    years = [year for item in serials if (year := values.year(str(item.get("year", "")))) is not None]
    return min(years, default=None)


def _goals(serials: list[dict[str, Any]]) -> tuple[int, ...]:
    found = set()
    for item in serials:
        listed = item.get("global_goals")
        for goal in listed if isinstance(listed, list) else []:
            code = goal.get("code") if isinstance(goal, dict) else None
            if isinstance(code, int) and 1 <= code <= 17:
                found.add(code)
    return tuple(sorted(found))


SOURCE = Source(
    code=SourceCode.CERCARBONO,
    title="Cercarbono",
    required=(
        "id",
        "owner",
        "name",
        "sector",
        "quantification_method",
        "stage",
        "locations",
        "serials",
        "annualEstimated",
    ),
    optional=("developer", "validator", "description"),
    project=_project,
)
