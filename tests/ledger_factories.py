"""Ledger records for tests, made through the services: `issued_batch(quantity_kg=…)` has been claimed, verified,
asked for and approved by different people; `account()` is somebody's empty holding account.
"""

from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any

from django.utils import timezone

from accounts.models import User
from accounts.roles import REGISTRY_OFFICER, SUPER_ADMIN, TRANSACTIONS_OFFICER
from registry.choices import ProjectStatus
from registry.models import MonitoringPeriod, Project
from registry.services import (
    accreditation_save,
    monitoring_period_create,
    monitoring_period_submit,
    monitoring_period_verify,
)
from tests.factories import UserFactory, person, project_in
from transactions.models import CreditBatch, HoldingAccount, IssuanceRequest
from transactions.services import (
    credits_transfer,
    holding_account_freeze,
    holding_account_open,
    holding_account_unfreeze,
    issuance_request_approve,
    issuance_request_create,
)
from transactions.services.moving import Wanted

_number = count(1)
FIRST_YEAR = 2020


def account(name: str = "", owner: User | None = None) -> HoldingAccount:
    """Return an open, empty holding account of a new person."""
    name = name or f"Account {next(_number)}"
    return holding_account_open(owner=owner or UserFactory(is_staff=False), name=name)


def registered_project(**fields: Any) -> Project:
    """Return a registered project whose verification body is accredited for its standard from 2015 to 2039."""
    project = project_in(ProjectStatus.REGISTERED, **fields)
    certification = project.certifications.get()
    accreditation_save(
        validator=certification.validator,
        pk=None,
        fields={
            "standard": certification.standard,
            "valid_from": date(2015, 1, 1),
            "valid_to": date(2039, 12, 31),
        },
    )
    return project


def submitted_period(project: Project, *, year: int, claimed_kg: int) -> MonitoringPeriod:
    """Return the calendar year's monitoring period, handed in for verification."""
    officer = person(REGISTRY_OFFICER)
    period = monitoring_period_create(
        actor=officer,
        project=project,
        starts_on=date(year, 1, 1),
        ends_on=date(year, 12, 31),
        claimed_kg=claimed_kg,
    )
    return monitoring_period_submit(actor=officer, pk=period.pk)


def verified_period(project: Project, *, year: int, verified_kg: int) -> MonitoringPeriod:
    """Return the calendar year's monitoring period, verified by the body that the project's certification names."""
    period = submitted_period(project, year=year, claimed_kg=verified_kg)
    return monitoring_period_verify(
        actor=person(SUPER_ADMIN),
        pk=period.pk,
        verified_kg=verified_kg,
        validator=project.certifications.get().validator,
        verified_on=min(date(year + 1, 3, 1), timezone.localdate()),
    )


def issuance_request(*, quantity_kg: int, project: Project, year: int = 2024, **fields: Any) -> IssuanceRequest:
    """Return a pending request over a verified period of just that quantity."""
    period = fields.pop("period", None) or verified_period(project, year=year, verified_kg=quantity_kg)
    return issuance_request_create(
        actor=fields.pop("actor", None) or person(REGISTRY_OFFICER),
        project=project,
        vintage=fields.pop("vintage", year),
        quantity_kg=quantity_kg,
        period=period,
        standard=fields.pop("standard", None) or project.certifications.get().standard,
        **fields,
    )


def issued_batch(
    *, quantity_kg: int = 50_000_000, buffer: int | str = 0, project: Project | None = None, year: int = 2024
) -> CreditBatch:
    """Return a batch of `quantity_kg`, of which `buffer` percent went to the buffer pool."""
    project = project or registered_project(buffer_percentage=Decimal(buffer))
    request = issuance_request(quantity_kg=quantity_kg, project=project, year=year)
    return issuance_request_approve(actor=person(SUPER_ADMIN), pk=request.pk)


def proceeds_of(project: Project) -> HoldingAccount:
    """Return the account that the project's credits were issued to."""
    return HoldingAccount.objects.get(project=project)


def buffer_pool() -> HoldingAccount:
    """Return the one buffer pool."""
    return HoldingAccount.objects.get(kind="buffer_pool")


def wanted(project: Project, quantity_kg: int, *serials: str, vintage: int | None = None) -> Wanted:
    """Say which credits to move, in few words."""
    return Wanted(project_id=project.pk, quantity_kg=quantity_kg, serials=serials, vintage=vintage)


def account_with(batch: CreditBatch, quantity_kg: int, name: str = "") -> HoldingAccount:
    """Return a new account that was given the batch's lowest credits from its project's proceeds."""
    holder = account(name)
    credits_transfer(
        actor=None,
        from_account=proceeds_of(batch.project),
        to_account=holder,
        wanted=wanted(batch.project, quantity_kg),
    )
    return holder


def freeze(pk: int) -> HoldingAccount:
    """Freeze an account by some officer."""
    return holding_account_freeze(actor=person(TRANSACTIONS_OFFICER), pk=pk, reason="Under inquiry.")


def unfreeze(pk: int) -> HoldingAccount:
    """Let a frozen account move again, by some officer."""
    return holding_account_unfreeze(actor=person(TRANSACTIONS_OFFICER), pk=pk)
