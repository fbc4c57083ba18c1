"""Gold Standard's project export (`GSF Registry Projects Export …`, 13 columns)."""

from __future__ import annotations

import re

from integrations.registry_exports import values
from integrations.registry_exports.countries import country_codes
from integrations.registry_exports.methodologies import methodology_codes
from integrations.registry_exports.project_types import project_type
from integrations.registry_exports.records import ProjectRecord, RowError, SourceCode
from integrations.registry_exports.source import Row, Source
from integrations.registry_exports.statuses import GOLD_STANDARD, lifecycle_status

_ID = re.compile(r"(?:GS|GLD)?[\s-]*0*(\d{1,7})(?:\.0)?", re.IGNORECASE | re.ASCII)


def origin_id(text: str) -> str:
    """`11236`, `GS11236` and `GLD11236` are one project: `GS11236`, as in Gold Standard's serials."""
    match = _ID.fullmatch(text)
    if match is None:
        raise RowError(f"{text!r} is not a Gold Standard project number")
    return f"GS{match[1]}"


def _project(row: Row) -> ProjectRecord:
    identifier = origin_id(row.needed("GSID"))
    status = row.needed("Status")
    name = row.needed("Project Name")
    codes = methodology_codes(row.text("Methodology"))
    raw_type = row.text("Project Type")
    kind = project_type((raw_type,), methodologies=codes, name=name)
    countries = country_codes(row.raw("Country"))
    return ProjectRecord(
        line=row.line,
        source=SourceCode.GOLD_STANDARD,
        origin_registry="GLD",
        origin_id=identifier,
        origin_status=status,
        status=lifecycle_status(status, GOLD_STANDARD),
        project_name=name,
        project_initiator=row.text("Project Developer Name"),
        country_code=countries[0],
        countries=countries,
        region="",
        type_code=kind.code,
        type_is_mapped=kind.mapped,
        origin_type=raw_type,
        methodologies=codes,
        estimated_annual_reductions=row.annual_tonnes("Estimated Annual Credits"),
        # An unordered set: the registry reorders it between two downloads.
        sdg_goals=values.sdg_goals(row.raw("Sustainable Development Goals")),
        description=row.text("Description"),
    )


SOURCE = Source(
    code=SourceCode.GOLD_STANDARD,
    title="Gold Standard",
    required=("GSID", "Project Name", "Project Developer Name", "Status", "Project Type", "Country",
              "Estimated Annual Credits"),
    optional=("Sustainable Development Goals", "Description", "Methodology"),
    project=_project,
)  # fmt: skip
