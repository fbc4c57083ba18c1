"""Months of one batch, told by the clock; and the API clients."""

from dataclasses import dataclass
from typing import Any

import pytest
import time_machine

from tests.api_clients import api, exact, officer, staff, super_admin
from tests.factories import ProjectTypeFactory
from tests.ledger_factories import account, issued_batch, proceeds_of, registered_project, wanted
from transactions.services import RetirementDetails, credits_cancel, credits_retire, credits_transfer

__all__ = ["api", "exact", "officer", "staff", "super_admin"]


@dataclass
class Spring:
    """1,000 t of 2024, a tenth in the buffer; what became of them from March to June 2026."""

    batch: Any
    anna: Any
    boris: Any
    retirement: Any

    @property
    def root(self):
        return self.batch.serial_root


@pytest.fixture
def spring(db):
    with time_machine.travel("2026-03-02T09:00:00Z", tick=False) as clock:
        project = registered_project(
            published=True,
            project_name="Floresta São João",
            buffer_percentage=10,
            project_type=ProjectTypeFactory(code="FC", name="Forest conservation"),
        )
        batch = issued_batch(quantity_kg=1_000_000, project=project)
        seller, anna, boris = proceeds_of(project), account("Anna"), account("Boris")
        clock.move_to("2026-04-01T10:00:00Z")
        credits_transfer(actor=None, from_account=seller, to_account=anna, wanted=wanted(project, 100_000))
        clock.move_to("2026-05-10T11:00:00Z")
        retirement = credits_retire(
            actor=None,
            account=anna,
            wanted=wanted(project, 12_345),
            details=RetirementDetails(
                beneficiary_name="Harbour Bakery", beneficiary_location="Ålesund", purpose="corporate_inventory"
            ),
        )
        clock.move_to("2026-06-01T12:00:00Z")
        credits_cancel(actor=None, account=anna, wanted=wanted(project, 1_000), reason="Lost bet")
        clock.move_to("2026-06-02T00:00:00Z")
        credits_transfer(actor=None, from_account=anna, to_account=boris, wanted=wanted(project, 10_000))
    return Spring(batch, anna, boris, retirement)
