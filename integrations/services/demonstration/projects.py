"""The demonstration's projects: described, validated, registered, monitored, verified, and their credits issued."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from integrations.services.demonstration.people import People
from integrations.services.demonstration.plan import METHODOLOGY, STANDARD, UNREAL, VERIFICATION_BODY, PlannedProject
from registry.models import Country, Methodology, Project, ProjectType, Standard, StandardValidator
from registry.services import (
    accreditation_save,
    certification_save,
    methodology_save,
    monitoring_period_create,
    monitoring_period_submit,
    monitoring_period_verify,
    project_create,
    project_move,
    project_publish,
    standard_save,
    validator_save,
)
from transactions.models import CreditBatch
from transactions.services import issuance_request_approve, issuance_request_create


def projects_register(*, people: People, plan: Sequence[PlannedProject]) -> list[Project]:
    """Make the projects and take each through its lifecycle to registration, by three different people."""
    standard = standard_save(pk=None, fields=STANDARD)
    methodology = methodology_save(pk=None, fields={**METHODOLOGY, "standard": standard})
    body = validator_save(pk=None, fields=VERIFICATION_BODY)
    accreditation_save(
        validator=body,
        pk=None,
        fields={"standard": standard, "scope": "Demonstration only", "valid_from": date(2015, 1, 1)},
    )
    return [_registered(people, planned, standard, methodology, body) for planned in plan]


def credits_issue(*, people: People, project: Project, plan: PlannedProject) -> list[CreditBatch]:
    """Have each vintage claimed, verified, asked for and approved, and return the batches."""
    certification = project.certifications.get()
    if certification.validator is None:
        raise ValueError("The demonstration's projects name their verification body.")
    batches = []
    for year, quantity_kg in plan.vintages:
        period = monitoring_period_create(
            actor=people.officer,
            project=project,
            starts_on=date(year, 1, 1),
            ends_on=date(year, 12, 31),
            claimed_kg=quantity_kg,
        )
        monitoring_period_submit(actor=people.officer, pk=period.pk)
        period = monitoring_period_verify(
            actor=people.approver,
            pk=period.pk,
            verified_kg=quantity_kg,
            validator=certification.validator,
            verified_on=date(year + 1, 3, 15),
        )
        request = issuance_request_create(
            actor=people.officer,
            project=project,
            vintage=year,
            quantity_kg=quantity_kg,
            period=period,
            standard=certification.standard,
            labels=("Demonstration",),
        )
        batches.append(issuance_request_approve(actor=people.approver, pk=request.pk, note="Demonstration"))
    return batches


def _registered(
    people: People,
    planned: PlannedProject,
    standard: Standard,
    methodology: Methodology,
    body: StandardValidator,
) -> Project:
    project = project_create(
        actor=people.officer,
        fields=_fields(planned, methodology),
        standards=[standard.code],
    )
    certification = project.certifications.get()
    certification_save(
        project=project,
        pk=certification.pk,
        fields={"standard": standard, "validator": body, "certificate_number": f"DEMO-{planned.type_code}"},
    )
    for move, actor in (
        ("submit", people.officer),
        ("begin_validation", people.reviewer),
        ("register", people.approver),
    ):
        project_move(actor=actor, pk=project.pk, move=move, comment="Demonstration")
    return project_publish(pk=project.pk, published=True)


def _fields(planned: PlannedProject, methodology: Methodology) -> dict[str, object]:
    first = planned.vintages[0][0]
    annual = max(quantity_kg for _, quantity_kg in planned.vintages)
    fields: dict[str, object] = {
        "project_name": planned.name,
        "project_initiator": "Demonstration developer (no company)",
        "project_type": ProjectType.objects.get(code=planned.type_code),
        "country": Country.objects.get(pk=planned.country),
        "region": planned.region,
        "description": f"{UNREAL} {planned.description}",
        "vintage_year": first,
        "methodology": methodology,
        "crediting_period_start": date(first, 1, 1),
        "crediting_period_end": date(first + 9, 12, 31),
        "validation_date": date(first, 2, 1),
        "estimated_annual_reductions": Decimal(annual) / 1000,
        "minimum_purchase_volume": Decimal("0.001"),
        "buffer_percentage": planned.buffer_percentage,
        "sdg_goals": list(planned.sdg_goals),
        "labels": ["Demonstration"],
    }
    return fields | ({"coordinates": planned.boundary} if planned.boundary else {})
