"""Transfer offers in the staff admin: who offers what to whom, and withdrawing one with a reason."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.roles import REGISTRY_OFFICER, TRANSACTIONS_OFFICER, VIEWER
from tests.admin.pages import form_values, read_page, text_of
from tests.factories import projects_in_bulk
from tests.ledger_dumps import ledger_dump
from tests.ledger_factories import account, account_with, freeze, issued_batch, wanted
from tests.purchase_factories import assert_ledger_clean, held
from transactions.models import HoldingAccount, Transaction, TransferOffer
from transactions.services import credits_transfer, transfer_offer_create, transfer_offer_decline

pytestmark = pytest.mark.django_db
LIST = "/staff/transactions/transferoffer/"


@pytest.fixture
def world():
    """A giver with 4 t, a receiver, an offer of 1.500 t, and a transfer that was none."""
    batch = issued_batch(quantity_kg=10_000)
    giver, receiver = account_with(batch, 4_000, "Giver's"), account("Receiver's")
    one = wanted(batch.project, 1_000)
    credits_transfer(actor=None, from_account=giver, to_account=account(), wanted=one)
    offer = transfer_offer_create(
        actor=giver.owner, from_account=giver, to_account=receiver, wanted=wanted(batch.project, 1_500)
    )
    return giver, receiver, offer


def page(offer):
    return reverse("admin:transactions_transferoffer_change", args=[offer.pk])


def withdraw(offer):
    return reverse("admin:transactions_transferoffer_deed", args=[offer.pk, "withdraw"])


def test_the_list_tells_who_offers_what_to_whom_and_no_other_transfer(as_role, world):
    giver, receiver, offer = world
    reader = as_role(VIEWER)

    shown = reader.get(LIST)

    told = text_of(shown)
    assert f"Offer {offer.pk} {offer.project.project_name} Waiting 1.500 Giver's {giver.owner}" in told
    assert f"Receiver's {receiver.owner}" in told
    other = Transaction.objects.filter(transaction_type="transfer").exclude(pk=offer.pk)
    assert other.count() == 2
    assert not any(f"Offer {one.pk} " in told for one in other)
    assert reader.get(f"{LIST}{other[0].pk}/change/").status_code == 302
    assert page(offer) not in read_page(reader.get(f"{LIST}?status__exact=expired")).links


def test_an_officer_withdraws_one_and_says_why(as_role, world):
    giver, receiver, offer = world
    officer = as_role(TRANSACTIONS_OFFICER)
    before = ledger_dump()

    assert withdraw(offer) in read_page(officer.get(page(offer))).links
    form = form_values(officer.get(withdraw(offer)))
    assert officer.post(withdraw(offer), {**form, "reason": " "}).status_code == 400
    assert ledger_dump() == before
    assert officer.post(withdraw(offer), {**form, "reason": "The wrong receiver."}).status_code == 302

    offer.refresh_from_db()
    assert (offer.status, held(giver), held(giver, "reserved"), held(receiver)) == ("cancelled", 3_000, 0, 0)
    assert offer.entry_links.latest("entry_id").entry.reason == "The wrong receiver."
    told = officer.get(page(offer))
    assert "Given back" in text_of(told)
    assert withdraw(offer) not in read_page(told).links
    again = officer.post(withdraw(offer), {"reason": "Once more."})
    assert (again.status_code, "cancelled already" in text_of(again)) == (409, True)
    assert_ledger_clean()


def test_a_frozen_giver_and_a_declined_offer_are_told(as_role, world):
    giver, receiver, offer = world
    officer = as_role(TRANSACTIONS_OFFICER)
    freeze(giver.pk)
    before = ledger_dump()

    stuck = officer.post(withdraw(offer), {"reason": "Stuck."})

    assert (stuck.status_code, "is frozen" in text_of(stuck)) == (409, True)
    assert ledger_dump() == before
    HoldingAccount.objects.filter(pk=giver.pk).update(state="open")
    transfer_offer_decline(actor=receiver.owner, pk=offer.pk)
    assert officer.get(withdraw(offer)).status_code == 302


@pytest.mark.parametrize("role", [VIEWER, REGISTRY_OFFICER])
def test_who_may_only_look_withdraws_nothing(as_role, world, role):
    reader, (_, _, offer) = as_role(role), world
    before = ledger_dump()

    assert withdraw(offer) not in read_page(reader.get(page(offer))).links
    assert reader.get(withdraw(offer)).status_code == 403
    assert reader.post(withdraw(offer), {"reason": "Mine now."}).status_code == 403

    assert ledger_dump() == before


def test_an_offer_whose_time_is_over_says_so_until_the_job_has_run(as_role, world):
    _, _, offer = world
    reader = as_role(VIEWER)
    assert "Its time is over" not in text_of(reader.get(page(offer)))

    with time_machine.travel(offer.expires_at + timedelta(minutes=1)):
        assert "Its time is over" in text_of(as_role(VIEWER).get(page(offer)))


def test_the_list_takes_as_many_queries_at_300_offers_as_at_3(as_role, world):
    giver, _, offer = world
    reader = as_role(VIEWER)

    def grow(number):
        accounts = HoldingAccount.objects.bulk_create(
            HoldingAccount(name=f"A{n}", project=project, kind="project_proceeds")
            for n, project in enumerate(projects_in_bulk(number, project_type=offer.project.project_type))
        )
        Transaction.objects.bulk_create(
            Transaction(transaction_type="transfer", status="reserved", project=one.project, quantity_kg=1_000,
                        from_account=giver, to_account=one, expires_at=timezone.now())
            for one in accounts
        )  # fmt: skip

    def queries():
        reader.get(LIST)
        with CaptureQueriesContext(connection) as caught:
            assert reader.get(LIST).status_code == 200
        return len(caught)

    grow(3)
    few = queries()
    grow(300)

    assert TransferOffer.objects.count() == 304
    assert queries() == few
