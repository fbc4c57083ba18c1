"""Verra's VCS project list (`allprojects.csv`, 13 columns)."""

from __future__ import annotations

import datetime as dt
import re

from integrations.registry_exports import values
from integrations.registry_exports.countries import country_codes
from integrations.registry_exports.methodologies import methodology_codes
from integrations.registry_exports.project_types import project_type
from integrations.registry_exports.records import ProjectRecord, RowError, SourceCode
from integrations.registry_exports.source import Row, Source
from integrations.registry_exports.statuses import VERRA, lifecycle_status

# Verra's move to a new platform stamped this day on hundreds of projects: it is nobody's registration date.
PLATFORM_MIGRATION = dt.date(2020, 4, 6)
_ID = re.compile(r"(?:VCS[\s-]*)?0*(\d{1,6})(?:\.0)?", re.IGNORECASE | re.ASCII)


def origin_id(text: str) -> str:
    """`235`, `VCS 235` and `VCS235` are one project: `VCS235`."""
    match = _ID.fullmatch(text)
    if match is None:
        raise RowError(f"{text!r} is not a Verra project number")
    return f"VCS{match[1]}"


def _project(row: Row) -> ProjectRecord:
    identifier = origin_id(row.needed("ID"))
    status = row.needed("Status")
    name = row.needed("Name")
    methodology = row.text("Methodology")
    codes = methodology_codes(methodology)
    activities = values.pieces(row.raw("AFOLU Activities"))
    kind = project_type(values.pieces(row.raw("Project Type")), methodologies=codes, activities=activities, name=name)
    countries = country_codes(row.raw("Country/Area"))
    registered = row.date("Project Registration Date")
    return ProjectRecord(
        line=row.line,
        source=SourceCode.VERRA,
        origin_registry="VCS",
        origin_id=identifier,
        origin_status=status,
        status=lifecycle_status(status, VERRA),
        project_name=name,
        project_initiator=row.text("Proponent"),
        country_code=countries[0],
        countries=countries,
        region=row.text("Region"),
        type_code=kind.code,
        type_is_mapped=kind.mapped,
        origin_type="; ".join((*values.pieces(row.raw("Project Type")), *activities)),
        methodologies=codes,
        crediting_period_start=row.date("Crediting Period Start Date"),
        crediting_period_end=row.date("Crediting Period End Date"),
        registered_on=None if registered == PLATFORM_MIGRATION else registered,
        estimated_annual_reductions=row.annual_tonnes("Estimated Annual Emission Reductions"),
        url=f"https://registry.verra.org/app/projectDetail/VCS/{identifier.removeprefix('VCS')}",
    )


SOURCE = Source(
    code=SourceCode.VERRA,
    title="Verra (VCS)",
    required=("ID", "Name", "Proponent", "Project Type", "Methodology", "Status", "Country/Area",
              "Estimated Annual Emission Reductions"),
    optional=("AFOLU Activities", "Region", "Project Registration Date", "Crediting Period Start Date",
              "Crediting Period End Date"),
    project=_project,
    # Older downloads write 20/03/2015; the current ones are ISO.
    date_order="day-first",
)  # fmt: skip
