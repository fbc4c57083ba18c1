"""ACR's project report (21 columns and an unnamed one)."""

from __future__ import annotations

from integrations.registry_exports import apx, values
from integrations.registry_exports.countries import country_codes
from integrations.registry_exports.methodologies import methodology_codes
from integrations.registry_exports.project_types import project_type
from integrations.registry_exports.records import ProjectRecord, SourceCode
from integrations.registry_exports.source import Row, Source

_COMPLIANCE = "Compliance Program Status (ARB or Ecology)"


def _project(row: Row) -> ProjectRecord:
    identifier = apx.prefixed_id(row.needed("Project ID"), "ACR")
    raw_status, status = apx.status_of(row.text("Voluntary Status"), row.text(_COMPLIANCE))
    name = row.needed("Project Name")
    codes = methodology_codes(row.text("Project Methodology/Protocol"))
    raw_type = row.text("Project Type")
    kind = project_type((raw_type,), methodologies=codes, name=name)
    countries = country_codes(row.raw("Project Site Country"))
    start = row.date("Initial Crediting Period Start Date") or row.date("Current Crediting Period Start Date")
    return ProjectRecord(
        line=row.line,
        source=SourceCode.ACR,
        origin_registry="ACR",
        origin_id=identifier,
        origin_status=raw_status,
        status=status,
        project_name=name,
        project_initiator=row.text("Project Developer"),
        country_code=countries[0],
        countries=countries,
        region=apx.states(row, "Project Site State"),
        type_code=kind.code,
        type_is_mapped=kind.mapped,
        origin_type=raw_type,
        methodologies=codes,
        crediting_period_start=start,
        crediting_period_end=row.date("Current Crediting Period End Date"),
        sdg_goals=values.sdg_goals(row.raw("Sustainable Development Goal(s)")),
        url=values.web_address(row.raw("Project Website")),
        validator_name=row.text("ACR Project Validation") or row.text("Current VVB"),
        origin_issued=row.quantity("Total Number of Credits Registered"),
    )


SOURCE = Source(
    code=SourceCode.ACR,
    title="ACR",
    required=("Project ID", "Project Developer", "Project Name", "Project Type",
              "Project Methodology/Protocol", "Voluntary Status", _COMPLIANCE, "Project Site Country"),
    optional=("Initial Crediting Period Start Date", "Current Crediting Period Start Date",
              "Current Crediting Period End Date", "Project Site State", "Sustainable Development Goal(s)",
              "Current VVB",
              "ACR Project Validation", "Total Number of Credits Registered", "Project Website"),
    project=_project,
)  # fmt: skip
