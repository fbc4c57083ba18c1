"""The Voluntary Registry Offsets Database of the Berkeley Carbon Trading Project: one wide row a project.

It covers VCS, Gold Standard, ACR and CAR; each row becomes a project of its own registry, under that registry's id,
so that it meets the registry's own export. `VCSOPR…` rows (projects Verra handled for California's programme) belong
to VCS and keep their id, which is in a numbering of its own. Some 280 names in it went through a wrong encoding and
are mended.
"""

from __future__ import annotations

import re

from integrations.registry_exports import apx, gold_standard, values, verra
from integrations.registry_exports.countries import country_codes
from integrations.registry_exports.methodologies import methodology_codes
from integrations.registry_exports.project_types import berkeley_type
from integrations.registry_exports.records import ProjectRecord, RowError, SourceCode
from integrations.registry_exports.source import Row, Source
from integrations.registry_exports.statuses import GOLD_STANDARD, VERRA, lifecycle_status

_OPR = re.compile(r"VCSOPR0*(\d{1,6})", re.IGNORECASE | re.ASCII)
_APPROVED = frozenset({"validation approved", "verification approved"})


def _identity(text: str) -> tuple[str, str]:
    """The real registry and its normal id of a Berkeley id."""
    if match := _OPR.fullmatch(text):
        return "VCS", f"VCSOPR{match[1]}"
    upper = text.upper()
    if upper.startswith("VCS"):
        return "VCS", verra.origin_id(text)
    if upper.startswith("GS"):
        return "GLD", gold_standard.origin_id(text)
    for prefix in ("ACR", "CAR"):
        if upper.startswith(prefix):
            return prefix, apx.prefixed_id(text, prefix)
    raise RowError(f"column “Project ID”: {text!r} begins with no known registry (VCS, VCSOPR, GS, ACR, CAR)")


def _status(row: Row, registry: str) -> tuple[str, str]:
    voluntary = row.text("Voluntary Status")
    if registry in {"ACR", "CAR"}:
        return apx.status_of(voluntary, row.text("ARB Project Detail"))
    return voluntary, lifecycle_status(voluntary, VERRA if registry == "VCS" else GOLD_STANDARD)


def _project(row: Row) -> ProjectRecord:
    registry, identifier = _identity(row.needed("Project ID"))
    raw_status, status = _status(row, registry)
    raw_type = row.text("Type")
    kind = berkeley_type(raw_type)
    countries = country_codes(row.raw("Country"))
    certifications = values.pieces(row.raw("CCB / Certifications"))
    registered = row.date("Project Registered")
    return ProjectRecord(
        line=row.line,
        source=SourceCode.BERKELEY,
        origin_registry=registry,
        origin_id=identifier,
        origin_status=raw_status,
        status=status,
        project_name=values.mended(row.needed("Project Name")),
        project_initiator=values.mended(row.text("Project Developer") or row.text("Project Owner")),
        country_code=countries[0],
        countries=countries,
        region=values.titled(row.text("State")) or row.text("Region"),
        type_code=kind.code,
        type_is_mapped=kind.mapped,
        origin_type=raw_type,
        methodologies=methodology_codes(row.text("Methodology / Protocol"))
        or methodology_codes(row.text("Project Type")),
        registered_on=None if registered == verra.PLATFORM_MIGRATION else registered,
        vintage_year=None if registered else row.year("First Year of Project"),
        estimated_annual_reductions=row.annual_tonnes("Estimated Annual Emission Reductions"),
        sdg_goals=values.sdg_goals(row.raw("CCB / Certifications")),
        labels=("CCB",) if _APPROVED & {text.casefold() for text in certifications} else (),
        url=values.web_address(row.raw("Project Website")),
        validator_name=row.text("Verifier"),
        origin_issued=row.quantity("Total Credits Issued"),
        origin_retired=row.quantity("Total Credits Retired"),
    )


SOURCE = Source(
    code=SourceCode.BERKELEY,
    title="Berkeley Voluntary Registry Offsets Database",
    required=("Project ID", "Project Name", "Voluntary Status", "Type", "Country", "Project Developer",
              "Total Credits Issued", "Total Credits Retired"),
    optional=("Methodology / Protocol", "Region", "State", "First Year of Project", "Project Owner",
              "ARB Project Detail", "Verifier", "Estimated Annual Emission Reductions", "Project Registered",
              "CCB / Certifications",
              "Project Type", "Project Website"),
    project=_project,
    sheets=("PROJECTS",),
)  # fmt: skip
