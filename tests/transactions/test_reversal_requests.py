"""Reversing by two persons, and issuing nothing on land that is claimed twice."""

import pytest
from django.db import DatabaseError, transaction

from accounts.roles import SUPER_ADMIN, TRANSACTIONS_OFFICER
from carboncore.common.errors import InvalidInput, NotFound
from registry.models import BoundaryOverlap
from registry.services import overlap_justify
from tests.factories import ProjectFactory, person
from tests.ledger_dumps import ledger_dump
from tests.ledger_factories import account_with, issuance_request, issued_batch, registered_project
from tests.purchase_factories import assert_ledger_clean, held
from transactions.errors import EntryNotReversible, IssuanceNotPossible, SecondPersonNeeded
from transactions.models import LedgerEntry, ReversalRequest
from transactions.services import (
    credits_cancel,
    issuance_request_approve,
    reversal_request_approve,
    reversal_request_create,
    reversal_request_reject,
)
from transactions.services.moving import Wanted

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk():
    return person(TRANSACTIONS_OFFICER)


@pytest.fixture
def wrong():
    """A batch, the account that was given 4 t by mistake, and the entry."""
    batch = issued_batch(quantity_kg=10_000)
    holder = account_with(batch, 4_000)
    return batch, holder, LedgerEntry.objects.get(batch=batch, kind="transfer")


def test_one_asks_another_approves_and_the_credits_are_back(wrong, clerk):
    _, holder, entry = wrong
    request = reversal_request_create(actor=clerk, entry_pk=entry.pk, reason=" Wrong account ")
    assert (request.state, request.reason, held(holder)) == ("pending", "Wrong account", 4_000)
    second = person(TRANSACTIONS_OFFICER)

    approved = reversal_request_approve(actor=second, pk=request.pk, note="Seen the letter.")

    assert (approved.state, approved.decided_by, approved.decision_note) == ("approved", second, "Seen the letter.")
    assert (approved.reversal.kind, approved.reversal.reverses, approved.reversal.reason) == (
        "reversal",
        entry,
        "Wrong account",
    )
    assert held(holder) == 0
    assert_ledger_clean()
    for again in (reversal_request_approve, reversal_request_reject):
        with pytest.raises(EntryNotReversible, match="already approved"):
            again(actor=person(SUPER_ADMIN), pk=request.pk, note="Again")
    with pytest.raises(DatabaseError, match="keeps its history"), transaction.atomic():
        ReversalRequest.objects.update(reason="Another")


def test_refusals_of_a_request_change_nothing(wrong, clerk):
    batch, _, entry = wrong
    issuance = LedgerEntry.objects.get(batch=batch, kind="issuance")
    before = ledger_dump()

    with pytest.raises(NotFound):
        reversal_request_create(actor=clerk, entry_pk=0, reason="None")
    with pytest.raises(InvalidInput):
        reversal_request_create(actor=clerk, entry_pk=entry.pk, reason="  ")
    with pytest.raises(EntryNotReversible, match="final"):
        reversal_request_create(actor=clerk, entry_pk=issuance.pk, reason="Regret")
    request = reversal_request_create(actor=clerk, entry_pk=entry.pk, reason="Wrong account")
    with pytest.raises(EntryNotReversible, match="asked for this"):
        reversal_request_create(actor=person(SUPER_ADMIN), entry_pk=entry.pk, reason="Me too")
    for decide in (reversal_request_approve, reversal_request_reject):
        with pytest.raises(SecondPersonNeeded):
            decide(actor=clerk, pk=request.pk, note="Mine")
        with pytest.raises(NotFound):
            decide(actor=clerk, pk=0, note="None")
    with pytest.raises(InvalidInput):
        reversal_request_reject(actor=person(SUPER_ADMIN), pk=request.pk, note=" ")

    assert ReversalRequest.objects.get().state == "pending"
    assert ledger_dump() == before


def test_a_rejected_request_moves_nothing_and_leaves_room_for_another(wrong, clerk):
    _, holder, entry = wrong
    request = reversal_request_create(actor=clerk, entry_pk=entry.pk, reason="Wrong account")

    reversal_request_reject(actor=person(SUPER_ADMIN), pk=request.pk, note="It was right.")

    assert held(holder) == 4_000
    assert reversal_request_create(actor=clerk, entry_pk=entry.pk, reason="It was not").state == "pending"


def test_what_has_moved_on_stays_and_the_request_too(wrong, clerk):
    batch, holder, entry = wrong
    request = reversal_request_create(actor=clerk, entry_pk=entry.pk, reason="Wrong account")
    credits_cancel(
        actor=None,
        account=holder,
        wanted=Wanted(project_id=batch.project_id, quantity_kg=1),
        reason="Given up",
    )
    before = ledger_dump()

    with pytest.raises(EntryNotReversible, match="moved on"):
        reversal_request_approve(actor=person(SUPER_ADMIN), pk=request.pk)

    assert ReversalRequest.objects.get().state == "pending"
    assert ledger_dump() == before


def test_no_credits_are_issued_on_land_that_is_claimed_twice():
    project = registered_project()
    request = issuance_request(quantity_kg=5_000, project=project)
    other = ProjectFactory()
    first, second = sorted((project, other), key=lambda found: found.pk)
    overlap = BoundaryOverlap.objects.create(
        first=first, second=second, shared_ha=10, share_of_first="0.1", share_of_second="0.1"
    )
    before = ledger_dump()

    with pytest.raises(IssuanceNotPossible, match=f"shares land with project {other.pk},"):
        issuance_request_approve(actor=person(SUPER_ADMIN), pk=request.pk)

    assert ledger_dump() == before
    overlap_justify(actor=person(SUPER_ADMIN), pk=overlap.pk, justification="Soil below, trees above.")
    assert issuance_request_approve(actor=person(SUPER_ADMIN), pk=request.pk).quantity_kg == 5_000
