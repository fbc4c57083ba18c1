"""ART's programme report: jurisdictions under TREES, and the FCPF programmes kept in the same registry."""

from __future__ import annotations

from integrations.registry_exports import apx, values
from integrations.registry_exports.countries import country_codes
from integrations.registry_exports.methodologies import methodology_codes
from integrations.registry_exports.project_types import project_type
from integrations.registry_exports.records import ProjectRecord, SourceCode
from integrations.registry_exports.source import Row, Source
from integrations.registry_exports.statuses import ART, lifecycle_status


def _project(row: Row) -> ProjectRecord:
    status = row.needed("Status")
    name = row.needed("Program Name")
    standard = row.text("Crediting Program and Standard")
    codes = methodology_codes(standard)
    kind = project_type((row.text("Program Type"),), methodologies=codes, name=name)
    countries = country_codes(row.raw("Program Country"))
    return ProjectRecord(
        line=row.line,
        source=SourceCode.ART_TREES,
        origin_registry="ART",
        origin_id=apx.prefixed_id(row.needed("Program ID"), "ART"),
        origin_status=status,
        status=lifecycle_status(status, ART),
        project_name=name,
        project_initiator=row.text("Sovereign Program Developer"),
        country_code=countries[0],
        countries=countries,
        region=row.text("Program Jurisdiction(s)"),
        type_code=kind.code,
        type_is_mapped=kind.mapped,
        origin_type=row.text("Program Type"),
        methodologies=codes,
        crediting_period_start=row.date("Initial Crediting Period Start Date"),
        url=values.web_address(row.raw("Program Website")),
        validator_name=row.text("Verification Body"),
    )


SOURCE = Source(
    code=SourceCode.ART_TREES,
    title="ART TREES",
    required=("Program ID", "Sovereign Program Developer", "Program Name", "Crediting Program and Standard",
              "Program Type", "Status", "Program Country"),
    optional=("Verification Body", "Initial Crediting Period Start Date",
              "Program Jurisdiction(s)", "Program Website"),
    project=_project,
)  # fmt: skip
