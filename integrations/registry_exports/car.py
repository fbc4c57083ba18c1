"""The Climate Action Reserve's project report (28 columns)."""

from __future__ import annotations

from integrations.registry_exports import apx, values
from integrations.registry_exports.countries import country_codes
from integrations.registry_exports.methodologies import methodology_codes
from integrations.registry_exports.project_types import project_type
from integrations.registry_exports.records import ProjectRecord, SourceCode
from integrations.registry_exports.source import Row, Source


def _project(row: Row) -> ProjectRecord:
    identifier = apx.prefixed_id(row.needed("Project ID"), "CAR")
    raw_status, status = apx.status_of(row.text("Status"), row.text("Compliance Program Status"))
    name = row.needed("Project Name")
    # CAR's project type is the name of its protocol.
    raw_type = row.text("Project Type")
    codes = methodology_codes(raw_type)
    kind = project_type((raw_type,), methodologies=codes, name=name)
    countries = country_codes(row.raw("Project Site Country"))
    return ProjectRecord(
        line=row.line,
        source=SourceCode.CAR,
        origin_registry="CAR",
        origin_id=identifier,
        origin_status=raw_status,
        status=status,
        project_name=name,
        project_initiator=row.text("Project Owner") or row.text("Project Developer"),
        country_code=countries[0],
        countries=countries,
        region=apx.states(row, "Project Site State"),
        type_code=kind.code,
        type_is_mapped=kind.mapped,
        origin_type=raw_type,
        methodologies=codes,
        registered_on=row.date("Project Registered Date"),
        sdg_goals=values.sdg_goals(row.raw("SDG Impact")),
        labels=values.pieces(row.raw("Additional Certification(s)")),
        url=values.web_address(row.raw("Project Website")),
        validator_name=row.text("Verification Body"),
        origin_issued=row.quantity("Total Number of Offset Credits Registered"),
    )


SOURCE = Source(
    code=SourceCode.CAR,
    title="Climate Action Reserve",
    required=("Project ID", "Project Owner", "Project Name", "Project Type", "Status",
              "Project Site Country"),
    optional=("Project Developer", "Compliance Program Status", "Project Site State", "Verification Body",
              "SDG Impact", "Additional Certification(s)", "Project Registered Date", "Project Website",
              "Total Number of Offset Credits Registered"),
    project=_project,
)  # fmt: skip
